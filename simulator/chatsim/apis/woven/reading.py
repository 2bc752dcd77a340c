"""From a request to a caller and a body, as Fastify with @fastify/jwt takes one apart: head first, then the content."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from functools import lru_cache
from typing import Any, Final

from chatsim.apis.woven.ajv import coerced
from chatsim.apis.woven.errors import (
    BAD_AUTHORIZATION,
    EMPTY_BODY,
    INVALID_BODY,
    MEDIA_TYPE,
    NO_AUTHORIZATION,
    TOKEN_EXPIRED,
    TOKEN_INVALID,
    TOKEN_UNSIGNED,
    PublicClient,
    refused,
)
from chatsim.apis.woven.state import Woven
from chatsim.core.api import Call
from chatsim.core.auth import Principal
from chatsim.core.errors import ApiError, Malformed, Unauthorized, UnsupportedMediaType
from chatsim.core.http import JSON, Body, Request
from chatsim.core.json import BadJson, decode
from chatsim.core.tokens import TokenRefused

REALM: Final = "woven"
TEXT: Final = "text/plain"
"""Fastify reads two content types: JSON, and this one as a string."""

_BEARER: Final = re.compile(r"bearer\s", re.IGNORECASE)
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*")
_BOM: Final = b"\xef\xbb\xbf"


def authenticate(state: Woven, call: Call) -> Principal:
    """The client whose token the request brings; then its content type, which is refused before its size.

    Raises:
        Unauthorized, PublicClient, Malformed, UnsupportedMediaType: in this order.
    """
    token = _bearer(call.request.headers.get("Authorization", ""))
    try:
        claims = call.world.identity.verify(token, REALM, call.now)
    except TokenRefused as problem:
        call.note(f"token-{problem.kind}", str(problem))
        raise _refusal(token, problem.kind) from problem
    if claims.public:
        raise PublicClient
    _check_media_type(call.request)
    return Principal(id=claims.client_id, kind="client")


def decode_body(call: Call, body: Body) -> Any:
    """The body as the route's validator gets it; a text is a string, none at all is null.

    Raises:
        Malformed: an empty body, or one that is not JSON, where JSON is announced.
    """
    media_type = call.request.content_type
    if media_type == TEXT:
        return body.raw.decode("utf-8", "replace")
    if media_type != JSON:
        return None
    if not body.raw:
        raise refused(Malformed, EMPTY_BODY)
    coercing = call.quirk("woven.fastify-validation") == "coerce"
    try:
        value = decode(_as_node_reads(body.raw) if coercing else body.raw)
    except BadJson as problem:
        call.note("bad-json", str(problem))
        raise refused(Malformed, INVALID_BODY) from problem
    if _may_poison(body.raw) and _poisons(value):
        call.note("bad-json", "it holds a __proto__ key, or a constructor with a prototype")
        raise refused(Malformed, INVALID_BODY)
    return coerced(value) if coercing else value


@lru_cache(maxsize=1024)
def _bearer(header: str) -> str:
    """The token of the header; @fastify/jwt splits it at single spaces and wants two words."""
    if not _BEARER.match(header):
        raise refused(Unauthorized, NO_AUTHORIZATION)
    words = header.split(" ")
    if len(words) != 2 or not words[1]:
        raise refused(Malformed, BAD_AUTHORIZATION)
    return words[1]


def _refusal(token: str, kind: str) -> ApiError:
    if kind == "expired":
        return refused(Unauthorized, TOKEN_EXPIRED)
    if kind == "malformed":
        return _invalid(_malformation(token))
    if token.endswith("."):
        return refused(Unauthorized, TOKEN_UNSIGNED)
    # A token of another realm or server is signed with another key; so it looks from here.
    return _invalid("The token signature is invalid.")


def _invalid(reason: str) -> Unauthorized:
    return Unauthorized(f"Authorization token is invalid: {reason}", code=TOKEN_INVALID)


def _malformation(token: str) -> str:
    """What the platform's JWT library says of something that is no token."""
    head, _, rest = token.partition(".")
    payload, dot, _ = rest.rpartition(".")
    if not dot:
        return "The token is malformed."
    for name, segment in (("header", head), ("payload", payload)):
        if not _holds_json(segment):
            return f"The token {name} is not a valid base64url serialized JSON."
    return "The token signature is invalid."


def _holds_json(segment: str) -> bool:
    try:
        decode(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except ValueError:  # no base64, or no JSON
        return False
    return _BASE64URL.fullmatch(segment) is not None


def _check_media_type(request: Request) -> None:
    if request.content_type in (JSON, TEXT):
        return
    if "Content-Type" in request.headers or _has_body(request):
        raise refused(UnsupportedMediaType, MEDIA_TYPE)


def _has_body(request: Request) -> bool:
    return "Transfer-Encoding" in request.headers or request.headers.get("Content-Length", "0").strip("0") != ""


def _as_node_reads(raw: bytes) -> bytes:
    return raw.removeprefix(_BOM).decode("utf-8", "replace").encode()


def _may_poison(raw: bytes) -> bool:
    return b"proto" in raw or b"\\u" in raw


def _poisons(value: Any) -> bool:
    """Whether the parser refuses it, so that no key can reach the prototype of every object."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            constructor = one.get("constructor")
            if "__proto__" in one or (isinstance(constructor, dict) and "prototype" in constructor):
                return True
            waiting.extend(one.values())
    return False
