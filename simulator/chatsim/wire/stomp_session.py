"""The server's end of one STOMP connection as a state table: who may send what when, version and heart-beats agreed.

Knows no destination, no user and no transport; what SUBSCRIBE, SEND and the like mean is the caller's.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Final

import msgspec

from chatsim.wire.stomp import (
    CLIENT_COMMANDS,
    EOL,
    MAX_FRAME,
    NULL,
    VERSIONS,
    Event,
    Frame,
    OwnFault,
    Parser,
    PeerFault,
    encode,
    header_line,
)


class State(Enum):
    """How far a connection has come."""

    WAITING = "waiting for CONNECT"
    CONNECTING = "CONNECT not answered yet"
    CONNECTED = "connected"
    DISCONNECTED = "the client has said DISCONNECT"
    CLOSED = "ERROR sent, to be closed"


# (state, command) → the state after it, for the client's frames and the server's alike. A frame that is not here is a
# fault of whoever sent it.
NEXT: Final[Mapping[tuple[State, str], State]] = {
    (State.WAITING, "CONNECT"): State.CONNECTING,
    # "STOMP servers MUST handle a STOMP frame in the same manner as a CONNECT frame."
    (State.WAITING, "STOMP"): State.CONNECTING,
    (State.CONNECTING, "CONNECTED"): State.CONNECTED,
    (State.CONNECTED, "SEND"): State.CONNECTED,
    (State.CONNECTED, "SUBSCRIBE"): State.CONNECTED,
    (State.CONNECTED, "UNSUBSCRIBE"): State.CONNECTED,
    (State.CONNECTED, "ACK"): State.CONNECTED,
    (State.CONNECTED, "NACK"): State.CONNECTED,
    (State.CONNECTED, "BEGIN"): State.CONNECTED,
    (State.CONNECTED, "COMMIT"): State.CONNECTED,
    (State.CONNECTED, "ABORT"): State.CONNECTED,
    (State.CONNECTED, "MESSAGE"): State.CONNECTED,
    (State.CONNECTED, "RECEIPT"): State.CONNECTED,
    # "Clients MUST NOT send any more frames after the DISCONNECT frame is sent."
    (State.CONNECTED, "DISCONNECT"): State.DISCONNECTED,
    (State.DISCONNECTED, "RECEIPT"): State.DISCONNECTED,
    # "The server MAY send ERROR frames if something goes wrong. In this case, it MUST then close the connection."
    (State.WAITING, "ERROR"): State.CLOSED,
    (State.CONNECTING, "ERROR"): State.CLOSED,
    (State.CONNECTED, "ERROR"): State.CLOSED,
    (State.DISCONNECTED, "ERROR"): State.CLOSED,
}


class OutOfTurn(PeerFault):
    """A frame that is whole, but not allowed now."""


class HeartBeats(msgspec.Struct, frozen=True):
    """How often each end lets hear of itself, in milliseconds; 0 is never."""

    to_client_ms: int = 0
    from_client_ms: int = 0


class ServerSession:
    """Octets from the client in, its frames out; the server's frames in, octets for the client out.

    `heart_beat` is what the server can send and wants to get, in milliseconds. `version` and `beats` are what was
    agreed, known as soon as CONNECT has been given out by `receive`. Before that an ERROR is written as in the newest
    version: 1.1 and 1.2 escape "in all frames except CONNECT and CONNECTED", and a client that goes wrong so early has
    not said that it knows no escapes.
    """

    def __init__(self, *, heart_beat: tuple[int, int] = (0, 0), max_frame: int = MAX_FRAME) -> None:
        self.state = State.WAITING
        self.version = VERSIONS[-1]
        self.beats = HeartBeats()
        self._heart_beat = heart_beat
        self._parser = Parser(commands=CLIENT_COMMANDS, max_frame=max_frame)

    def receive(self, data: bytes) -> Iterator[Event]:
        """The client's frames and heart-beats in `data`, each already allowed by the state table.

        CONNECT and STOMP must be answered (`accept` or `error`) before the next event is asked for.
        Raises PeerFault (OutOfTurn where only the table objects): say it with `error`, then close. What comes after
        that is not looked at.
        """
        for event in self._parser.feed(data) if self.state is not State.CLOSED else ():
            if isinstance(event, Frame):
                self._received(event)
            yield event
            if self.state is State.CLOSED:
                return
            if self.state is State.CONNECTING:
                raise OwnFault("CONNECT was not answered")

    def accept(self, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
        """The CONNECTED frame, with the version and heart-beats agreed and these headers after them."""
        can_send, wants = self._heart_beat
        agreed = (("version", self.version), ("heart-beat", f"{can_send},{wants}"))
        return self.send(Frame("CONNECTED", (*agreed, *headers)))

    def send(self, frame: Frame) -> bytes:
        """The octets of any frame of the server. Raises OwnFault when the state table does not allow it now."""
        self.state = self._next(frame.command)
        return encode(frame, self.version)

    def message(self, head: bytes, number: int, tail: bytes) -> bytes:
        """A MESSAGE from its two prepared ends: `message_head` of the subscription, `message_tail` of the message.

        Its message-id is the one that the head begins and this number.
        """
        if self.state is not State.CONNECTED:
            raise OwnFault(f"MESSAGE while {self.state.value}")
        return b"%b%d\n%b" % (head, number, tail)

    def receipt(self, receipt_id: str) -> bytes:
        """The acknowledgement of a frame that carried this `receipt` header."""
        return self.send(Frame("RECEIPT", (("receipt-id", receipt_id),)))

    def error(
        self, message: str, *, headers: tuple[tuple[str, str], ...] = (), cause: Frame | None = None, body: bytes = b""
    ) -> bytes:
        """The ERROR frame after which the connection must be closed, also one for a PeerFault.

        "If the frame included a receipt header, the ERROR frame SHOULD set the receipt-id header to match the value."
        """
        receipt_id = cause.get("receipt") if cause else None
        related = () if receipt_id is None else (("receipt-id", receipt_id),)
        return self.send(Frame("ERROR", (("message", message), *headers, *related), body))

    def _next(self, command: str) -> State:
        try:
            return NEXT[self.state, command]
        except KeyError:
            raise OwnFault(f"{command} while {self.state.value}") from None

    def _received(self, frame: Frame) -> None:
        if (self.state, frame.command) not in NEXT:
            raise OutOfTurn(f"{frame.command} is not allowed: {self.state.value}")
        if frame.command in ("CONNECT", "STOMP"):
            self.version = self._parser.version = _agree_version(frame.get("accept-version"))
            self.beats = _agree_heart_beats(frame.get("heart-beat"), self._heart_beat)
        self.state = NEXT[self.state, frame.command]


def message_head(subscription: str, destination: str, message_id: str, version: str) -> bytes:
    """The beginning of every MESSAGE of one subscription, up to and with the beginning of its `message_id`."""
    return (
        b"MESSAGE\n"
        + header_line("subscription", subscription, version)
        + header_line("destination", destination, version)
        + header_line("message-id", message_id, version).removesuffix(EOL)
    )


def message_tail(content_type: str, body: bytes, version: str) -> bytes:
    """The end of a MESSAGE after its message-id, the same for every subscription that gets this body."""
    length = str(len(body))
    return (
        header_line("content-type", content_type, version)
        + header_line("content-length", length, version)
        + EOL
        + body
        + NULL
    )


def _agree_version(accepted: str | None) -> str:
    if accepted is None:
        # "If the accept-version header is missing, it means that the client only supports version 1.0 of the protocol."
        return "1.0"
    offered = {version.strip() for version in accepted.split(",")}
    # "The highest protocol version that both the client and server have in common."
    common = [version for version in VERSIONS if version in offered]
    if not common:
        # "the sever MUST respond with an ERROR frame similar to the following": its version header lists the server's.
        supported = ",".join(VERSIONS)
        raise PeerFault(f"Supported protocol versions are {supported}", headers=(("version", supported),))
    return common[-1]


def _agree_heart_beats(offered: str | None, own: tuple[int, int]) -> HeartBeats:
    # "Otherwise, there will be heart-beats every MAX(<cx>,<sy>) milliseconds", and none where either of them is 0.
    if offered is None:
        # 'A missing heart-beat header MUST be treated the same way as a "heart-beat:0,0" header.'
        return HeartBeats()
    numbers = [number.strip() for number in offered.split(",")]
    if len(numbers) != 2 or not all(n.isascii() and n.isdigit() and len(n) <= 9 for n in numbers):
        raise PeerFault(f"Illegal heart-beat {offered[:40]!r}: expected two numbers of milliseconds, as in 4000,4000")
    can_send, wants = int(numbers[0]), int(numbers[1])
    server_sends, server_wants = own
    return HeartBeats(
        to_client_ms=max(server_sends, wants) if server_sends and wants else 0,
        from_client_ms=max(can_send, server_wants) if can_send and server_wants else 0,
    )
