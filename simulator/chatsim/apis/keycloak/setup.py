"""What a test sets up: realms with their clients and users, and the three triggers that act on tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import msgspec

from chatsim.apis.keycloak.claims import Login, access_claims, id_claims, refresh_claims
from chatsim.core.accounts import Client, Realm, TokenKind, User
from chatsim.core.api import Call, Collection, Trigger
from chatsim.core.http import Reply
from chatsim.core.identity import Identity
from chatsim.core.world import World

REALM_MEMBERS: Final = (
    "enabled",
    "access_token_lifespan_s",
    "refresh_token_lifespan_s",
    "revoke_refresh_token",
    "not_before",
)


def state(world: World, fixture: Mapping[str, Any], now: int) -> Identity:
    """The accounts of a world are the state of this API; a fixture's `realms` hold their `clients` and `users`."""
    identity = world.identity
    realms = {} if identity.state.furnished else fixture.get("realms", {})
    identity.state.furnished = True
    for name, body in realms.items():
        _put_realm(identity, name, {key: value for key, value in body.items() if key not in ("clients", "users")})
        for client_id, client in body.get("clients", {}).items():
            _put_client(identity, name, client_id, client)
        for username, user in body.get("users", {}).items():
            _put_user(identity, name, username, user)
    return identity


MINTED: Final[Mapping[str, Callable[[Login], dict[str, Any]]]] = {
    "access": access_claims,
    "refresh": refresh_claims,
    "id": partial(id_claims, access_token=""),
}


# Realms


def _put_realm(identity: Identity, name: str, body: Mapping[str, Any]) -> Realm:
    realm, fresh = identity.add_realm(name), Realm(name)
    for member in REALM_MEMBERS:
        value = body.get(member, getattr(fresh, member))
        setattr(realm, member, int(value) if isinstance(value, float) else value)  # JSON's 60.0 is an integer too
    identity.forget_tokens()
    return realm


def _show_realm(realm: Realm) -> dict[str, Any]:
    return {"realm": realm.name, **{member: getattr(realm, member) for member in REALM_MEMBERS}}


def put_realm(identity: Identity, call: Call) -> tuple[bool, Any]:
    """Make a realm, or change what it says of itself; its clients and users stay."""
    name = call.params["realm"]
    made = name not in identity.realms
    return made, _show_realm(_put_realm(identity, name, call.body or {}))


def get_realm(identity: Identity, call: Call) -> Any:
    """One realm."""
    realm = identity.realms.get(call.params["realm"])
    return None if realm is None else _show_realm(realm)


def delete_realm(identity: Identity, call: Call) -> bool:
    """Remove a realm with its clients, users, sessions and tokens."""
    return identity.remove_realm(call.params["realm"])


def list_realms(identity: Identity, call: Call) -> list[Any]:
    """All realms."""
    return [_show_realm(realm) for realm in identity.realms.values()]


# Clients


def _put_client(identity: Identity, realm: str, client_id: str, body: Mapping[str, Any]) -> Client:
    client = identity.new_client(realm, client_id)
    client.secret = body.get("secret")
    client.public = body.get("public", client.secret is None)
    client.service_account = body.get("service_account", not client.public)
    for member in ("enabled", "service_account_enabled", "direct_access_grants", "bearer_only", "consent_required"):
        setattr(client, member, body.get(member, getattr(client, member)))
    identity.add_client(realm, client)
    return client


def put_client(identity: Identity, call: Call) -> tuple[bool, Any]:
    """Make a client, or replace it; its realm comes into being with it."""
    realm, client_id = call.params["realm"], call.params["client_id"]
    made = realm not in identity.realms or client_id not in identity.realms[realm].clients
    return made, msgspec.to_builtins(_put_client(identity, realm, client_id, call.body or {}))


def get_client(identity: Identity, call: Call) -> Any:
    """One client, its secret included."""
    realm = identity.realms.get(call.params["realm"])
    client = realm.clients.get(call.params["client_id"]) if realm else None
    return None if client is None else msgspec.to_builtins(client)


def delete_client(identity: Identity, call: Call) -> bool:
    """Remove a client and its sessions."""
    return identity.remove_client(call.params["realm"], call.params["client_id"])


def list_clients(identity: Identity, call: Call) -> list[Any]:
    """The clients of a realm."""
    realm = identity.realms.get(call.params["realm"])
    return [msgspec.to_builtins(client) for client in realm.clients.values()] if realm else []


# Users


def _put_user(identity: Identity, realm: str, username: str, body: Mapping[str, Any]) -> User:
    user = identity.new_user(realm, username)
    for member in ("password", "email", "email_verified", "first_name", "last_name", "enabled"):
        setattr(user, member, body.get(member, getattr(user, member)))
    user.required_actions = list(body.get("required_actions", ()))
    user.roles = list(body.get("roles", ()))
    identity.add_user(realm, user)
    return user


def put_user(identity: Identity, call: Call) -> tuple[bool, Any]:
    """Make a user, or replace it; its realm comes into being with it."""
    realm, username = call.params["realm"], call.params["username"]
    made = realm not in identity.realms or username.lower() not in identity.realms[realm].users
    return made, msgspec.to_builtins(_put_user(identity, realm, username, call.body or {}))


def get_user(identity: Identity, call: Call) -> Any:
    """One user, its password included."""
    realm = identity.realms.get(call.params["realm"])
    user = realm.users.get(call.params["username"].lower()) if realm else None
    return None if user is None else msgspec.to_builtins(user)


def delete_user(identity: Identity, call: Call) -> bool:
    """Remove a user and the user's sessions."""
    return identity.remove_user(call.params["realm"], call.params["username"].lower())


def list_users(identity: Identity, call: Call) -> list[Any]:
    """The users of a realm."""
    realm = identity.realms.get(call.params["realm"])
    return [msgspec.to_builtins(user) for user in realm.users.values()] if realm else []


# Triggers


def expire_tokens(identity: Identity, call: Call) -> Reply:
    """Mark issued tokens as expired; those of later live as usual."""
    body = call.body or {}
    kinds: tuple[TokenKind, ...] = ("access", "id", "refresh") if body.get("refresh_tokens") else ("access", "id")
    return Reply(body={"expired": identity.expire(kinds, body.get("realm"), body.get("client_id"))})


def rotate_keys(identity: Identity, call: Call) -> Reply:
    """Sign with the next key from now on."""
    return Reply(body={"kid": identity.rotate(keep_old=(call.body or {}).get("keep_old", False))})


def mint(identity: Identity, call: Call) -> Reply:
    """Issue a token with any claims. Only a refresh token brings something into being besides: its session."""
    body = call.body
    name, kind, username = body["realm"], body.get("kind", "access"), body.get("username")
    realm = identity.realms.get(name) or Realm(name)
    client = realm.clients.get(body["client_id"]) or identity.new_client(name, body["client_id"])
    user = None
    if username is not None:
        user = identity.find_user(name, username) or identity.new_user(name, username)
    session = None
    if kind == "refresh":
        session = identity.new_session(name, user.sub if user else client.sub, client.client_id, call.now)
    login = Login(call, realm, client, user, "openid profile email" if kind == "id" else "profile email", session)
    claims = {**MINTED[kind](login), **body.get("claims", {})}
    claims = {member: value for member, value in claims.items() if value is not None or member == "jti"}
    sid = session.sid if session else None
    token = identity.issue(claims, kind=kind, realm=name, client_id=client.client_id, sid=sid, now=call.now)
    return Reply(body={"token": token})


COLLECTIONS: Final = (
    Collection(
        path="realms/{realm}",
        title="Realms",
        schema="sim-realms",
        put=put_realm,
        get=get_realm,
        delete=delete_realm,
        list=list_realms,
    ),
    Collection(
        path="realms/{realm}/clients/{client_id}",
        title="Clients of a realm",
        schema="sim-clients",
        put=put_client,
        get=get_client,
        delete=delete_client,
        list=list_clients,
    ),
    Collection(
        path="realms/{realm}/users/{username}",
        title="Users of a realm",
        schema="sim-users",
        put=put_user,
        get=get_user,
        delete=delete_user,
        list=list_users,
    ),
)

TRIGGERS: Final = (
    Trigger(
        name="expire-tokens",
        title="Mark the tokens issued so far as expired",
        schema="sim-expire-tokens",
        run=expire_tokens,
    ),
    Trigger(name="rotate-keys", title="Sign with the next key", schema="sim-rotate-keys", run=rotate_keys),
    Trigger(name="mint", title="Issue a token with any claims", schema="sim-mint", run=mint),
)
