"""The bodies of refusals: members, their order, texts and content types, as measured on Fastify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from desk import NOON
from multidict import CIMultiDict
from samples import validator
from woven_calls import CHAT, MESSAGE, PROJECT, issue

from chatsim.apis.woven import API
from chatsim.apis.woven.errors import phrase
from chatsim.core.errors import Faulted, Internal, RequestTimeout, TooLarge, Unavailable
from chatsim.core.http import Request
from chatsim.core.pipeline import begin, refuse

if TYPE_CHECKING:
    from desk import Desk

    from chatsim.core.errors import ApiError

URN = f"urn:uuid:{PROJECT}"


def without(*names: str) -> dict[str, Any]:
    """The message without some members."""
    return {name: value for name, value in MESSAGE.items() if name not in names}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "body must be object"),
        (None, "body must be object"),
        ("text", "body must be object"),
        ({}, "body must have required property 'message'"),
        (without("woven_ids", "project_id"), "body must have required property 'woven_ids'"),
        (without("project_id") | {"message": {}}, "body must have required property 'project_id'"),
        ({"woven_ids": {}, "foo": 1}, "body must have required property 'message'"),
        (MESSAGE | {"message": {}, "foo": 1}, "body must NOT have additional properties"),
        (MESSAGE | {"message": 5, "woven_ids": 5}, "body/message must be string"),
        (MESSAGE | {"woven_ids": "abc"}, "body/woven_ids must be array"),
        (MESSAGE | {"woven_ids": ["a", 1], "project_id": "x"}, "body/woven_ids/1 must be string"),
        (MESSAGE | {"woven_ids": [1] * 200, "foo": 1}, "body must NOT have additional properties"),
        (MESSAGE | {"project_id": None}, "body/project_id must be string"),
        (MESSAGE | {"project_id": "x"}, 'body/project_id must match format "uuid"'),
        (MESSAGE | {"project_id": URN}, 'body/project_id must match format "uuid"'),
        (MESSAGE | {"project_id": PROJECT + "\n"}, 'body/project_id must match format "uuid"'),
    ],
)
def test_validation_by_the_document(desk: Desk, body: Any, message: str) -> None:
    """The first thing that Ajv finds is said, and nothing else."""
    answer = desk.ask("POST", CHAT, body, token=issue(desk))
    assert (answer.status, answer.bug) == (400, "")
    assert list(answer.data) == ["statusCode", "code", "error", "message"]
    assert (answer.data["code"], answer.data["message"]) == ("FST_ERR_VALIDATION", message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (MESSAGE | {"foo": 1}, ""),
        (MESSAGE | {"woven_ids": "abc"}, ""),
        (MESSAGE | {"woven_ids": [1, 2]}, ""),
        (MESSAGE | {"message": 5}, ""),
        (MESSAGE | {"message": None}, ""),
        (MESSAGE | {"project_id": URN}, ""),
        (MESSAGE | {"project_id": PROJECT.upper()}, ""),
        (MESSAGE | {"message": {}}, "body/message must be string"),
        (MESSAGE | {"woven_ids": {}}, "body/woven_ids must be array"),
        (MESSAGE | {"woven_ids": [["a", "b"]]}, "body/woven_ids/0 must be string"),
        (MESSAGE | {"project_id": None}, 'body/project_id must match format "uuid"'),
        ({"foo": 1}, "body must have required property 'message'"),
        ([MESSAGE], "body must be object"),
    ],
)
def test_validation_by_the_service(desk: Desk, body: Any, message: str) -> None:
    """Under truth service what can be made to fit is taken, the rest is refused in the same words."""
    desk.make_world("real", truth="service")
    answer = desk.ask("POST", CHAT, body, token=issue(desk, world="real"), world="real")
    assert (answer.status, answer.bug) == (400 if message else 200, "")
    assert answer.data.get("message", "") == message


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", CHAT),
        ("HEAD", CHAT),
        ("OPTIONS", CHAT),
        ("PUT", CHAT + "?x=1"),
        ("POST", CHAT + "//"),
        ("POST", CHAT + "/x%20y"),
        ("POST", "//mini-app-runtime/v1/chat"),
        ("POST", "/mini-app-runtime//v1/chat"),
        ("POST", "/mini-app-runtime/v1/Chat"),
        ("POST", "/mini-app-runtime/v1/chat%2F"),
    ],
)
def test_no_such_route(desk: Desk, method: str, target: str) -> None:
    """A wrong path and a wrong method are the same 404, with method and URL as they came."""
    answer = desk.ask(method, target)
    assert answer.body.decode() == (
        f'{{"message":"Route {method}:{target} not found","error":"Not Found","statusCode":404}}'
    )
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert [error.message for error in validator("woven/not-found").iter_errors(answer.data)] == []


def test_no_cors(desk: Desk) -> None:
    """A preflight is a wrong method, and no answer invites other origins."""
    asking = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    preflight = desk.ask("OPTIONS", CHAT, headers=asking)
    answer = desk.ask("POST", CHAT, MESSAGE, headers=asking, token=issue(desk))
    assert (preflight.status, answer.status) == (404, 200)
    assert [name for name in (*preflight.headers, *answer.headers) if name.startswith("Access-Control")] == []


@pytest.mark.parametrize("path", ["/mini-app-runtime/v1/chat%", "/mini-app-runtime/%zz?a=%zz", CHAT + "/%ff"])
def test_a_bad_url(desk: Desk, path: str) -> None:
    """Percent signs that encode nothing: other members first, and no charset."""
    answer = desk.ask("POST", path)
    assert answer.body.decode() == (
        '{"error":"Bad Request","code":"FST_ERR_BAD_URL",'
        f'"message":"\'{path}\' is not a valid url component","statusCode":400}}'
    )
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("error", "status", "members"),
    [
        (TooLarge(1_048_576), 413, ("FST_ERR_CTP_BODY_TOO_LARGE", "Payload Too Large", "Request body is too large")),
        (Internal(), 500, (None, "Internal Server Error", "Internal Server Error")),
        (Unavailable(), 503, (None, "Service Unavailable", "Service Unavailable")),
        (Faulted("planned", status=429), 429, (None, "Too Many Requests", "planned")),
        (Faulted("planned", status=599), 599, (None, "Unknown", "planned")),
        (RequestTimeout(), 408, (None, "Request Timeout", "Client Timeout")),
    ],
)
def test_errors_from_elsewhere(desk: Desk, error: ApiError, status: int, members: tuple[str | None, ...]) -> None:
    """What the server, a fault or a bug says has Fastify's form too."""
    request = Request(method="POST", path=CHAT, query="", headers=CIMultiDict())
    plan = begin(desk.simulator, desk.world, request)
    outcome = refuse(plan, error)
    reply = API.render(error, plan.call)
    assert (outcome.status, reply.body["statusCode"]) == (status, status)
    assert tuple(reply.body.get(name) for name in ("code", "error", "message")) == members
    assert [problem.message for problem in validator("woven/error").iter_errors(reply.body)] == []


@pytest.mark.parametrize("name", sorted(API.errors))
def test_named_errors(desk: Desk, name: str) -> None:
    """Every error that a fault may name has the declared form."""
    error = API.errors[name]()
    plan = begin(desk.simulator, desk.world, Request(method="POST", path=CHAT, query="", headers=CIMultiDict()))
    reply = API.render(error, plan.call)
    assert reply.status == error.status
    assert [problem.message for problem in validator("woven/error").iter_errors(reply.body)] == []


def test_node_phrases() -> None:
    """Python's versions disagree about some reason phrases; Node's are what the service says."""
    assert [phrase(status) for status in (413, 416, 422)] == [
        "Payload Too Large",
        "Range Not Satisfiable",
        "Unprocessable Entity",
    ]


def test_the_moment_of_a_desk(desk: Desk) -> None:
    """Refusals are journalled at the world's time, with the reason."""
    answer = desk.ask("POST", CHAT, {}, token=issue(desk))
    entry = answer.outcome.plan.call.entry
    assert (entry.at, entry.status, entry.principal) == (NOON, 400, "backend")
    assert [violation.member for violation in entry.violations] == ["message", "project_id", "woven_ids"]
