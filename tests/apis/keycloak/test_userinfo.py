"""User information: whom an access token is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from desk import Answer, Desk
from tokendesk import accounts, add_client, add_user, by_client, by_password, claims, oidc, post, said, trigger

CHALLENGE = 'Bearer realm="woven", error="invalid_token", error_description="Token verification failed"'


def ask(desk: Desk, token: str, realm: str = "woven") -> Answer:
    """Ask with a token in the header."""
    return desk.ask("GET", oidc("userinfo", realm), token=token)


def test_of_a_user(desk: Desk) -> None:
    """As much as is known, under the `sub` of the tokens."""
    add_user(desk, email="ann@x.org", first_name="Ann", last_name="Lee")
    tokens = by_password(desk, scope="openid")
    answer = ask(desk, tokens["access_token"])
    assert answer.bug == ""
    assert answer.data == {
        "sub": claims(tokens["id_token"])["sub"],
        "email_verified": False,
        "name": "Ann Lee",
        "preferred_username": "ann",
        "given_name": "Ann",
        "family_name": "Lee",
        "email": "ann@x.org",
    }


def test_of_a_client(desk: Desk) -> None:
    """Its service account."""
    token = by_client(desk)["access_token"]
    assert ask(desk, token).data == {
        "sub": claims(token)["sub"],
        "email_verified": False,
        "preferred_username": "service-account-app",
    }


def test_by_post(desk: Desk) -> None:
    """With the token in the header or in the form, the header first; another body is passed over."""
    token = by_client(desk)["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert post(desk, "userinfo", {"access_token": token}).status == 200
    assert post(desk, "userinfo", {"access_token": "x"}, headers=bearer).status == 200
    assert desk.ask("POST", oidc("userinfo"), token=token).status == 200
    assert desk.ask("POST", oidc("userinfo"), {"access_token": "x"}, token=token).status == 200


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer  ", "Basic YTpi", "x"])
def test_no_token(desk: Desk, header: str | None) -> None:
    """A header without a token is none."""
    accounts(desk).add_realm("woven")
    answer = desk.ask("GET", oidc("userinfo"), headers={} if header is None else {"Authorization": header})
    assert said(answer) == (400, "invalid_request", "Token not provided")


def test_refused_tokens(desk: Desk) -> None:
    """Rubbish, other kinds, expired and revoked ones, and those of another realm: one answer, with a challenge."""
    tokens = by_password(desk, scope="openid")
    foreign = by_client(desk, "tenant")["access_token"]
    revoked = by_client(desk)["access_token"]
    accounts(desk).revoke(accounts(desk).look_up(revoked, "woven", desk.time)[1])
    expired = by_client(desk)["access_token"]
    trigger(desk, "expire-tokens", {"realm": "woven"})
    for token in ("x", tokens["id_token"], tokens["refresh_token"], foreign, revoked, expired):
        answer = ask(desk, token)
        assert said(answer) == (401, "invalid_token", "Token verification failed")
        assert answer.headers["WWW-Authenticate"] == CHALLENGE


def test_not_before(desk: Desk) -> None:
    """A token from before is refused."""
    token = by_client(desk)["access_token"]
    accounts(desk).state.realms["woven"].not_before = desk.time // 10**9 + 1
    assert ask(desk, token).status == 401


def test_after_logging_out(desk: Desk) -> None:
    """The session is gone, though the token still verifies elsewhere."""
    tokens = by_password(desk)
    accounts(desk).end_session(tokens["session_state"])
    text = "User session not found or doesn't have client attached on it"
    assert said(ask(desk, tokens["access_token"])) == (401, "invalid_token", text)


def test_client_and_user_must_be_there(desk: Desk) -> None:
    """A minted token may be about nobody."""
    accounts(desk).add_realm("woven")
    mint = {"realm": "woven", "client_id": "app", "username": "ghost"}
    token = trigger(desk, "mint", mint)["token"]
    assert said(ask(desk, token)) == (400, "invalid_request", "Client not found")
    client = add_client(desk, enabled=False)
    assert said(ask(desk, token)) == (400, "invalid_request", "Client disabled")
    client.enabled = True
    assert said(ask(desk, token)) == (400, "invalid_request", "User not found")


@pytest.mark.parametrize("get", [by_client, by_password])
def test_disabled_user(desk: Desk, get: Callable[[Desk], dict[str, Any]]) -> None:
    """A person, or a client's service account."""
    client, user = add_client(desk), add_user(desk)
    token = get(desk)["access_token"]
    client.service_account_enabled = user.enabled = False
    assert said(ask(desk, token)) == (401, "invalid_token", "User disabled")


def test_disabled_realm(desk: Desk) -> None:
    """It answers nobody."""
    token = by_client(desk)["access_token"]
    accounts(desk).state.realms["woven"].enabled = False
    assert said(ask(desk, token)) == (403, "access_denied", "Realm not enabled")
