"""Whose call it is: the account behind a token at /chat, the owner of an API key at /v1."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64decode
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import msgspec

from chatsim.apis.m3o.errors import PlainRefusal, Refusal, is_v1
from chatsim.apis.m3o.state import M3O, Token
from chatsim.core.api import Call, Operation
from chatsim.core.auth import Principal
from chatsim.core.http import Reply
from chatsim.core.json import decode
from chatsim.core.keys import kid
from chatsim.core.tokens import TokenRefused

DEFAULT_NAMESPACE: Final = "micro"
COOKIE: Final = "micro-token"
ANY: Final = Token()
"""How a token is treated that nobody set up. It counts no calls, so it never changes."""


class Account(msgspec.Struct, frozen=True):
    """Where a caller's data is: documented calls by namespace, later ones by tenant."""

    namespace: str
    tenant: str

    @classmethod
    def of(cls, call: Call) -> Account:
        """The account of an authenticated call."""
        assert call.principal is not None
        account = call.principal.data
        assert isinstance(account, cls)
        return account


def authenticate(state: M3O, call: Call) -> Principal:
    """Ask the door that the path is behind.

    Raises:
        PlainRefusal: the unversioned gateway knows no account, or not for this. Refusal: the door of /v1 refuses.
    """
    return front_door(state, call) if is_v1(call.request.path) else unversioned(state, call)


def unversioned(state: M3O, call: Call) -> Principal:
    """The gateway of the documented calls: a Bearer token or a cookie, plain text where there is none [source]."""
    headers = call.request.headers
    token = _after("Bearer ", headers.get("Authorization", "")) or _cookie(headers.get("Cookie", ""))
    rule = _rule(state, call, token)
    wanted = headers.get("Micro-Namespace", "").strip()
    # An account of another namespace than the one that is asked for counts as none. [source]
    if rule is None or not rule.allowed or (wanted and rule.namespace and wanted != rule.namespace):
        raise PlainRefusal("unauthorized request", status=401, code="unauthorized")
    if not rule.may_chat:
        raise PlainRefusal("Forbidden request", status=403, code="forbidden")
    return _principal(token, rule.owner or token, wanted or rule.namespace or DEFAULT_NAMESPACE)


def front_door(state: M3O, call: Call) -> Principal:
    """The door of /v1, its checks in the real order: credentials, block, scope, rate [source]."""
    token = _key(call)
    rule = _rule(state, call, token)
    if rule is None:
        raise Refusal("Unauthorized", status=401, code="v1")
    if not rule.allowed:
        raise Refusal(f"Request blocked. {rule.reason}".strip(), status=403, code="v1.blocked")
    if not rule.may_chat:
        raise Refusal("Request blocked. Insufficient privileges", status=403, code="v1.blocked")
    if not rule.spend(call.now):
        raise Refusal("Too Many Requests", status=429, code="v1.blocked")
    return _principal(token, rule.owner or token, rule.namespace or DEFAULT_NAMESPACE)


def behind_door(operation: Operation) -> Operation:
    """An operation for which the door of /v1 is asked first: a plain call of a path whose upgrade it lets pass."""

    def ask_and_do(state: M3O, call: Call) -> Reply:
        call.principal = front_door(state, call)
        return operation(state, call)

    return ask_and_do


def _key(call: Call) -> str:
    """An API key: Bearer, the password of Basic, or, as browsers must, the first sub-protocol of a handshake."""
    headers = call.request.headers
    authorization = headers.get("Authorization", "")
    if not authorization:
        return headers.get("Sec-WebSocket-Protocol", "").partition(",")[0].strip()
    return _after("Bearer ", authorization) or _password(_after("Basic ", authorization))


def _after(scheme: str, header: str) -> str:
    return header.removeprefix(scheme).strip() if header.startswith(scheme) else ""


def _password(basic: str) -> str:
    try:
        return b64decode(basic, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def _cookie(header: str) -> str:
    pairs = (pair.partition("=") for pair in header.split(";"))
    return next((value.strip() for name, _, value in pairs if name.strip() == COOKIE), "")


def _rule(state: M3O, call: Call, token: str) -> Token | None:
    """How a token is treated; None where it is refused: none, a bad one of ours, one that should be listed."""
    if not token:
        return None
    if (known := state.tokens.get(token)) is not None:
        return known
    if token.startswith("eyJ"):  # the beginning of a JSON object in base64
        try:
            claims = call.world.identity.verify(token, None, call.now)
            return Token(owner=f"{claims.realm}/{claims.sub}", namespace=claims.realm)
        except TokenRefused:
            if _is_ours(call, token):
                return None
    return ANY if call.world.open_accounts else None


def _is_ours(call: Call, token: str) -> bool:
    """Whether a token claims a key that this simulator has had; one of a real service is any opaque text."""
    try:
        head = decode(urlsafe_b64decode(token.partition(".")[0] + "=="))
    except ValueError:
        return False
    keys = {kid(number) for number in range(call.world.identity.state.key + 1)}
    return isinstance(head, dict) and head.get("kid") in keys


@lru_cache(maxsize=1024)
def _principal(token: str, owner: str, namespace: str) -> Principal:
    """The caller. The journal shows a hash of the token, never the token."""
    shown = blake2b(token.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return Principal(id=f"token-{shown}", kind="account", data=Account(namespace, owner))
