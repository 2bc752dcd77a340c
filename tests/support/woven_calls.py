"""A chat message of Woven City, and tokens to send it with: what tests of that API and of the server share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from desk import Answer, Desk, Served

from chatsim.core.accounts import TokenKind

CHAT: Final = "/mini-app-runtime/v1/chat"
PROJECT: Final = "2f6c1f0e-5d0f-4b53-9a53-2f7ad0a8b001"
RESIDENT: Final = "b9a4f3de-3c43-4df1-a7a5-1f0f5a6d0e01"
MESSAGE: Final = {"message": "Hello", "woven_ids": [RESIDENT], "project_id": PROJECT}

Send = Callable[..., Answer]
"""Sends the message with members changed by name."""


def issue(
    desk: Desk | Served,
    client: str = "backend",
    *,
    realm: str = "woven",
    world: str = "default",
    kind: TokenKind = "access",
    public: bool = False,
    lifetime_s: int = 300,
) -> str:
    """A token as the token server would give it to the client."""
    universe = desk.simulator.enter(world)
    identity, now = universe.identity, universe.clock.now()
    account = identity.new_client(realm, client)
    account.public = public
    identity.add_client(realm, account)
    second = now // 1_000_000_000
    issuer = f"http://localhost:8080/auth/realms/{realm}"
    claims = {"exp": second + lifetime_s, "iat": second, "iss": issuer, "azp": client, "sub": account.sub}
    return identity.issue(claims, kind=kind, realm=realm, client_id=client, sid=None, now=now)
