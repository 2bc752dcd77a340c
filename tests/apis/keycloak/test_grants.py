"""The three grants: what each gives, and in which order each refuses."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from desk import Answer, Desk
from tokendesk import (
    accounts,
    add_client,
    add_user,
    by_client,
    by_password,
    claims,
    post,
    refreshed,
    said,
    token_desk,
    trigger,
)

# client_credentials


def test_client_credentials_gives_no_refresh_token(desk: Desk) -> None:
    """There is no session either."""
    answer = by_client(desk)
    assert list(answer) == [
        "access_token",
        "expires_in",
        "refresh_expires_in",
        "token_type",
        "not-before-policy",
        "scope",
    ]
    del answer["access_token"]
    assert list(answer.values()) == [300, 0, "Bearer", 0, "profile email"]


@pytest.mark.parametrize(
    ("members", "refusal"),
    [
        (
            {"public": True},
            (401, "unauthorized_client", "Public client not allowed to retrieve service account"),
        ),
        (
            {"service_account": False, "service_account_enabled": False},
            (401, "unauthorized_client", "Client not enabled to retrieve service account"),
        ),
        ({"service_account_enabled": False}, (401, "invalid_request", "User 'service-account-app' disabled")),
    ],
)
def test_client_credentials_refused(desk: Desk, members: dict[str, Any], refusal: tuple[int, str, str]) -> None:
    """Before the scope is looked at."""
    add_client(desk, "App", **members)
    form = {"grant_type": "client_credentials", "client_id": "App", "client_secret": "s3cret", "scope": "nonsense"}
    assert said(post(desk, "token", form)) == refusal


# password


def test_password_gives_a_session(desk: Desk) -> None:
    """Its id is told, and the refresh token lives longer."""
    answer = by_password(desk)
    assert (answer["expires_in"], answer["refresh_expires_in"]) == (300, 1800)
    assert answer["session_state"] == claims(answer["access_token"])["sid"]
    assert "id_token" not in answer


@pytest.mark.parametrize("name", ["ann", "ANN", "ann@example.org", "Ann@Example.org"])
def test_user_name_or_address(desk: Desk, name: str) -> None:
    """Both find the user, in any case."""
    add_user(desk, email="ann@example.org")
    assert claims(by_password(desk, username=name)["access_token"])["preferred_username"] == "ann"


PASSWORD_ORDER = [
    ("grants off", 400, "Client not allowed for direct access grants"),
    ("consent", 400, "Client requires user consent"),
    ("scope", 400, "Invalid scopes: nonsense"),
    ("no name", 401, "Missing parameter: username"),
    ("service account", 400, "Invalid user credentials"),
    ("unknown", 401, "Invalid user credentials"),
    ("disabled", 400, "Account disabled"),
    ("password", 401, "Invalid user credentials"),
    ("action", 400, "Account is not fully set up"),
]
ABOUT_THE_NAME = {"no name", "service account", "unknown"}


def log_in(*faults: str) -> Answer:
    """Log in, right but for these faults."""
    desk = token_desk(accounts="listed")
    add_client(desk, direct_access_grants="grants off" not in faults, consent_required="consent" in faults)
    add_user(desk, enabled="disabled" not in faults, required_actions=["x"] if "action" in faults else [])
    name = "service-account-app" if "service account" in faults else "nobody" if "unknown" in faults else "ann"
    form = {"grant_type": "password", "client_id": "app", "client_secret": "s3cret", "username": name}
    if "no name" in faults:
        del form["username"]
    if "scope" in faults:
        form["scope"] = "nonsense"
    form["password"] = "wrong" if "password" in faults else "pw"
    return post(desk, "token", form)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(a, b, id=f"{a[0]} before {b[0]}")
        for a, b in combinations(PASSWORD_ORDER, 2)
        if not (a[0] in ABOUT_THE_NAME and b[0] in ABOUT_THE_NAME)
    ],
)
def test_password_order(first: tuple[str, int, str], second: tuple[str, int, str]) -> None:
    """Of two faults the one that is checked first is told."""
    status, _, text = said(log_in(first[0], second[0]))
    assert (status, text) == first[1:]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("grants off", "unauthorized_client"),
        ("consent", "invalid_client"),
        ("no name", "invalid_request"),
        ("service account", "invalid_grant"),
        ("unknown", "invalid_grant"),
        ("disabled", "invalid_grant"),
        ("password", "invalid_grant"),
        ("action", "invalid_grant"),
    ],
)
def test_password_error_codes(fault: str, code: str) -> None:
    """The code of each refusal."""
    assert said(log_in(fault))[1] == code


@pytest.mark.parametrize("form", [{"username": ""}, {"username": "ann", "password": ""}, {"username": "ann"}])
def test_empty_credentials_are_wrong_ones(form: dict[str, str]) -> None:
    """An empty name is nobody's, an empty or missing password nobody's either."""
    desk = token_desk(accounts="listed")
    add_client(desk)
    add_user(desk)
    answer = post(desk, "token", {"grant_type": "password", "client_id": "app", "client_secret": "s3cret", **form})
    assert said(answer) == (401, "invalid_grant", "Invalid user credentials")


# refresh_token


def test_refresh_keeps_the_session(desk: Desk) -> None:
    """New tokens of the same session and scope; the old refresh token stays valid."""
    first = by_password(desk, scope="openid")
    second = refreshed(desk, first["refresh_token"])
    assert (second.status, second.bug) == (200, "")
    assert second.data["session_state"] == first["session_state"]
    assert second.data["scope"] == first["scope"]
    assert "id_token" in second.data
    assert second.data["refresh_token"] != first["refresh_token"]
    assert refreshed(desk, first["refresh_token"]).status == 200


def test_refresh_outlives_the_access_token(desk: Desk) -> None:
    """Each refresh token lives its own time."""
    first = by_password(desk)
    desk.time += 1799 * 10**9
    second = refreshed(desk, first["refresh_token"]).data
    desk.time += 1799 * 10**9
    assert said(refreshed(desk, first["refresh_token"])) == (400, "invalid_grant", "Token is not active")
    assert refreshed(desk, second["refresh_token"]).status == 200


REFRESH_ORDER = ["missing", "scope", "rubbish", "expired", "client", "session", "disabled", "stale", "reused"]
REFRESH_TEXTS = {
    "missing": "No refresh token",
    "scope": "Invalid scopes: nonsense",
    "rubbish": "Invalid refresh token",
    "expired": "Token is not active",
    "client": "Invalid refresh token. Token client and authorized client don't match",
    "session": "Session not active",
    "disabled": "User disabled",
    "stale": "Stale token",
    "reused": "Maximum allowed refresh token reuse exceeded",
}


def refresh(*faults: str) -> Answer:
    """Refresh, right but for these faults."""
    desk = token_desk()
    user = add_user(desk)
    add_client(desk)
    add_client(desk, "other")
    tokens = by_password(desk)
    identity = accounts(desk)
    if "reused" in faults:
        identity.state.realms["woven"].revoke_refresh_token = True
        assert refreshed(desk, tokens["refresh_token"]).status == 200
    if "session" in faults:
        identity.end_session(tokens["session_state"])
    user.enabled = "disabled" not in faults
    if "stale" in faults:
        identity.state.realms["woven"].not_before = desk.time // 10**9 + 1
    if "expired" in faults:
        trigger(desk, "expire-tokens", {"refresh_tokens": True})
    token = "rubbish" if "rubbish" in faults else tokens["refresh_token"]
    form = {
        "grant_type": "refresh_token",
        "client_id": "other" if "client" in faults else "app",
        "refresh_token": token,
    }
    if "missing" in faults:
        del form["refresh_token"]
    if "scope" in faults:
        form["scope"] = "nonsense"
    return post(desk, "token", {**form, "client_secret": "s3cret"})


@pytest.mark.parametrize(("first", "second"), list(combinations(REFRESH_ORDER, 2)))
def test_refresh_order(first: str, second: str) -> None:
    """Of two faults the one that is checked first is told."""
    assert said(refresh(first, second))[2] == REFRESH_TEXTS[first]


@pytest.mark.parametrize("fault", REFRESH_ORDER)
def test_refresh_error_codes(fault: str) -> None:
    """A missing token is a bad request, an unknown scope a bad scope, all else a bad grant; always 400."""
    code = {"missing": "invalid_request", "scope": "invalid_scope"}.get(fault, "invalid_grant")
    assert said(refresh(fault)) == (400, code, REFRESH_TEXTS[fault])


@pytest.mark.parametrize("kind", ["access_token", "id_token"])
def test_only_refresh_tokens_refresh(desk: Desk, kind: str) -> None:
    """Another token of the same login is none."""
    token = by_password(desk, scope="openid")[kind]
    assert said(refreshed(desk, token)) == (400, "invalid_grant", "Invalid refresh token")


@pytest.mark.parametrize("token", ["", "a.b.c", "é"])
def test_rubbish_does_not_refresh(desk: Desk, token: str) -> None:
    """An empty parameter is there, and is no token."""
    by_password(desk)
    assert said(refreshed(desk, token)) == (400, "invalid_grant", "Invalid refresh token")


def test_a_token_of_another_realm_does_not_refresh(desk: Desk) -> None:
    """Though client, secret and user have the same names there."""
    token = by_password(desk)["refresh_token"]
    by_password(desk, "tenant")
    assert said(refreshed(desk, token, "tenant")) == (400, "invalid_grant", "Invalid refresh token")


def test_a_deleted_users_token_does_not_refresh(desk: Desk) -> None:
    """The sessions went with the user."""
    token = by_password(desk)["refresh_token"]
    accounts(desk).remove_user("woven", "ann")
    assert said(refreshed(desk, token))[2] == "Session not active"


def test_a_vanished_user_does_not_refresh(desk: Desk) -> None:
    """A minted refresh token may have a session, but nobody behind it."""
    add_client(desk)
    token = trigger(desk, "mint", {"realm": "woven", "client_id": "app", "username": "ghost", "kind": "refresh"})[
        "token"
    ]
    assert said(refreshed(desk, token)) == (400, "invalid_grant", "Invalid refresh token")


def test_offline_access(desk: Desk) -> None:
    """Its refresh token has no end, and says so."""
    answer = by_password(desk, scope="offline_access")
    said_by = claims(answer["refresh_token"])
    assert (said_by["typ"], "exp" in said_by, answer["refresh_expires_in"]) == ("Offline", False, 0)
    desk.time += 10**9 * 86400 * 3650
    assert refreshed(desk, answer["refresh_token"]).status == 200


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (None, "profile email"),
        ("", "profile email"),
        ("openid", "openid profile email"),
        ("email openid profile", "openid profile email"),
        ("phone  openid phone", "openid profile email phone"),
        ("roles acr web-origins basic", "profile email"),
    ],
)
def test_scope(desk: Desk, asked: str | None, given: str) -> None:
    """The default scopes are always there; `openid` brings an identity token, also to a client alone."""
    answer = by_client(desk, **({} if asked is None else {"scope": asked}))
    assert answer["scope"] == claims(answer["access_token"])["scope"] == given
    assert ("id_token" in answer) is ("openid" in given)


def test_unknown_scope(desk: Desk) -> None:
    """The text holds all that was asked for."""
    form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "s3cret", "scope": "openid x y"}
    assert said(post(desk, "token", form)) == (400, "invalid_scope", "Invalid scopes: openid x y")
