"""Every refusal of the visitor's calls: its status and exactly its body."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from desk import NOON, Answer, Desk
from visitor import AGENT, CHANNEL, Visitor

UNKNOWN = "11111111-1111-4111-8111-111111111111"
AUTHENTICATE = "/chatplugin.authenticate"
SEND = "/chatplugin.send"
RESUME = "/chatplugin.resumeToken"


def worded(status: int, error: str, path: str) -> dict[str, object]:
    """The framework's error body at noon."""
    return {"timestamp": NOON // 1_000_000, "status": status, "error": error, "path": path}


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"{", 400, "Bad Request"),
        (b"", 400, "Bad Request"),
        (b'"text"', 400, "Bad Request"),
        (b'{"channel_id": "no uuid"}', 400, "Bad Request"),
        (b'{"channel_id": 7}', 400, "Bad Request"),
        (f'{{"channel_id": "{UNKNOWN}"}}'.encode(), 404, "Not Found"),
    ],
)
def test_authenticate_with_the_frameworks_body(desk: Desk, body: bytes, status: int, error: str) -> None:
    """What the framework or the channel look-up refuses is worded as JSON."""
    answer = desk.ask("POST", AUTHENTICATE, body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.data, answer.bug) == (status, worded(status, error, AUTHENTICATE), "")


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 400), ({"channel_id": None, "resume_token": None}, 400), ({"resume_token": "rubbish"}, 401)],
)
def test_authenticate_without_body(desk: Desk, body: Mapping[str, object], status: int) -> None:
    """Neither member, or a resume token that is none: the status alone."""
    answer = desk.ask("POST", AUTHENTICATE, body)
    assert (answer.status, answer.body, answer.bug) == (status, b"", "")


def test_a_stale_token_breaks_the_open_call(desk: Desk) -> None:
    """The filter reads the header on every path."""
    answer = desk.ask("POST", AUTHENTICATE, {"channel_id": CHANNEL}, token="stale")
    assert (answer.status, answer.body, answer.bug) == (401, b"", "")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_is_not_called_json(desk: Desk, content_type: str) -> None:
    """Another content type, or none, is 415."""
    answer = desk.ask("POST", AUTHENTICATE, b"{}", headers={"Content-Type": content_type})
    assert (answer.status, answer.data["error"], answer.bug) == (415, "Unsupported Media Type", "")


def test_send_without_a_token(desk: Desk) -> None:
    """403 without a body, whatever the body of the request."""
    answer = desk.ask("POST", SEND, b"{")
    assert (answer.status, answer.body, answer.bug) == (403, b"", "")


def test_the_status_without_a_token_is_a_switch(desk: Desk) -> None:
    """Who expects 401 sets the quirk."""
    desk.world.quirks["airy.no-token"] = "401"
    answer = desk.ask("POST", SEND, {"message": 1})
    assert (answer.status, answer.body, answer.bug) == (401, b"", "")


def test_send_without_a_message(desk: Desk) -> None:
    """`message` must be there, though it may be anything."""
    answer = Visitor(desk).ask("send", {"text": "Hello"})
    assert (answer.status, answer.data, answer.bug) == (400, worded(400, "Bad Request", SEND), "")


def test_the_resume_token_call_without_a_header(desk: Desk) -> None:
    """A missing required header is a bad request of the framework."""
    answer = desk.ask("POST", RESUME, {})
    assert (answer.status, answer.data, answer.bug) == (400, worded(400, "Bad Request", RESUME), "")


@pytest.mark.parametrize("path", [SEND, RESUME])
@pytest.mark.parametrize("token", ["", "rubbish", "a.b.c", AGENT + "x"])
def test_a_bad_token(desk: Desk, path: str, token: str) -> None:
    """401 without a body."""
    answer = desk.ask("POST", path, {"message": 1}, token=token)
    assert (answer.status, answer.body, answer.bug) == (401, b"", "")


def test_the_wrong_kind_of_token(desk: Desk) -> None:
    """A resume token sends nothing, an auth token resumes nothing."""
    visitor = Visitor(desk)
    resume = visitor.ask("resumeToken", {}).data["resume_token"]
    assert visitor.ask("send", {"message": 1}, token=resume).status == 401
    assert desk.ask("POST", AUTHENTICATE, {"resume_token": visitor.token}).status == 401


@pytest.mark.parametrize(("after_s", "status"), [(3599, 200), (3600, 401)])
def test_an_auth_token_lives_an_hour(desk: Desk, after_s: float, status: int) -> None:
    """Its end is exact, on the world's clock, for a token used before as for a fresh one."""
    visitor, idle = Visitor(desk), Visitor(desk)
    visitor.send("now")
    desk.move(after_s)
    assert [one.send("later").status for one in (visitor, idle)] == [status, status]


@pytest.mark.parametrize(("after_s", "status"), [(604799, 200), (604800, 401)])
def test_a_resume_token_lives_a_week(desk: Desk, after_s: float, status: int) -> None:
    """Afterwards the visitor has to begin anew."""
    token = Visitor(desk).ask("resumeToken", {}).data["resume_token"]
    desk.move(after_s)
    assert desk.ask("POST", AUTHENTICATE, {"resume_token": token}).status == status


def test_another_world_refuses_the_token(desk: Desk) -> None:
    """Each world has a key of its own."""
    desk.make_world("other")
    visitor = Visitor(desk)
    visitor.world = "other"
    assert visitor.send("wrong door").status == 401


def test_worlds_with_one_secret_share_tokens(desk: Desk) -> None:
    """A key set by hand makes tokens good elsewhere, and after a restart."""
    desk.make_world("other", settings={"airy.jwt_secret": "c2VjcmV0"})
    desk.world.settings["airy.jwt_secret"] = "c2VjcmV0"
    visitor = Visitor(desk)
    visitor.world = "other"
    assert visitor.send("right door").status == 200


def test_a_changed_secret_ends_tokens_in_use(desk: Desk) -> None:
    """A token that was good a moment ago is checked with the new key."""
    visitor = Visitor(desk)
    visitor.send("still good")
    desk.world.settings["airy.jwt_secret"] = "c2VjcmV0"
    assert visitor.send("no more").status == 401


def test_tokens_stay_good_over_a_restart() -> None:
    """A simulator started anew with the same seed has the same key."""
    visitor = Visitor(Desk())
    visitor.desk = Desk()
    assert visitor.send("still me").status == 200


@pytest.mark.parametrize(("token", "status"), [(None, 403), ("stale", 401), ("good", 405), (AGENT, 405)])
def test_the_wrong_method(desk: Desk, token: str | None, status: int) -> None:
    """Without credentials nobody learns which methods there are; the filter reads the header before."""
    answer = desk.ask("GET", SEND, token=Visitor(desk).token if token == "good" else token)
    assert (answer.status, answer.bug, answer.body == b"") == (status, "", status != 405)


@pytest.mark.parametrize("path", [AUTHENTICATE, RESUME, "/media.upload", "/actuator/health", "/ws.chatplugin"])
def test_the_wrong_method_of_an_open_path(desk: Desk, path: str) -> None:
    """Everybody may ask there, and learns what is wrong."""
    answer = desk.ask("DELETE", path)
    assert (answer.status, answer.data["error"], answer.bug) == (405, "Method Not Allowed", "")


@pytest.mark.parametrize(("token", "status"), [(None, 403), ("stale", 401), ("good", 404), (AGENT, 404)])
def test_an_unknown_path(desk: Desk, token: str | None, status: int) -> None:
    """Nor which paths."""
    answer = desk.ask("POST", f"{SEND}/x", {}, token=Visitor(desk).token if token == "good" else token)
    assert (answer.status, answer.bug, answer.body == b"") == (status, "", status != 404)


@pytest.mark.parametrize(("token", "status"), [(None, 403), ("stale", 403), ("good", 403), (AGENT, 405)])
def test_the_wrong_method_of_an_agents_call(desk: Desk, token: str | None, status: int) -> None:
    """Those are for the system token alone."""
    answer = desk.ask("GET", "/channels.list", token=Visitor(desk).token if token == "good" else token)
    assert (answer.status, answer.bug) == (status, "")


def test_agents_without_a_system_token_learn_everything(desk: Desk) -> None:
    """Where none is set there is no authentication."""
    desk.world.settings["airy.system_token"] = ""
    assert [desk.ask("GET", "/channels.list", token=token).status for token in (None, "any")] == [405, 405]


@pytest.mark.parametrize("path", ["/actuator", "/actuator/info"])
def test_signs_of_life_are_open(desk: Desk, path: str) -> None:
    """Also where there are none."""
    answer = desk.ask("GET", path)
    assert (answer.status, answer.data["error"], answer.bug) == (404, "Not Found", "")


def from_page(desk: Desk, origin: str) -> Answer:
    """Authenticate from a page."""
    return desk.ask("POST", AUTHENTICATE, {"channel_id": CHANNEL}, headers={"Origin": origin})


def test_a_page_of_any_origin_may_call(desk: Desk) -> None:
    """The origin is echoed, with credentials."""
    answer = from_page(desk, "https://shop.example")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


def test_errors_carry_the_cors_headers_too(desk: Desk) -> None:
    """A page can read a refusal."""
    answer = desk.ask("POST", SEND, {}, headers={"Origin": "https://shop.example"})
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (403, "https://shop.example")


def test_a_page_of_an_origin_that_is_not_listed(desk: Desk) -> None:
    """403 and the framework's text; the simulator's own pages are no other origin."""
    desk.world.settings["airy.allowed_origins"] = ["https://*.example"]
    answers = [from_page(desk, one) for one in ("https://a.example", "https://a.test", "http://localhost:8080")]
    assert [(answer.status, answer.bug) for answer in answers] == [(200, ""), (403, ""), (200, "")]
    assert answers[1].body == b"Invalid CORS request"


def test_a_preflight_needs_no_token(desk: Desk) -> None:
    """200, with the headers asked for."""
    headers = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    answer = desk.ask("OPTIONS", SEND, headers=headers)
    assert (answer.status, answer.headers["Access-Control-Allow-Methods"]) == (200, "GET, POST")
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization, content-type"


def test_a_strict_world_refuses_undocumented_members() -> None:
    """What is ignored elsewhere is a bad request there."""
    strict = Desk(strict=True)
    body = {"channel_id": CHANNEL, "user": "Ada"}
    assert [one.ask("POST", AUTHENTICATE, body).status for one in (Desk(), strict)] == [200, 400]
