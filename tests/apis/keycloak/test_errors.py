"""Errors outside OAuth, for programs and for browsers; planned ones; and pages of other origins."""

from __future__ import annotations

from typing import Any

import pytest
from desk import Desk
from tokendesk import accounts, by_client, oidc, post, said

from chatsim.apis.keycloak.errors import FAULTS, render
from chatsim.core.api import Call
from chatsim.core.errors import ApiError, Faulted, Internal, RequestTimeout, TooLarge
from chatsim.core.http import Request
from chatsim.core.pipeline import begin

RESTEASY = "RESTEASY003210: Could not find resource for full path: http://localhost:8080"


def call(desk: Desk, **headers: str) -> Call:
    """A call to the keys of a realm."""
    from multidict import CIMultiDict

    request = Request(method="GET", path=oidc("certs"), query="", headers=CIMultiDict(headers))
    return begin(desk.simulator, desk.world, request).call


@pytest.mark.parametrize(
    "path",
    [
        "/auth",
        "/auth/",
        "/auth/admin/realms",
        "/auth/realms",
        "/auth/realms/",
        "/auth/realms/woven/protocol",
        "/auth/realms/woven/protocol/openid-connect/device",
        "/auth/realms//protocol/openid-connect/token",
        "/realms/woven/account/sessions",
    ],
)
def test_no_such_path(desk: Desk, path: str) -> None:
    """The text of the older server, with the address in it."""
    assert said(desk.ask("GET", path)) == (404, RESTEASY + path, "")


@pytest.mark.parametrize(
    ("method", "endpoint", "allowed"),
    [
        ("GET", "token", "POST"),
        ("PUT", "token", "POST"),
        ("POST", "certs", "GET"),
        ("DELETE", "userinfo", "GET, POST"),
        ("GET", "token/introspect", "POST"),
        ("GET", "revoke", "POST"),
    ],
)
def test_wrong_method(desk: Desk, method: str, endpoint: str, allowed: str) -> None:
    """The methods that the path has are told."""
    answer = desk.ask(method, oidc(endpoint))
    assert said(answer) == (405, "HTTP 405 Method Not Allowed", "")
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize("path", ["/auth/realms/%zz", "/auth/realms/%ff/protocol/openid-connect/certs", "/auth/%00"])
def test_broken_path(desk: Desk, path: str) -> None:
    """A path that cannot be read."""
    assert said(desk.ask("GET", path)) == (400, "HTTP 400 Bad Request", "")


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("text/html", True),
        ("text/html,application/xhtml+xml,*/*;q=0.8", True),
        ("text/html, application/json;q=0.9", True),
        ("application/json, text/html;q=0.9", False),
        ("application/json, text/html", False),
        ("text/html;q=x", False),
        ("text/html;q=0", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_browsers_get_a_page(desk: Desk, accept: str, page: bool) -> None:
    """Where HTML is preferred to JSON."""
    for path, method in (("/auth/<x>", "GET"), (oidc("certs"), "PUT")):
        answer = desk.ask(method, path, headers={"Accept": accept})
        assert answer.bug == ""
        assert answer.headers["Content-Type"].startswith("text/html" if page else "application/json")
        assert b"<x>" not in answer.body or not page


def test_oauth_errors_are_no_pages(desk: Desk) -> None:
    """What a token request is told is JSON for everybody."""
    answer = post(desk, "token", {}, headers={"Accept": "text/html"})
    assert said(answer)[1] == "invalid_request"


def test_a_missing_realm_is_told_in_json(desk: Desk) -> None:
    """With `error` and nothing else."""
    assert desk.ask("GET", oidc("userinfo", "nowhere")).data == {"error": "Realm does not exist"}


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (TooLarge(1), "HTTP 413 Request Entity Too Large"),
        (RequestTimeout(), "HTTP 408 Request Timeout"),
        (Internal(), "unknown_error"),
        (Faulted(status=503), "HTTP 503 Service Unavailable"),
        (Faulted(status=599), "HTTP 599"),
    ],
)
def test_other_errors(desk: Desk, error: ApiError, text: str) -> None:
    """Each has a text, and none says more than that."""
    reply = render(error, call(desk))
    assert (reply.status, reply.body) == (error.status, {"error": text})


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_planned_errors(desk: Desk, name: str) -> None:
    """Every error that a fault can name keeps the schema."""
    reply = render(FAULTS[name](), call(desk))
    assert reply.body["error"] == name
    assert desk.simulator.schemas.get("keycloak/oauth-error").accepts(reply.body)


ORIGIN: dict[str, Any] = {"Origin": "https://app.example"}


@pytest.mark.parametrize("endpoint", ["token", "userinfo", "certs", "token/introspect", "revoke", "logout"])
def test_preflight(desk: Desk, endpoint: str) -> None:
    """A page may send forms and tokens, with credentials."""
    asked = {**ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = desk.ask("OPTIONS", oidc(endpoint), headers=asked)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "Authorization, " in answer.headers["Access-Control-Allow-Headers"]
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


def test_preflight_makes_no_realm(desk: Desk) -> None:
    """It only asks."""
    desk.ask("OPTIONS", oidc("token"), headers={**ORIGIN, "Access-Control-Request-Method": "POST"})
    assert accounts(desk).realms == {}


@pytest.mark.parametrize("endpoint", ["certs", "userinfo", "logout", "nowhere"])
def test_answers_allow_the_caller(desk: Desk, endpoint: str) -> None:
    """Errors included."""
    by_client(desk)
    answer = desk.ask("GET", oidc(endpoint), headers=ORIGIN)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]


def test_plain_options(desk: Desk) -> None:
    """OPTIONS without an origin is answered too."""
    assert desk.ask("OPTIONS", oidc("token")).status == 200
