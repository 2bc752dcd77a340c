"""Every quirk: its values answer differently, and the first one is the default."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from desk import Answer, Desk
from tokendesk import add_client, by_client, oidc, post, said

from chatsim.apis.keycloak.quirks import QUIRKS

PLAIN_404 = "RESTEASY003210: Could not find resource for full path: http://localhost:8080/auth/x"


def unknown_user(desk: Desk) -> Answer:
    """Log in as nobody."""
    add_client(desk)
    form = {"grant_type": "password", "client_id": "app", "client_secret": "s3cret", "username": "nobody"}
    return post(desk, "token", form)


def missing_realm(desk: Desk) -> Answer:
    """Ask for a realm that does not exist."""
    return desk.ask("GET", oidc("userinfo", "nowhere"))


def wrong_path(desk: Desk) -> Answer:
    """Ask for a path that nothing has."""
    return desk.ask("GET", "/auth/x")


def without_token(desk: Desk) -> Answer:
    """Ask for user information without a token."""
    by_client(desk)
    return desk.ask("GET", oidc("userinfo"))


def without_openid(desk: Desk) -> Answer:
    """Ask for user information with a token of the default scope."""
    return desk.ask("GET", oidc("userinfo"), token=by_client(desk)["access_token"])


CASES: dict[str, tuple[Callable[[Desk], Answer], dict[str, tuple[int, str, str]]]] = {
    "keycloak.unknown-user": (
        unknown_user,
        {
            "401": (401, "invalid_grant", "Invalid user credentials"),
            "400": (400, "invalid_grant", "Invalid user credentials"),
        },
    ),
    "keycloak.missing-realm": (
        missing_realm,
        {
            "plain": (404, "Realm does not exist", ""),
            "described": (404, "Realm does not exist", "For more on this error consult the server log."),
        },
    ),
    "keycloak.plain-errors": (
        wrong_path,
        {"text": (404, PLAIN_404, ""), "code": (404, "invalid_request", PLAIN_404)},
    ),
    "keycloak.userinfo-without-token": (
        without_token,
        {
            "400": (400, "invalid_request", "Token not provided"),
            "401": (401, "invalid_request", "Token not provided"),
        },
    ),
    "keycloak.userinfo-scope": (
        without_openid,
        {"any": (200, "", ""), "openid": (403, "insufficient_scope", "Missing openid scope")},
    ),
}


def test_every_quirk_has_a_case() -> None:
    """And each case has every value."""
    assert {quirk.name: list(quirk.values) for quirk in QUIRKS} == {
        name: list(expected) for name, (_, expected) in CASES.items()
    }


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, (_, expected) in CASES.items() for value in (None, *expected)]
)
def test_value(desk: Desk, name: str, value: str | None) -> None:
    """What each value answers; without one it is the default."""
    ask, expected = CASES[name]
    if value is not None:
        desk.world.quirks[name] = value
    answer = ask(desk)
    if answer.status == 200:
        assert expected[value or "any"] == (200, "", "")
    else:
        assert said(answer) == expected[value or next(iter(expected))]


def test_a_missing_scope_is_challenged(desk: Desk) -> None:
    """As every refusal of a token at user information."""
    desk.world.quirks["keycloak.userinfo-scope"] = "openid"
    assert 'error="insufficient_scope"' in without_openid(desk).headers["WWW-Authenticate"]


def test_a_server_fault_has_the_other_code(desk: Desk) -> None:
    """With codes, a 5xx is an unknown error."""
    from multidict import CIMultiDict

    from chatsim.apis.keycloak.errors import render
    from chatsim.core.errors import Faulted
    from chatsim.core.http import Request
    from chatsim.core.pipeline import begin

    desk.world.quirks["keycloak.plain-errors"] = "code"
    request = Request(method="GET", path="/auth/x", query="", headers=CIMultiDict())
    reply = render(Faulted(status=503), begin(desk.simulator, desk.world, request).call)
    assert reply.body == {"error": "unknown_error", "error_description": "HTTP 503 Service Unavailable"}
