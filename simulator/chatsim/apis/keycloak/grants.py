"""The grants of the token endpoint. Each checks in the order of the real server's source, then issues tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from chatsim.apis.keycloak.claims import Login, issue
from chatsim.apis.keycloak.errors import OAuthError
from chatsim.apis.keycloak.forms import Form
from chatsim.apis.keycloak.scopes import granted
from chatsim.core.accounts import Client, Realm, User
from chatsim.core.api import Call
from chatsim.core.identity import Identity, service_account_name
from chatsim.core.tokens import TokenRefused


class Ask(NamedTuple):
    """A request for tokens whose client is known. `realm` and `client` may not be added yet."""

    identity: Identity
    call: Call
    form: Form
    realm: Realm
    client: Client


def client_credentials(ask: Ask) -> dict[str, Any]:
    """Issue tokens to the client itself: no session and so no refresh token, as is the default [source]."""
    client = ask.client
    if client.public:
        raise OAuthError("unauthorized_client", "Public client not allowed to retrieve service account", 401)
    if not client.service_account:
        raise OAuthError("unauthorized_client", "Client not enabled to retrieve service account", 401)
    if not client.service_account_enabled:
        raise OAuthError("invalid_request", f"User '{service_account_name(client.client_id)}' disabled", 401)
    scope = granted(ask.form.get("scope"))
    _keep(ask, None)
    return issue(ask.identity, Login(ask.call, ask.realm, client, None, scope))


def password(ask: Ask) -> dict[str, Any]:
    """Issue tokens for a user name or e-mail address and a password, and begin a session."""
    client, form = ask.client, ask.form
    if not client.direct_access_grants:
        raise OAuthError("unauthorized_client", "Client not allowed for direct access grants")
    if client.consent_required:
        raise OAuthError("invalid_client", "Client requires user consent")
    scope = granted(form.get("scope"))
    user = _user(ask, form.get("username"), form.get("password"))
    _keep(ask, user)
    session = ask.identity.new_session(ask.realm.name, user.sub, client.client_id, ask.call.now)
    return issue(ask.identity, Login(ask.call, ask.realm, client, user, scope, session))


def _user(ask: Ask, name: str | None, given: str | None) -> User:
    """Return the user who logs in: one on record, or with open accounts one made of a first contact, not yet added."""
    if name is None:
        raise OAuthError("invalid_request", "Missing parameter: username", 401)
    if name.lower() in {service_account_name(known) for known in (*ask.realm.clients, ask.client.client_id)}:
        raise OAuthError("invalid_grant", "Invalid user credentials")
    user = ask.identity.find_user(ask.realm.name, name)
    open_to_new = ask.call.world.open_accounts and bool(given)
    if user is None:
        if not (open_to_new and name) or "\0" in name:  # no database of the real server keeps one [guess]
            # 401 in older releases, 400 in the newest source; libraries tell the two apart.
            raise OAuthError("invalid_grant", "Invalid user credentials", int(ask.call.quirk("keycloak.unknown-user")))
        user = ask.identity.new_user(ask.realm.name, name)
    if not user.enabled:
        raise OAuthError("invalid_grant", "Account disabled")
    if user.password is None and open_to_new:
        user = msgspec.structs.replace(user, password=given)
    if user.password is None or given != user.password:
        raise OAuthError("invalid_grant", "Invalid user credentials", 401)
    if user.required_actions:
        raise OAuthError("invalid_grant", "Account is not fully set up")
    return user


def refresh_token(ask: Ask) -> dict[str, Any]:
    """Issue new tokens of a session. The old refresh token stays valid unless the realm says otherwise [source].

    A `scope` must be a known one and is not used to narrow the tokens: they keep the scope of the login.
    """
    identity, realm, now = ask.identity, ask.realm, ask.call.now
    token = ask.form.get("refresh_token")
    if token is None:
        raise OAuthError("invalid_request", "No refresh token")
    granted(ask.form.get("scope"))
    try:
        raw, issued = identity.look_up(token, realm.name, now)
    except TokenRefused as refused:
        text = "Token is not active" if refused.kind == "expired" else "Invalid refresh token"
        raise OAuthError("invalid_grant", text) from refused
    if issued.kind != "refresh":
        raise OAuthError("invalid_grant", "Invalid refresh token")
    if issued.client_id != ask.client.client_id:
        # Of the three texts on record this is the one of the newest source.
        text = "Invalid refresh token. Token client and authorized client don't match"
        raise OAuthError("invalid_grant", text)
    session = identity.state.sessions.get(issued.sid or "")
    if session is None:
        raise OAuthError("invalid_grant", "Session not active")
    user = identity.user_by_sub(realm.name, session.sub)
    if user is None:
        raise OAuthError("invalid_grant", "Invalid refresh token")
    if not user.enabled:
        raise OAuthError("invalid_grant", "User disabled")
    if (raw.get("iat") or 0) < realm.not_before:
        raise OAuthError("invalid_grant", "Stale token")
    if issued.revoked:
        raise OAuthError("invalid_grant", "Maximum allowed refresh token reuse exceeded")
    if realm.revoke_refresh_token:
        identity.revoke(issued)
    scope = raw["scope"] if isinstance(raw.get("scope"), str) else granted(None)
    return issue(identity, Login(ask.call, realm, ask.client, user, scope, session))


def _keep(ask: Ask, user: User | None) -> None:
    """Add what a first contact made, now that the operation succeeds."""
    identity, realm, client = ask.identity, ask.realm.name, ask.client
    known = identity.realms.get(realm)
    if known is None or known.clients.get(client.client_id) is not client:
        identity.add_client(realm, client)
        ask.call.note("client_kept", f"client {client.client_id!r} of realm {realm!r} is on record from now on")
    if user is not None and ask.realm.users.get(user.username) is not user:
        identity.add_user(realm, user)
        ask.call.note("user_kept", f"user {user.username!r} of realm {realm!r} is on record from now on")


GRANTS: Final[Mapping[str, Callable[[Ask], dict[str, Any]]]] = {
    "client_credentials": client_credentials,
    "password": password,
    "refresh_token": refresh_token,
}
