"""WebSocket messages that hold one JSON value each, both ways. Knows nothing of what the values mean."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from chatsim.core.json import BadJson, decode, encode

# RFC 6455, 7.4.1
INVALID_PAYLOAD: Final = 1007
TOO_BIG: Final = 1009


class PeerFault(Exception):
    """The peer broke the protocol; `code` is the WebSocket close code that says how."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class OurFault(Exception):
    """We were asked for what the protocol does not allow: a frame after the end, or a value that is no JSON."""


class State(Enum):
    """Where one connection stands."""

    OPEN = "open"
    CLOSED = "closed"


class JsonFrames:
    """One connection. `limit` is the most bytes that a message from the peer may have, None for any number.

    A message may be text or binary: both hold UTF-8. Ours are binary with `binary`, else text.
    """

    def __init__(self, *, limit: int | None = None, binary: bool = False) -> None:
        self.state = State.OPEN
        self._limit = limit
        self._binary = binary

    def receive(self, message: str | bytes) -> Any:
        """Return the value in one message of the peer. Whether a fault ends the connection is for the caller.

        Raises:
            PeerFault: the message is too long or no JSON.
            OurFault: the connection is closed already.
        """
        self._ask_open("take")
        raw = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
        if self._limit is not None and len(raw) > self._limit:
            raise PeerFault(TOO_BIG, f"a frame may have {self._limit} bytes, not {len(raw)}")
        try:
            return decode(raw)
        except BadJson as error:
            raise PeerFault(INVALID_PAYLOAD, f"a frame holds one JSON value, such as {{}}: {error}") from error

    def send(self, value: Any) -> str | bytes:
        """Return the message that holds `value`, compact.

        Raises:
            OurFault: the connection is closed, or `value` is no JSON.
        """
        self._ask_open("send")
        try:
            return self.forward(encode(value))
        except (TypeError, ValueError) as error:
            raise OurFault(f"a frame holds one JSON value, not {value!r}") from error

    def forward(self, raw: bytes) -> str | bytes:
        """Return the message that holds a value encoded already.

        Raises:
            OurFault: the connection is closed.
        """
        self._ask_open("send")
        return raw if self._binary else raw.decode()

    def close(self) -> None:
        """Take no more messages and send none."""
        self.state = State.CLOSED

    def _ask_open(self, verb: str) -> None:
        if self.state is State.CLOSED:
            raise OurFault(f"the connection is closed: nothing to {verb}")
