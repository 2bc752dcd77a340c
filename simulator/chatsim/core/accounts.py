"""What the token server knows: realms with their clients and users, sessions, and the tokens that were issued.

Plain data, written out and read back as it stands; `identity` gives it meaning.
"""

from __future__ import annotations

from typing import Literal

import msgspec

TokenKind = Literal["access", "refresh", "id"]


class Client(msgspec.Struct):
    """A client of a realm. `sub` is the user that its service account acts as.

    One that is not public and has no secret takes the first one given, where accounts are open.
    """

    client_id: str
    sub: str
    secret: str | None = None
    public: bool = False
    enabled: bool = True
    service_account: bool = True
    service_account_enabled: bool = True
    direct_access_grants: bool = True
    bearer_only: bool = False
    consent_required: bool = False


class User(msgspec.Struct, gc=False):
    """A person who logs in with a password. `username` is lower-case, as the real server keeps it.

    One without a password takes the first one given, where accounts are open.
    """

    username: str
    sub: str
    password: str | None = None
    email: str | None = None
    email_verified: bool = False
    first_name: str | None = None
    last_name: str | None = None
    enabled: bool = True
    required_actions: list[str] = []
    roles: list[str] = []


class Realm(msgspec.Struct):
    """A tenant. The life spans are in seconds, None being the world's setting; `not_before` is in seconds of 1970."""

    name: str
    enabled: bool = True
    access_token_lifespan_s: int | None = None
    refresh_token_lifespan_s: int | None = None
    revoke_refresh_token: bool = False
    not_before: int = 0
    clients: dict[str, Client] = {}
    users: dict[str, User] = {}


class UserSession(msgspec.Struct, gc=False):
    """A login at one client. It lasts as long as its last refresh token."""

    sid: str
    realm: str
    sub: str
    client_id: str
    started: int
    expires: int


class Issued(msgspec.Struct, gc=False):
    """A token that was given out. `tail` is its end: ids begin anew after a reset, so the id alone proves nothing."""

    exp: int
    tail: str
    kind: TokenKind
    realm: str
    client_id: str
    sid: str | None = None
    expired: bool = False
    revoked: bool = False


class IdentityState(msgspec.Struct):
    """All of it. `issued` is by token id; `oldest_key` to `key` are the generations whose signatures count.

    `secret` (hex) is what refresh tokens are signed with; it goes along into a copy of the world. `furnished` says that
    the fixture's accounts were added, which happens once: what was deleted since stays away.
    """

    realms: dict[str, Realm] = {}
    sessions: dict[str, UserSession] = {}
    issued: dict[str, Issued] = {}
    key: int = 0
    oldest_key: int = 0
    secret: str = ""
    furnished: bool = False
