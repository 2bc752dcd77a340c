"""Introspection: whether a token counts."""

from __future__ import annotations

import pytest
from desk import Desk
from tokendesk import (
    accounts,
    add_client,
    add_user,
    basic,
    by_client,
    by_password,
    claims,
    introspected,
    post,
    said,
    trigger,
)

CREDENTIALS = {"client_id": "app", "client_secret": "s3cret"}


def test_of_an_access_token(desk: Desk) -> None:
    """All its claims and four members more."""
    token = by_password(desk)["access_token"]
    answer = introspected(desk, token)
    more = {"client_id": "app", "username": "ann", "token_type": "Bearer", "active": True}
    assert (answer.data, answer.bug) == ({**claims(token), **more}, "")


def test_of_a_client_and_by_basic(desk: Desk) -> None:
    """The user name is the service account's."""
    token = by_client(desk)["access_token"]
    answer = post(desk, "token/introspect", {"token": token}, headers=basic("app", "s3cret"))
    assert (answer.data["active"], answer.data["username"]) == (True, "service-account-app")


def test_of_a_refresh_token(desk: Desk) -> None:
    """It counts too, and says what it is."""
    answer = introspected(desk, by_password(desk)["refresh_token"])
    assert (answer.data["active"], answer.data["token_type"], answer.data["username"]) == (True, "Refresh", "ann")


def test_by_another_client(desk: Desk) -> None:
    """Any confidential client may ask."""
    token = by_client(desk)["access_token"]
    add_client(desk, "other")
    answer = post(desk, "token/introspect", {"client_id": "other", "client_secret": "s3cret", "token": token})
    assert (answer.data["active"], answer.data["client_id"]) == (True, "app")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é"])
def test_rubbish_is_inactive(desk: Desk, token: str) -> None:
    """Never an error, and exactly one member."""
    by_client(desk)
    answer = introspected(desk, token)
    assert (answer.status, answer.data, answer.bug) == (200, {"active": False}, "")


@pytest.mark.parametrize(
    "end", ["expired", "logged out", "revoked", "not before", "user off", "user gone", "client off", "id token"]
)
def test_inactive(desk: Desk, end: str) -> None:
    """What ended in whatever way does not count."""
    add_user(desk)
    add_client(desk, "asking")
    tokens = by_password(desk, scope="openid")
    identity = accounts(desk)
    realm = identity.state.realms["woven"]
    match end:
        case "expired":
            trigger(desk, "expire-tokens", {})
        case "logged out":
            identity.end_session(tokens["session_state"])
        case "revoked":
            identity.revoke(identity.look_up(tokens["access_token"], "woven", desk.time)[1])
        case "not before":
            realm.not_before = desk.time // 10**9 + 1
        case "user off":
            realm.users["ann"].enabled = False
        case "user gone":
            del realm.users["ann"]
        case "client off":
            realm.clients["app"].enabled = False
    token = tokens["id_token" if end == "id token" else "access_token"]
    answer = post(desk, "token/introspect", {"client_id": "asking", "client_secret": "s3cret", "token": token})
    assert (answer.data, answer.bug) == ({"active": False}, "")


def test_of_a_client_whose_service_account_is_off(desk: Desk) -> None:
    """Its user is disabled, so its token does not count."""
    token = by_client(desk)["access_token"]
    accounts(desk).realms["woven"].clients["app"].service_account_enabled = False
    assert introspected(desk, token).data == {"active": False}


def test_of_another_realm(desk: Desk) -> None:
    """It does not count here."""
    by_client(desk)
    assert introspected(desk, by_client(desk, "tenant")["access_token"]).data == {"active": False}


@pytest.mark.parametrize("given", [{}, {"client_id": "app"}, {"client_id": "else", "client_secret": "x"}])
def test_bad_credentials(desk: Desk, given: dict[str, str]) -> None:
    """One answer for all."""
    by_client(desk)
    answer = post(desk, "token/introspect", {"token": "x", **given})
    assert said(answer) == (401, "invalid_request", "Authentication failed.")


@pytest.mark.parametrize(
    ("form", "refusal"),
    [
        ("token=x&token=x", (400, "invalid_request", "duplicated parameter")),
        ("", (400, "invalid_request", "Token not provided.")),
        ("token_type_hint=x", (400, "invalid_request", "Token not provided.")),
        ("token=x&token_type_hint=x", (400, "invalid_request", "Unsupported token type [x].")),
    ],
)
def test_bad_requests(desk: Desk, form: str, refusal: tuple[int, str, str]) -> None:
    """In this order."""
    by_client(desk)
    assert said(post(desk, "token/introspect", f"client_id=app&client_secret=s3cret&{form}")) == refusal


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "requesting_party_token"])
def test_hints(desk: Desk, hint: str) -> None:
    """A known hint changes nothing."""
    token = by_password(desk)["refresh_token"]
    answer = post(desk, "token/introspect", {**CREDENTIALS, "token": token, "token_type_hint": hint})
    assert answer.data["active"] is True


def test_public_clients_may_not_ask(desk: Desk) -> None:
    """Even about their own token."""
    add_client(desk, "web", secret=None, public=True)
    answer = post(desk, "token/introspect", {"client_id": "web", "token": "x"})
    assert said(answer) == (403, "invalid_request", "Client not allowed.")


def test_disabled_realm(desk: Desk) -> None:
    """It answers nobody."""
    by_client(desk)
    accounts(desk).state.realms["woven"].enabled = False
    assert said(introspected(desk, "x")) == (403, "access_denied", "Realm not enabled")
