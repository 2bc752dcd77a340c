"""Airy's two kinds of token, both JWTs signed with one symmetric key: for a conversation now, and to resume it later.

Nothing is recorded: a token is good if this world's key signed it, it is of the right kind, and it has not run out;
in a copy of a world also if that world's key signed it before.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from chatsim.apis.airy.state import canonical
from chatsim.core.clock import SECOND
from chatsim.core.tokens import TokenRefused, check_time, read, sign

if TYPE_CHECKING:
    from chatsim.apis.airy.keyring import Former
    from chatsim.apis.airy.state import Airy
    from chatsim.core.world import World

MAX_PASSES: Final = 10_000
FOREVER_S: Final = 253_402_300_799  # the last second of the year 9999


class Visitor(msgspec.Struct, frozen=True):
    """Whom a token speaks for: a conversation, which need not have begun yet, in a channel."""

    conversation_id: str
    channel_id: str


class Kind(msgspec.Struct, frozen=True):
    """One kind of token: the names of its claims and the setting that says how long it lives."""

    conversation_claim: str
    channel_claim: str
    lifetime: str


AUTH: Final = Kind("conversation_id", "channel_id", "airy.token_lifetime_s")
RESUME: Final = Kind("resume_conversation_id", "resume_channel_id", "airy.resume_token_lifetime_s")


class Pass(msgspec.Struct, frozen=True):
    """A token that was checked: whom it speaks for, until when (nanoseconds), and under which key setting."""

    visitor: Visitor
    expires: int
    secret: str | None


def problem_of_secret(secret: str) -> str:
    """What is wrong with a value of `airy.jwt_secret`, empty if nothing is."""
    try:
        return "" if decode_secret(secret) else "an empty key signs nothing; an example is c2VjcmV0"
    except ValueError:
        return f"{secret!r} is not base64; an example is c2VjcmV0"


def decode_secret(secret: str) -> bytes:
    """[source] The key is configured as base64; here its padding may be missing.

    Raises:
        ValueError: it is not base64.
    """
    standard = secret.replace("+", "-").replace("/", "_").rstrip("=")
    if not standard.isascii() or not standard.replace("-", "").replace("_", "").isalnum():
        raise ValueError(secret)
    return urlsafe_b64decode(standard + "=" * (-len(standard) % 4))


def key(airy: Airy, world: World) -> bytes:
    """The key of a world: its own, or the one set by hand, which other worlds may share."""
    secret: str | None = world.setting("airy.jwt_secret")
    return airy.key if secret is None else decode_secret(secret)


def mint(airy: Airy, world: World, kind: Kind, visitor: Visitor, now: int) -> str:
    """A new token, good from `now` on. [source] Its head names the algorithm and nothing else."""
    issued = now // SECOND
    claims = {
        kind.conversation_claim: visitor.conversation_id,
        kind.channel_claim: visitor.channel_id,
        "sub": visitor.conversation_id,
        "iat": issued,
        "exp": issued + world.setting(kind.lifetime),
    }
    return sign(claims, key(airy, world), "HS256", typ=None)


def visitor_of(airy: Airy, world: World, kind: Kind, token: str, now: int) -> tuple[Visitor, int]:
    """Whom a token of this kind speaks for, and until when.

    Raises:
        TokenRefused: malformed, signed with another key or by another world afterwards, run out, or of the other kind.
    """
    claims, former = _read(airy, world, token)
    check_time(claims, now)
    conversation, channel, end = (claims.get(name) for name in (kind.conversation_claim, kind.channel_claim, "exp"))
    if not isinstance(conversation, str) or not isinstance(channel, str):
        # [source] The real service takes the wrong kind and is deaf afterwards; a refusal says what is wrong.
        raise TokenRefused("foreign")
    # An agent may have named both for a resume token, in any spelling.
    visitor = Visitor(canonical(conversation), canonical(channel))
    if former is not None and not _known(airy, world, former, claims.get("iat"), visitor):
        raise TokenRefused("foreign")
    return visitor, int(min(FOREVER_S if end is None else end, FOREVER_S) * SECOND)


def _read(airy: Airy, world: World, token: str) -> tuple[dict[str, Any], Former | None]:
    """The claims of a token, and the former key that it was signed with, if any."""
    try:
        return read(token, key(airy, world), "HS256"), None
    except TokenRefused as refused:
        if refused.kind != "signature" or world.setting("airy.jwt_secret") is not None:
            raise
        for former in reversed(airy.formers):
            with suppress(TokenRefused):
                return read(token, bytes.fromhex(former.secret), "HS256"), former
        raise


def _known(airy: Airy, world: World, former: Former, issued: Any, visitor: Visitor) -> bool:
    """Whether a former key signed for the visitor before it went out of use.

    With the clock of a test nothing tells before from after within a second but the conversation: one that was not
    known then is the other world's.
    """
    if not isinstance(issued, int) or issued > former.until:
        return False
    if former.secret not in airy.known:
        airy.known[former.secret] = former.conversations(world.ids)
    return visitor.conversation_id in airy.known[former.secret]


def check_auth(airy: Airy, world: World, token: str, now: int) -> Visitor:
    """Whom an auth token speaks for; what was checked lately is not checked again.

    Raises:
        TokenRefused: as `visitor_of`.
    """
    secret: str | None = world.setting("airy.jwt_secret")
    known = airy.passes.get(token)
    if known is not None and known.secret == secret:
        if now >= known.expires:
            raise TokenRefused("expired")
        return known.visitor
    visitor, expires = visitor_of(airy, world, AUTH, token, now)
    if len(airy.passes) >= MAX_PASSES:
        airy.passes.clear()
    airy.passes[token] = Pass(visitor, expires, secret)
    return visitor
