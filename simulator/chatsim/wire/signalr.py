"""The JSON hub protocol of ASP.NET Core SignalR, without input or output.

Knows the handshake, the record separator and the message kinds; knows no hub, no method and no
socket. Sentences in quotation marks are from the protocol's own description, "SignalR Hub Protocol".
"""

from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import Any, Final, TypeVar

import msgspec

SEPARATOR: Final = b"\x1e"
RECORD_LIMIT: Final = 32 * 1024
"""Bytes of one record; ASP.NET Core's MaximumReceiveMessageSize has the same default."""
PING_INTERVAL_S: Final = 15.0
PROTOCOL: Final = "json"
VERSION: Final = 1


T = TypeVar("T")


class ProtocolError(Exception):
    """The other side broke the protocol; the connection cannot go on."""


class LocalProtocolError(Exception):
    """This side tried to send what the protocol does not allow now."""


class Handshake(msgspec.Struct, frozen=True):
    """A client's first record: the protocol that it wants to speak."""

    protocol: str
    version: int

    def refusal(self) -> str | None:
        """The error text for a protocol that is not spoken here, or None."""
        if self.protocol != PROTOCOL:
            return f"The protocol '{self.protocol}' is not supported."
        if self.version != VERSION:
            return f"The server does not support version {self.version} of the 'json' protocol."
        return None


class HandshakeReply(msgspec.Struct, frozen=True):
    """A server's first record; with an error the connection ends."""

    error: str | None = None


class Invocation(msgspec.Struct, frozen=True):
    """A call of a method of the other side; without an id no completion is wanted."""

    target: str
    arguments: tuple[Any, ...]
    invocation_id: str | None = None


class StreamItem(msgspec.Struct, frozen=True):
    """One value of a streaming call."""

    invocation_id: str
    item: Any


class Completion(msgspec.Struct, frozen=True):
    """The end of a call: a result (None where there is none) or an error."""

    invocation_id: str
    result: Any = None
    error: str | None = None


class StreamInvocation(msgspec.Struct, frozen=True):
    """A call whose answer is a stream of items."""

    target: str
    arguments: tuple[Any, ...]
    invocation_id: str


class CancelInvocation(msgspec.Struct, frozen=True):
    """The caller no longer wants the items of a streaming call."""

    invocation_id: str


class Ping(msgspec.Struct, frozen=True):
    """A sign of life."""


class Close(msgspec.Struct, frozen=True):
    """The last message of a side."""

    error: str | None = None
    allow_reconnect: bool = False


Message = Invocation | StreamItem | Completion | StreamInvocation | CancelInvocation | Ping | Close
Event = Handshake | HandshakeReply | Message


class Role(Enum):
    """Which end of the connection this is."""

    CLIENT = auto()
    SERVER = auto()


class Phase(Enum):
    """How far one direction of the connection has come."""

    OPENING = auto()
    OPEN = auto()
    CLOSED = auto()


OPENERS: Final[dict[Role, type[Handshake] | type[HandshakeReply]]] = {
    Role.CLIENT: Handshake,
    Role.SERVER: HandshakeReply,
}
"""What each role sends first, and once."""

OTHER: Final = {Role.CLIENT: Role.SERVER, Role.SERVER: Role.CLIENT}


class Connection:
    """One connection: `feed` takes bytes in, `events` gives events out, `send` turns one into bytes."""

    def __init__(self, role: Role, *, record_limit: int = RECORD_LIMIT) -> None:
        self.role = role
        self.receiving = Phase.OPENING
        self.sending = Phase.OPENING
        self._record_limit = record_limit
        self._buffer = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> None:
        """Take bytes in, cut anywhere. They are judged when `events` is asked."""
        if self.receiving is not Phase.CLOSED:
            self._buffer += data

    def events(self) -> Iterator[Event]:
        """Every event that is complete by now; ProtocolError where the peer broke a rule.

        Events before the broken one are given out first, however the bytes were cut.
        """
        while self.receiving is not Phase.CLOSED and (record := self._next_record()) is not None:
            try:
                event = self._judge(record)
            except ProtocolError:
                self.receiving = Phase.CLOSED
                raise
            yield event

    def send(self, event: Event) -> bytes:
        """The bytes of one event; LocalProtocolError where it is not its turn."""
        opener = OPENERS[self.role]
        if self.sending is Phase.CLOSED:
            raise LocalProtocolError(f"{type(event).__name__} after this side closed")
        if self.sending is Phase.OPENING:
            if not isinstance(event, opener):
                raise LocalProtocolError(f"{opener.__name__} goes first, not {type(event).__name__}")
            # "The server must reply to the handshake request": there is nothing to reply to yet.
            if self.role is Role.SERVER and self.receiving is Phase.OPENING:
                raise LocalProtocolError("the client has not sent its handshake")
        elif isinstance(event, Handshake | HandshakeReply):
            raise LocalProtocolError(f"{type(event).__name__} is sent once")
        self.sending = _after(event)
        return encode(event)

    def _next_record(self) -> bytes | None:
        end = self._buffer.find(SEPARATOR, self._searched)
        size = len(self._buffer) if end < 0 else end
        if size > self._record_limit:
            self.receiving = Phase.CLOSED
            raise ProtocolError(f"a record is longer than {self._record_limit} bytes")
        if end < 0:
            self._searched = size
            return None
        record = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        return record

    def _judge(self, record: bytes) -> Event:
        opener = OPENERS[OTHER[self.role]]
        value = _parse(record)
        event: Event
        if self.receiving is Phase.OPENING:
            event = _decode_handshake(value) if opener is Handshake else _decode_handshake_reply(value)
        else:
            event = _decode_message(value)
        self.receiving = _after(event)
        return event


def encode(event: Event) -> bytes:
    """The record of one event, with its separator; may be sent to any number of peers."""
    return msgspec.json.encode(_ENCODERS[type(event)](event)) + SEPARATOR


def _after(event: Event) -> Phase:
    if isinstance(event, Close) or (isinstance(event, HandshakeReply) and event.error is not None):
        return Phase.CLOSED
    return Phase.OPEN


def _parse(record: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise ProtocolError(f"a record is not JSON: {fault}") from fault
    if not isinstance(value, dict):
        raise ProtocolError("a record is not a JSON object")
    return value


def _decode_handshake(value: dict[str, Any]) -> Handshake:
    return Handshake(_member(value, "protocol", str), _member(value, "version", int))


def _decode_handshake_reply(value: dict[str, Any]) -> HandshakeReply:
    return HandshakeReply(_optional_text(value, "error"))


def _decode_message(value: dict[str, Any]) -> Message:
    kind = _member(value, "type", int)
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise ProtocolError(f"unknown message type {kind}; known are 1 to 7")
    return decoder(value)


def _decode_invocation(value: dict[str, Any]) -> Invocation:
    return Invocation(
        _member(value, "target", str),
        tuple(_member(value, "arguments", list)),
        _optional_text(value, "invocationId"),
    )


def _decode_stream_item(value: dict[str, Any]) -> StreamItem:
    return StreamItem(_member(value, "invocationId", str), value.get("item"))


def _decode_completion(value: dict[str, Any]) -> Completion:
    error = _optional_text(value, "error")
    # "It is a protocol error to include both the error and result properties".
    if error is not None and value.get("result") is not None:
        raise ProtocolError("a completion has both a result and an error")
    return Completion(_member(value, "invocationId", str), value.get("result"), error)


def _decode_stream_invocation(value: dict[str, Any]) -> StreamInvocation:
    return StreamInvocation(
        _member(value, "target", str),
        tuple(_member(value, "arguments", list)),
        _member(value, "invocationId", str),
    )


def _decode_cancel(value: dict[str, Any]) -> CancelInvocation:
    return CancelInvocation(_member(value, "invocationId", str))


def _decode_close(value: dict[str, Any]) -> Close:
    return Close(_optional_text(value, "error"), value.get("allowReconnect") is True)


_DECODERS: Final[dict[int, Callable[[dict[str, Any]], Message]]] = {
    1: _decode_invocation,
    2: _decode_stream_item,
    3: _decode_completion,
    4: _decode_stream_invocation,
    5: _decode_cancel,
    6: lambda _: Ping(),
    7: _decode_close,
}

_ENCODERS: Final[dict[type, Callable[[Any], dict[str, Any]]]] = {
    Handshake: lambda e: {"protocol": e.protocol, "version": e.version},
    HandshakeReply: lambda e: _filled(error=e.error),
    Invocation: lambda e: _filled(type=1, invocationId=e.invocation_id, target=e.target, arguments=e.arguments),
    StreamItem: lambda e: {"type": 2, "invocationId": e.invocation_id, "item": e.item},
    Completion: lambda e: {
        "type": 3,
        "invocationId": e.invocation_id,
        **({"result": e.result} if e.error is None else {"error": e.error}),
    },
    StreamInvocation: lambda e: {
        "type": 4,
        "invocationId": e.invocation_id,
        "target": e.target,
        "arguments": e.arguments,
    },
    CancelInvocation: lambda e: {"type": 5, "invocationId": e.invocation_id},
    Ping: lambda _: {"type": 6},
    Close: lambda e: _filled(type=7, error=e.error, allowReconnect=e.allow_reconnect or None),
}


def _filled(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _member(value: dict[str, Any], name: str, kind: type[T]) -> T:
    found = value.get(name)
    if not isinstance(found, kind) or isinstance(found, bool):
        raise ProtocolError(f"member '{name}' has to be of type {kind.__name__}")
    return found


def _optional_text(value: dict[str, Any], name: str) -> str | None:
    return None if value.get(name) is None else _member(value, name, str)
