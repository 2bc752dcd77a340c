"""What the token server answers about tokens: it issues, explains and takes them back, and ends their sessions."""

from __future__ import annotations

from typing import Any, Final

from chatsim.apis.keycloak.claims import person
from chatsim.apis.keycloak.clients import authenticate_client
from chatsim.apis.keycloak.errors import NO_STORE, OAuthError, header_text
from chatsim.apis.keycloak.forms import Form
from chatsim.apis.keycloak.grants import GRANTS, Ask
from chatsim.apis.keycloak.realms import enabled_realm
from chatsim.core.accounts import Client, Issued, Realm, User
from chatsim.core.api import Call
from chatsim.core.errors import ApiError
from chatsim.core.http import Reply
from chatsim.core.identity import Identity, service_account_name
from chatsim.core.tokens import TokenRefused

HINTS: Final = ("access_token", "refresh_token", "requesting_party_token")


def issue_token(identity: Identity, call: Call) -> Reply:
    """The token endpoint. The order of its checks is the real one [source]; so a missing grant_type wins over a wrong
    secret, and a wrong secret over duplicates.
    """
    form: Form = call.body
    realm = enabled_realm(identity, call)
    grant_type = form.get("grant_type")
    if grant_type is None:
        raise OAuthError("invalid_request", "Missing form parameter: grant_type")
    grant = GRANTS.get(grant_type)
    if grant is None:
        raise OAuthError("unsupported_grant_type", "Unsupported grant_type")
    client = authenticate_client(identity, call, form, may_be_new=call.world.open_accounts)
    if client.bearer_only:
        raise OAuthError("invalid_client", "Bearer-only not allowed")
    if form.repeated:
        raise OAuthError("invalid_request", "duplicated parameter")
    return Reply(body=grant(Ask(identity, call, form, realm, client)), headers=NO_STORE)


def tell_user(identity: Identity, call: Call) -> Reply:
    """User information: who the access token is about."""
    realm = enabled_realm(identity, call)
    token = _bearer(call)
    if token is None and call.body is not None:
        token = call.body.get("access_token")
    if token is None:
        raise OAuthError("invalid_request", "Token not provided", int(call.quirk("keycloak.userinfo-without-token")))
    try:
        raw, issued = identity.look_up(token, realm.name, call.now)
    except TokenRefused as refused:
        raise _refuse_bearer(realm, "Token verification failed") from refused
    if issued.kind != "access" or issued.revoked or (raw.get("iat") or 0) < realm.not_before:
        raise _refuse_bearer(realm, "Token verification failed")
    scopes = str(raw.get("scope", "")).split()
    if call.quirk("keycloak.userinfo-scope") == "openid" and "openid" not in scopes:
        raise _refuse_bearer(realm, "Missing openid scope", "insufficient_scope", 403)
    client = realm.clients.get(issued.client_id)
    if client is None:
        raise OAuthError("invalid_request", "Client not found")
    if not client.enabled:
        raise OAuthError("invalid_request", "Client disabled")
    if not identity.session_active(issued):
        # Afterwards an access token still verifies elsewhere, but this server knows better [source].
        raise _refuse_bearer(realm, "User session not found or doesn't have client attached on it")
    call.entry.principal = client.client_id
    user = identity.user_by_sub(realm.name, str(raw.get("sub")))
    if user is None and raw.get("sub") != client.sub:
        raise OAuthError("invalid_request", "User not found")
    if not _enabled(client, user):
        raise _refuse_bearer(realm, "User disabled")  # the text is remembered [guess]
    return Reply(body={"sub": raw["sub"], **person(client, user)})


def _enabled(client: Client, user: User | None) -> bool:
    """Whether the user, or where there is none the client's service account, may act."""
    return client.service_account_enabled if user is None else user.enabled


def _bearer(call: Call) -> str | None:
    scheme, _, token = call.request.headers.get("Authorization", "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _refuse_bearer(realm: Realm, text: str, code: str = "invalid_token", status: int = 401) -> OAuthError:
    challenge = f'Bearer realm="{header_text(realm.name)}", error="{code}", error_description="{text}"'
    return OAuthError(code, text, status, {"WWW-Authenticate": challenge})


def introspect(identity: Identity, call: Call) -> Reply:
    """Say whether a token counts. Whatever is wrong with the caller's credentials has one answer [source]."""
    form: Form = call.body
    realm = enabled_realm(identity, call)
    try:
        client = authenticate_client(identity, call, form)
    except ApiError as error:
        raise OAuthError("invalid_request", "Authentication failed.", 401) from error
    if client.public:
        raise OAuthError("invalid_request", "Client not allowed.", 403)
    if form.repeated:
        raise OAuthError("invalid_request", "duplicated parameter")
    token, hint = form.get("token"), form.get("token_type_hint", HINTS[0])
    if token is None:
        raise OAuthError("invalid_request", "Token not provided.")
    if hint not in HINTS:
        raise OAuthError("invalid_request", f"Unsupported token type [{hint}].")
    try:
        raw, issued = identity.look_up(token, realm.name, call.now)
    except TokenRefused:
        return Reply(body={"active": False}, headers=NO_STORE)
    body = _active(identity, realm, raw, issued)
    return Reply(body={"active": False} if body is None else body, headers=NO_STORE)


def _active(identity: Identity, realm: Realm, raw: dict[str, Any], issued: Issued) -> dict[str, Any] | None:
    """What is said of a token that counts: access and refresh tokens do, while session, user and client do."""
    client: Client | None = realm.clients.get(issued.client_id)
    if client is None or not client.enabled or issued.kind == "id" or issued.revoked:
        return None
    if not identity.session_active(issued) or (raw.get("iat") or 0) < realm.not_before:
        return None
    user = identity.user_by_sub(realm.name, str(raw.get("sub")))
    if (user is None and raw.get("sub") != client.sub) or not _enabled(client, user):
        return None
    username = service_account_name(client.client_id) if user is None else user.username
    kind = "Bearer" if issued.kind == "access" else "Refresh"
    return {**raw, "client_id": client.client_id, "username": username, "token_type": kind, "active": True}


def revoke(identity: Identity, call: Call) -> Reply:
    """Take a token back. A refresh token takes all sessions of its user at its client with it [source]."""
    form: Form = call.body
    realm = enabled_realm(identity, call)
    client = authenticate_client(identity, call, form)
    if client.bearer_only:
        raise OAuthError("invalid_client", "Bearer-only not allowed")
    token = form.get("token")
    if token is None:
        raise OAuthError("invalid_request", "Token not provided")
    try:
        _, issued = identity.look_up(token, realm.name, call.now)
    except TokenRefused as refused:
        raise OAuthError("invalid_token", "Invalid token", 200) from refused
    if issued.kind == "id":
        raise OAuthError("unsupported_token_type", "Unsupported token type")
    if issued.client_id != client.client_id:
        raise OAuthError("invalid_request", "Unmatching clients")
    if issued.revoked or not identity.session_active(issued):
        raise OAuthError("invalid_token", "Invalid token", 200)
    session = identity.state.sessions.get(issued.sid or "")
    if issued.kind == "refresh" and session is not None:
        identity.end_sessions_of(session)
    else:
        identity.revoke(issued)
    return Reply()


def end_session(identity: Identity, call: Call) -> Reply:
    """Log out by refresh token. An expired one will do, and a session that is gone already is no error [source]."""
    form: Form = call.body
    realm = enabled_realm(identity, call)
    client = authenticate_client(identity, call, form)
    token = form.get("refresh_token")
    if token is None:
        raise OAuthError("invalid_request", "No refresh token")
    try:
        _, issued = identity.look_up(token, realm.name, call.now, expired_too=True)
    except TokenRefused as refused:
        raise OAuthError("invalid_grant", "Invalid refresh token") from refused
    if issued.kind != "refresh":
        raise OAuthError("invalid_grant", "Invalid refresh token")
    if issued.client_id != client.client_id:
        text = "Invalid refresh token. Token client and authorized client don't match"
        raise OAuthError("invalid_grant", text)
    if issued.sid is not None:
        identity.end_session(issued.sid)
    return Reply(status=204)
