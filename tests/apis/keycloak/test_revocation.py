"""Revocation: taking a token back."""

from __future__ import annotations

from typing import Any

import pytest
from desk import Answer, Desk
from tokendesk import accounts, add_client, by_client, by_password, introspected, post, refreshed, said

from chatsim.core.tokens import TokenRefused


def take_back(desk: Desk, token: str | None, **more: str) -> Answer:
    """Revoke as the client `app`."""
    given = {} if token is None else {"token": token}
    return post(desk, "revoke", {"client_id": "app", "client_secret": "s3cret", **given, **more})


def test_of_an_access_token(desk: Desk) -> None:
    """200 and nothing; the token counts no more, its session goes on."""
    tokens = by_password(desk)
    answer = take_back(desk, tokens["access_token"])
    assert (answer.status, answer.body, answer.bug) == (200, b"", "")
    with pytest.raises(TokenRefused, match="revoked"):
        accounts(desk).verify(tokens["access_token"], "woven", desk.time)
    assert introspected(desk, tokens["access_token"]).data == {"active": False}
    assert refreshed(desk, tokens["refresh_token"]).status == 200


def test_of_a_refresh_token(desk: Desk) -> None:
    """All sessions of the user at this client end; others go on."""
    first, second, other = by_password(desk), by_password(desk), by_password(desk, client_id="other")
    assert take_back(desk, first["refresh_token"]).status == 200
    for tokens in (first, second):
        assert said(refreshed(desk, tokens["refresh_token"]))[2] == "Session not active"
    form = {"grant_type": "refresh_token", "client_id": "other", "client_secret": "s3cret"}
    assert post(desk, "token", {**form, "refresh_token": other["refresh_token"]}).status == 200


@pytest.mark.parametrize("token", ["", "x", "a.b.c"])
def test_of_rubbish(desk: Desk, token: str) -> None:
    """200, and yet an error [source]."""
    by_client(desk)
    assert said(take_back(desk, token)) == (200, "invalid_token", "Invalid token")


def test_twice(desk: Desk) -> None:
    """The second time it is invalid already."""
    tokens = by_password(desk)
    for token in (by_client(desk)["access_token"], tokens["refresh_token"]):
        take_back(desk, token)
        assert said(take_back(desk, token)) == (200, "invalid_token", "Invalid token")


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_of_another_client(desk: Desk, kind: str) -> None:
    """It stays as it is."""
    tokens: dict[str, Any] = by_password(desk)
    add_client(desk, "other")
    answer = take_back(desk, tokens[kind], client_id="other")
    assert said(answer) == (400, "invalid_request", "Unmatching clients")
    assert introspected(desk, tokens[kind]).data["active"] is True


def test_of_an_identity_token(desk: Desk) -> None:
    """It cannot be taken back."""
    token = by_client(desk, scope="openid")["id_token"]
    assert said(take_back(desk, token)) == (400, "unsupported_token_type", "Unsupported token type")


def test_bad_requests(desk: Desk) -> None:
    """The client is checked before the token."""
    by_client(desk)
    add_client(desk, "bearer", bearer_only=True)
    assert said(take_back(desk, None)) == (400, "invalid_request", "Token not provided")
    assert said(take_back(desk, None, client_secret="x"))[:2] == (401, "unauthorized_client")
    assert said(take_back(desk, None, client_id="bearer")) == (400, "invalid_client", "Bearer-only not allowed")
    assert post(desk, "revoke", {"token": "x"}, headers={"Authorization": "x"}).body == b""


def test_by_a_public_client(desk: Desk) -> None:
    """Its id is enough for its own tokens."""
    tokens = by_password(desk, client_id="web", client_secret="")
    assert take_back(desk, tokens["access_token"], client_id="web", client_secret="").status == 200
