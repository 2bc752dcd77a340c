"""One WebSocket connection and the wire below it: its frames, its heart-beat, how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Final

from aiohttp import web

from chatsim.core.effects import Close
from chatsim.core.realtime import Connection
from chatsim.server.wires import Silence

if TYPE_CHECKING:
    from chatsim.core.faults import Drawn
    from chatsim.server.sockets import Hub

CLOSING_S: Final = 2.0
"""How long a peer may take to answer our Close frame."""


class Link:
    """A connection and the wire below it."""

    __slots__ = (
        "_beat", "_beat_s", "_ended", "_hub", "_over", "_queue", "_reading", "_reason", "_ws", "closed_with",
        "closing", "connection", "received_at", "silence", "transport",
    )  # fmt: skip

    def __init__(
        self, hub: Hub, connection: Connection, ws: web.WebSocketResponse, transport: asyncio.Transport
    ) -> None:
        self._hub = hub
        self._ws = ws
        self._beat: asyncio.TimerHandle | None = None
        self._beat_s = 0.0
        self._ended: asyncio.Future[None] | None = None
        self._over = False
        self._reading: asyncio.Timeout | None = None
        self._reason = ""
        self._queue = connection.socket.queue
        self.connection = connection
        self.silence = Silence(connection, self.finish)
        self.transport = transport
        self.received_at = asyncio.get_running_loop().time()
        self.closed_with = 1006
        self.closing = False

    @property
    def open(self) -> bool:
        """Whether frames can still be written."""
        return not self.closing and not self.transport.is_closing()

    def write(self, framed: bytes) -> None:
        """Write a frame; a reader with too much waiting is dropped instead."""
        transport = self.transport
        if self.connection.muted_by is not None and self.silence.holds():
            return
        if self.closing or transport.is_closing():
            return
        transport.write(framed)
        if transport.get_write_buffer_size() > self._queue:
            self.abort()

    def close(self, code: int, reason: str = "") -> None:
        """Begin the closing handshake: nothing is read or written any more but the two Close frames."""
        if self.open:
            self.closed_with, self._reason, self.closing = code, reason, True
            self.connection.muted_by = None
            if self._reading is not None:
                self._reading.reschedule(0)

    def finish(self, effect: Close) -> None:
        """End as the session wants it, once nobody mutes it."""
        if self.silence.holds():
            self.silence.keep(effect)
        elif effect.abort:
            self.abort()
        else:
            self.close(effect.code, effect.reason)

    def spoil(self, drawn: Drawn) -> None:
        """Do what a fault says of this connection itself."""
        act = drawn.act
        if act.mute:
            self.connection.muted_by = drawn.fault
            self._hub.muted.setdefault(self.connection.world, {})[self.connection.id] = self
        elif act.abort:
            self.abort()
        elif act.close is not None:
            self.close(act.close, "a planned fault")

    def too_long(self) -> None:
        """A message is longer than any may be."""
        self._hub.carry_out(self, self.connection.overlong())

    def abort(self) -> None:
        """Drop the TCP connection."""
        self.transport.abort()

    async def read(self, messages: Awaitable[None]) -> None:
        """Read messages until the peer leaves, or `close` is called.

        aiohttp's `close` beside a `receive` of its own would drop the TCP connection without waiting for the peer's
        Close frame. That comes too late then and is answered by a reset, which takes from the peer what it has not
        read yet, our Close frame among it.
        """
        try:
            async with asyncio.timeout(None) as self._reading:
                await messages
        except TimeoutError:
            if not self.closing:
                raise
        finally:
            self._reading = None

    async def end(self) -> None:
        """Shake hands if `close` was asked for; after this the connection is over."""
        try:
            if self.closing:
                async with asyncio.timeout(CLOSING_S):
                    await self._ws.close(code=self.closed_with, message=self._reason.encode()[:123])
        except TimeoutError:
            self.abort()
        finally:
            self._over = True
            if self._ended is not None and not self._ended.done():
                self._ended.set_result(None)

    async def ended(self) -> None:
        """Wait until the connection is over; for the one who stops the server."""
        if not self._over:
            self._ended = asyncio.get_running_loop().create_future()
            await self._ended

    def keep_beating(self) -> None:
        """Set the next heart-beat as the session wants it; another wish than before counts from now."""
        wanted = self.connection.session.beat_s
        if wanted != self._beat_s:
            self.still()
        if wanted and self._beat is None:
            self._beat = asyncio.get_running_loop().call_later(wanted, self._on_beat)
        self._beat_s = wanted

    def _on_beat(self) -> None:
        self._beat = None
        if self.open:
            idle_s = asyncio.get_running_loop().time() - self.received_at
            if not self.silence.through:
                self._hub.carry_out(self, self.connection.beat(idle_s))
            self.keep_beating()

    def still(self) -> None:
        """No more heart-beats."""
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None
