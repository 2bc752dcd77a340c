"""What the tokens of a login say, and the answer that carries them."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any, Final

import msgspec

from chatsim.apis.keycloak.urls import issuer
from chatsim.core.accounts import Client, Realm, User, UserSession
from chatsim.core.api import Call
from chatsim.core.clock import SECOND
from chatsim.core.identity import Identity, service_account_name

ACCOUNT_ROLES: Final = ("manage-account", "manage-account-links", "view-profile")


class Login(msgspec.Struct, frozen=True):
    """Who gets tokens: `user` at `client`, or where that is None the client itself. `call` says when and where."""

    call: Call
    realm: Realm
    client: Client
    user: User | None
    scope: str
    session: UserSession | None = None

    @property
    def second(self) -> int:
        """Now, in seconds."""
        return self.call.now // SECOND

    @property
    def access_lifespan(self) -> int:
        """How long access and identity tokens live, in seconds."""
        own = self.realm.access_token_lifespan_s
        return own if own is not None else int(self.call.setting("keycloak.access_token_lifespan_s"))

    @property
    def refresh_lifespan(self) -> int | None:
        """How long refresh tokens live, in seconds; those of `offline_access` for ever."""
        if "offline_access" in self.scope.split():
            return None
        own = self.realm.refresh_token_lifespan_s
        return own if own is not None else int(self.call.setting("keycloak.refresh_token_lifespan_s"))


def _common(login: Login, kind: str, audience: str, lifespan: int | None) -> dict[str, Any]:
    """The claims of every token. `jti` is filled in when it is issued."""
    claims = {
        "exp": None if lifespan is None else login.second + lifespan,
        "iat": login.second,
        "jti": None,
        "iss": issuer(login.call, login.realm.name),
        "aud": audience,
        "sub": login.client.sub if login.user is None else login.user.sub,
        "typ": kind,
        "azp": login.client.client_id,
    }
    if lifespan is None:
        del claims["exp"]
    if login.session is not None:
        claims["sid"] = login.session.sid
    return claims


def person(client: Client, user: User | None) -> dict[str, Any]:
    """Who it is, as tokens and user information say it; members that nobody set are left out."""
    if user is None:
        return {"email_verified": False, "preferred_username": service_account_name(client.client_id)}
    names = [name for name in (user.first_name, user.last_name) if name]
    known = {
        "email_verified": user.email_verified,
        "name": " ".join(names),
        "preferred_username": user.username,
        "given_name": user.first_name,
        "family_name": user.last_name,
        "email": user.email,
    }
    return {name: value for name, value in known.items() if value not in (None, "")}


def access_claims(login: Login) -> dict[str, Any]:
    """The claims of the access token."""
    realm, user = login.realm.name, login.user
    roles = [f"default-roles-{realm.lower()}", "offline_access", "uma_authorization"]
    claims = {
        **_common(login, "Bearer", "account", login.access_lifespan),
        "acr": "1",
        "allowed-origins": ["/*"],
        "realm_access": {"roles": [*roles, *(user.roles if user else ())]},
        "resource_access": {"account": {"roles": list(ACCOUNT_ROLES)}},
        "scope": login.scope,
        **person(login.client, user),
    }
    if user is None:
        client_id, remote = login.client.client_id, login.call.request.remote
        # Older servers write clientId, newer ones client_id [guess]; readers look for either.
        claims |= {"clientId": client_id, "client_id": client_id, "clientHost": remote, "clientAddress": remote}
    return claims


def id_claims(login: Login, access_token: str) -> dict[str, Any]:
    """The claims of the identity token. `auth_time` is there only where somebody logged in."""
    half = sha256(access_token.encode()).digest()[:16]
    claims = _common(login, "ID", login.client.client_id, login.access_lifespan)
    if login.session is not None:
        claims["auth_time"] = login.session.started
    at_hash = urlsafe_b64encode(half).rstrip(b"=").decode()
    return {**claims, "at_hash": at_hash, "acr": "1", **person(login.client, login.user)}


def refresh_claims(login: Login) -> dict[str, Any]:
    """The claims of the refresh token, which no client is meant to read."""
    kind = "Offline" if login.refresh_lifespan is None else "Refresh"
    audience = issuer(login.call, login.realm.name)
    return {**_common(login, kind, audience, login.refresh_lifespan), "scope": login.scope}


def issue(identity: Identity, login: Login) -> dict[str, Any]:
    """Issue the tokens of a login and return the answer of the token endpoint. Only a session has a refresh token."""
    about: dict[str, Any] = {
        "realm": login.realm.name,
        "client_id": login.client.client_id,
        "sid": login.session.sid if login.session else None,
        "now": login.call.now,
    }
    access = identity.issue(access_claims(login), kind="access", **about)
    answer: dict[str, Any] = {"access_token": access, "expires_in": login.access_lifespan, "refresh_expires_in": 0}
    if login.session is not None:
        answer["refresh_expires_in"] = login.refresh_lifespan or 0
        answer["refresh_token"] = identity.issue(refresh_claims(login), kind="refresh", **about)
    answer["token_type"] = "Bearer"
    if "openid" in login.scope.split():
        answer["id_token"] = identity.issue(id_claims(login, access), kind="id", **about)
    answer["not-before-policy"] = login.realm.not_before
    if login.session is not None:
        answer["session_state"] = login.session.sid
    answer["scope"] = login.scope
    return answer
