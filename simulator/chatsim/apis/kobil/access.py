"""Who may call: the tenant, the token, the service it belongs to, and the user who is written to.

The order is realm, token, content type, parse, service, user, schema [guess]; the pipeline keeps it.
"""

from __future__ import annotations

from typing import Any, Final

from chatsim.apis.kobil.errors import OtherService, RealmUnknown, UserUnknown
from chatsim.apis.kobil.forms import Form
from chatsim.apis.kobil.state import Kobil, User
from chatsim.core.api import Call
from chatsim.core.auth import Principal, bearer
from chatsim.core.errors import Unauthorized
from chatsim.core.tokens import TokenRefused

TOKENS: Final = "keycloak"
"""The API whose realms the tenants are."""


def admit(state: Kobil, call: Call) -> None:
    """The tenant of the path must be a realm, or be known for its users."""
    tenant = call.params.get("tenant")
    realms = call.world.identity.realms
    if tenant is None or tenant in realms:
        return
    if TOKENS in call.world.simulator.apis:
        call.state(TOKENS)  # a fixture's realms are there once the token server's state was asked for
    if tenant not in realms and not any(tenant in user.tenants for user in state.users.values()):
        raise RealmUnknown


def authenticate(state: Kobil, call: Call) -> Principal:
    """The client that the Bearer token was issued to. Raises Unauthorized for every fault of a token."""
    token = bearer(call.request.headers.get("Authorization", ""))
    if not token:
        raise Unauthorized("no Bearer token in Authorization")
    try:
        claims = call.world.identity.verify(token, call.params["tenant"], call.now)
    except TokenRefused as refused:
        raise Unauthorized(f"the token is not accepted: {refused}") from refused
    return Principal(id=claims.client_id, kind="client")


def authorize(state: Kobil, call: Call) -> None:
    """The service must be the token's client, the user must exist."""
    body: Any = call.body.data if isinstance(call.body, Form) else call.body
    service = body.get("serviceUuid") if isinstance(body, dict) else None
    client = call.principal.id if call.principal else ""
    if isinstance(service, str) and service != client:
        # Reported as "401/403" from the field, as 401 in the document.
        status = int(call.quirk("kobil.service-mismatch"))
        raise OtherService(f"serviceUuid {service!r} is not the token's client {client!r}", status=status)
    if not is_user(state, call, call.params["user_id"]):
        raise UserUnknown


def is_user(state: Kobil, call: Call, name: str) -> bool:
    """Whether somebody may be written to under this name: with open accounts anybody, but for a token's `sub`."""
    tenant, identity = call.params["tenant"], call.world.identity
    if identity.is_sub(tenant, name):
        return False
    known = state.user(name)
    if call.world.open_accounts or (known is not None and tenant in known.tenants):
        return True
    return identity.find_user(tenant, name) is not None


def addressee(state: Kobil, call: Call) -> User:
    """The user of the path, by any of the names that user has; made known to the tenant."""
    written, tenant = call.params["user_id"], call.params["tenant"]
    account = call.world.identity.find_user(tenant, written)
    names = [written] if account is None else [written, account.username, account.email or account.username]
    known = next((name for name in names if state.user(name) is not None), written)
    return state.add_user(known, tenant)
