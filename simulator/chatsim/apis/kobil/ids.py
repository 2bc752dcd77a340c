"""KOBIL's identifiers: how they are built and what can be read out of them again.

The document only shows samples; the forms below are decoded from those [guess: every published
sample decodes to the moment of its own timestamp]. Knows no clock and no chance: both are given.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

# In ASCII order, so that strings of one width sort as the numbers they stand for.
BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
MESSAGE_ID_LENGTH: Final = 18
DEFAULT_INSTANCE_PREFIX: Final = "instance-"

_PAIRS: Final = [first + second for first in BASE62 for second in BASE62]
_DIGIT: Final = {character: value for value, character in enumerate(BASE62)}
_NS_PER_MS: Final = 1_000_000
_NS_PER_US: Final = 1_000
_SEQUENCE_BITS: Final = 32
_LOW_BITS: Final = 64
_ROUND_MS: Final = 62**MESSAGE_ID_LENGTH >> _LOW_BITS


class MessageId(NamedTuple):
    """What an 18-character identifier says: when it was made, and the 64 bits below the time."""

    at_ms: int
    low: int


def encode_message_id(parts: MessageId) -> str:
    """18 base62 characters of ``milliseconds << 64 | low``."""
    number = parts.at_ms << _LOW_BITS | parts.low
    pairs = []
    for _ in range(MESSAGE_ID_LENGTH // 2):
        number, pair = divmod(number, len(_PAIRS))
        pairs.append(_PAIRS[pair])
    if number or parts.at_ms < 0:
        raise ValueError(f"{parts.at_ms} ms does not fit into {MESSAGE_ID_LENGTH} characters")
    return "".join(reversed(pairs))


def decode_message_id(text: str) -> MessageId:
    """The inverse of `encode_message_id`; raises ValueError for anything that is no such id."""
    if len(text) != MESSAGE_ID_LENGTH:
        raise ValueError(f"{text!r} has {len(text)} characters, an id has {MESSAGE_ID_LENGTH}")
    number = 0
    for character in text:
        if character not in _DIGIT:
            raise ValueError(f"{text!r} is not base62: {character!r}")
        number = number * 62 + _DIGIT[character]
    return MessageId(number >> _LOW_BITS, number & (1 << _LOW_BITS) - 1)


def message_id(at_ms: int, sequence: int, chance: bytes) -> str:
    """A messageId or responseId of the moment ``at_ms``.

    The real one has 64 random bits below the time. Here the upper 32 of them count, so that ids of
    one frozen moment still rise in the order in which they were made; the lower 32 are ``chance``.
    In 2284 the characters are used up, and the time in them begins anew.
    """
    counted = sequence & (1 << _SEQUENCE_BITS) - 1
    return encode_message_id(
        MessageId(at_ms % _ROUND_MS, counted << _SEQUENCE_BITS | int.from_bytes(chance[:4], "big"))
    )


class MessageIds(msgspec.Struct):
    """The ids of one world: plain data, strictly rising whatever the clock does.

    A clock that was set back does not make ids fall: they keep the latest moment seen.
    """

    latest_ms: int = 0
    made: int = 0

    def next(self, now: int, chance: bytes) -> str:
        """The next id at ``now`` (nanoseconds since 1970), its tail taken from ``chance``."""
        self.latest_ms = max(self.latest_ms, now // _NS_PER_MS)
        self.made += 1
        return message_id(self.latest_ms, self.made, chance)


@lru_cache(maxsize=4096)
def conversation_id(tenant: str, service: str, user: str) -> str:
    """44 characters of standard base64, the same for everything one user and one service say.

    The samples show 32 bytes; that they are a hash of the three is a [guess].
    """
    named = f"{tenant}\0{service}\0{user}".encode("utf-8", "surrogatepass")
    return base64.b64encode(hashlib.sha256(named).digest()).decode("ascii")


def media_id(message: str, file: str) -> str:
    """Base64 of ``message:file``.

    ``message`` is the id of the message that carries the file, or of the signature request;
    ``file`` a UUID, or for a signed document a second id of the message kind.
    """
    return base64.b64encode(f"{message}:{file}".encode()).decode("ascii")


def decode_media_id(text: str) -> tuple[str, str]:
    """The message and file of a mediaId; raises ValueError for anything that is no such id."""
    try:
        decoded = base64.b64decode(text, validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"{text!r} is not a mediaId: {error}") from error
    message, separator, file = decoded.partition(":")
    if not separator:
        raise ValueError(f"{text!r} is not a mediaId: no ':' in {decoded!r}")
    return message, file


def timestamp(now: int) -> str:
    """``2022-03-22T07:23:37.812Z``: UTC, always three digits of a second."""
    seconds, rest = divmod(now, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest // _NS_PER_MS:03d}Z"


def camera_file_name(now: int, extension: str) -> str:
    """The name a picture of the phone's camera has: microseconds since 1970 (decoded from the sample)."""
    return f"{now // _NS_PER_US}.{extension}"
