"""Who may call `/_sim`: by Host, Origin, token and cookie, bound to loopback or not."""

from typing import Any

import pytest
from desk import Answer, Desk

from chatsim.core.simulator import Access

APIS = "/_sim/apis"
OUTSIDE = Access(loopback=False, token="s3cret")


def ask(access: Access, host: str = "localhost:8080", **headers: str) -> Answer:
    """A harmless control call."""
    return Desk(access=access).ask("GET", APIS, host=host, headers=headers)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8080", 200),
        ("LOCALHOST", 200),
        ("a.localhost:1", 200),
        ("127.0.0.1:8080", 200),
        ("127.1.2.3", 200),
        ("[::1]:8080", 200),
        ("sim.test:8080", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example", 403),
        ("10.0.0.5:8080", 403),
        ("[::1", 403),
        ("", 403),
    ],
)
def test_the_host_is_a_loopback_name_or_listed(host: str, status: int) -> None:
    """A name that was rebound to this machine does not reach the control API."""
    assert ask(Access(hosts=("sim.test",)), host).status == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:3000", 200),
        ("https://127.0.0.1", 200),
        ("http://[::1]:5173", 200),
        ("https://app.example", 200),
        ("https://app.example:444", 403),
        ("https://evil.example", 403),
        ("http://localhost.evil.example", 403),
        ("null", 403),
        ("file://localhost", 403),
    ],
)
def test_pages_of_a_foreign_origin_are_refused(origin: str, status: int) -> None:
    """Only pages of this machine, and listed ones, drive a developer's simulator."""
    assert ask(Access(origins=("https://app.example",)), Origin=origin).status == status


def test_a_refusal_says_which_option_helps() -> None:
    """The problem names the option to start with."""
    assert "--allow-host evil.example" in ask(Access(), "evil.example").data["detail"]
    assert "--allow-origin https://evil.example" in ask(Access(), Origin="https://evil.example").data["detail"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer s3cret"}, 200),
        ({"Authorization": "bearer s3cret"}, 200),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Basic s3cret"}, 401),
        ({"Cookie": "chatsim-control=s3cret"}, 401),
    ],
)
def test_from_outside_a_token_is_needed(headers: dict[str, str], status: int) -> None:
    """Bound to more than loopback, the Host is free but the token is not."""
    assert ask(OUTSIDE, "build-7.example:8080", **headers).status == status


def test_the_challenge_names_both_ways() -> None:
    """A 401 tells programs and browsers how to come in."""
    answer = ask(OUTSIDE)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "Authorization" in answer.data["detail"]
    assert "/_sim/login" in answer.data["detail"]


def test_without_a_token_nobody_comes_in_from_outside() -> None:
    """A server that was started without a token says how to start it."""
    answer = ask(Access(loopback=False), Authorization="Bearer ")
    assert answer.status == 401
    assert "--control-token" in answer.data["detail"]
    assert "CHATSIM_CONTROL=open" in answer.data["detail"]


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("localhost", None, 200),
        ("box.example", None, 403),
        ("localhost", "https://evil.example", 403),
    ],
)
def test_open_keeps_the_rules_for_pages(host: str, origin: str | None, status: int) -> None:
    """Opened to everybody, Host and Origin are still looked at."""
    headers = {} if origin is None else {"Origin": origin}
    assert ask(Access(loopback=False, open=True), host, **headers).status == status


def test_a_token_is_asked_for_on_loopback_too() -> None:
    """Who starts it with a token wants it asked for."""
    assert ask(Access(token="s3cret")).status == 401
    assert ask(Access(token="s3cret"), Authorization="Bearer s3cret").status == 200


def test_a_page_of_the_server_itself_may_call_with_a_token() -> None:
    """The console is served from the same origin, whatever its name."""
    token = {"Authorization": "Bearer s3cret"}
    assert ask(OUTSIDE, "box.example:8080", Origin="http://box.example:8080", **token).status == 200
    assert ask(OUTSIDE, "box.example:8080", Origin="http://evil.example", **token).status == 403


@pytest.mark.parametrize("path", ["/_sim/livez", "/_sim/readyz"])
def test_health_needs_no_token(path: str) -> None:
    """Container platforms ask by address and without a token."""
    answer = Desk(access=OUTSIDE).ask("GET", path, host="10.0.0.5:8080")
    assert answer.status == 200
    assert answer.data["status"] == "ok"


# Login


def log_in(access: Access, body: Any, **headers: str) -> Answer:
    """Ask for the cookie."""
    return Desk(access=access).ask("POST", "/_sim/login", body, headers=headers)


def test_a_login_gives_a_cookie_that_opens() -> None:
    """A browser sends the token once; the cookie is out of reach for scripts and for other sites."""
    answer = log_in(OUTSIDE, {"token": "s3cret"})
    assert answer.status == 204
    cookie, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert attributes == ["Path=/_sim", "HttpOnly", "SameSite=Strict"]
    assert "s3cret" not in cookie
    assert ask(OUTSIDE, Cookie=f"theme=dark; {cookie}; broken").status == 200


def test_a_login_with_a_wrong_token_gives_none() -> None:
    """401 and no cookie."""
    answer = log_in(OUTSIDE, {"token": "wrong"})
    assert answer.status == 401
    assert "Set-Cookie" not in answer.headers


def test_a_login_from_a_foreign_page_is_refused() -> None:
    """The rule for pages holds for the login too."""
    assert log_in(OUTSIDE, {"token": "s3cret"}, Origin="https://evil.example").status == 403


def test_a_login_where_no_token_is_needed() -> None:
    """On loopback without a token there is nothing to log in to."""
    answer = log_in(Access(), {"token": "any"})
    assert answer.status == 204
    assert "Set-Cookie" not in answer.headers


def test_a_login_without_a_token_in_its_body() -> None:
    """The body is held to its schema."""
    assert [one["pointer"] for one in log_in(OUTSIDE, {}).data["errors"]] == [""]


# CORS


def preflight(origin: str) -> Answer:
    """What a browser asks before a PUT."""
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type,authorization",
    }
    return Desk().ask("OPTIONS", "/_sim/worlds/a", headers=headers)


def test_a_preflight_of_a_local_page_is_answered() -> None:
    """Vite's page on another port may drive the simulator."""
    answer = preflight("http://localhost:5173")
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:5173"
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_a_preflight_of_a_foreign_page_is_not_allowed() -> None:
    """No CORS header, so the browser sends nothing."""
    assert "Access-Control-Allow-Origin" not in preflight("https://evil.example").headers
