"""What arrives on a WebSocket: frames for aiohttp's parser, and after one that it cannot take the rest, to be let go.

Closed with that rest unread, a connection is reset, and the client may never see the Close frame that says why.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import WSMessage, WSMsgType

MOST: Final = 64 * 1024 * 1024
LONGEST_S: Final = 1.5
QUIET_S: Final = 0.3
"""The rest is let go up to so many bytes, for so long at most, and until nothing more has come for a moment."""

_CLOSE: Final = b"\x88\x82"
"""How the Close frame of a client begins that says a code and no reason (RFC 6455 section 5.2)."""


class Intake:
    """Stands before the parser of one connection. `broken` is set once no more frames can be read."""

    __slots__ = ("_over", "_parser", "_rest", "_waiter", "broken", "code")

    def __init__(self, parser: Any) -> None:
        self._parser = parser
        self._waiter: asyncio.Future[None] | None = None
        self._rest = 0
        self._over = False
        self.broken = False
        self.code = 0

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take what arrived; the connection goes on for aiohttp, whatever it was."""
        if not self.broken:
            self.broken = self._parser.feed_data(data)[0]
        else:
            self._rest += len(data)
            self._over = self._over or self._rest > MOST or self._says_goodbye(data[-8:])
            self._wake()
        return False, b""

    def feed_eof(self) -> None:
        """The connection is lost."""
        self._over = True
        self._parser.feed_eof()
        self._wake()

    async def read(self) -> WSMessage:
        """Wait until the client has said all, and leave it at that; for aiohttp, which waits for a Close frame."""
        loop = asyncio.get_running_loop()
        end = loop.time() + LONGEST_S
        while not self._over and loop.time() < end:
            self._waiter = loop.create_future()
            if not (await asyncio.wait((self._waiter,), timeout=QUIET_S))[0]:
                break
        return WSMessage(WSMsgType.CLOSE, self.code, None)

    def _says_goodbye(self, end: bytes) -> bool:
        if len(end) < 8 or not end.startswith(_CLOSE):
            return False
        return int.from_bytes((end[6] ^ end[2], end[7] ^ end[3]), "big") == self.code

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
