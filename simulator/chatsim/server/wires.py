"""aiohttp's WebSockets, and the silence of those that a fault mutes.

Nothing leaves a muted one, nor does it end, until the fault is taken back or the client has enough.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import WSCloseCode, web

from chatsim.server.intake import Intake

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter

    from chatsim.core.api import Socket
    from chatsim.core.effects import Close
    from chatsim.core.realtime import Connection


class Silence:
    """That of one connection. What its session wishes meanwhile is kept: `end` carries it out when all is over."""

    __slots__ = ("_connection", "_end", "_over", "_wish")

    def __init__(self, connection: Connection, end: Callable[[Close], None]) -> None:
        self._connection = connection
        self._end = end
        self._wish: Close | None = None
        self._over: asyncio.Future[None] | None = None

    def holds(self) -> bool:
        """Whether nothing may be said; where that is found to be over, what was kept happens now."""
        connection = self._connection
        if connection.muted_by is None:
            return False
        if connection.muted:
            return True
        connection.muted_by = None
        self.wake()
        if self._wish is not None:
            self._end(self._wish)
        return False

    @property
    def through(self) -> bool:
        """Whether the session has ended for its part, and only the silence lets it stay: it hears nothing any more."""
        return self._wish is not None and self.holds()

    def keep(self, wish: Close) -> None:
        """Remember how the session wants to end; the first wish counts."""
        self._wish = self._wish or wish

    async def wait(self) -> None:
        """Return when it is over, or `wake` was called since the connection is lost."""
        if self.holds():
            await self.pause(None)

    async def pause(self, delay_s: float | None) -> None:
        """Wait so long at most (None: without end), until `wake` is called."""
        self._over = asyncio.get_running_loop().create_future()
        await asyncio.wait((self._over,), timeout=delay_s)

    def wake(self) -> None:
        """Nobody has to wait any more."""
        if self._over is not None and not self._over.done():
            self._over.set_result(None)


class Wire(web.WebSocketResponse):
    """aiohttp's WebSocket, whose own words (pongs, the end after what is no WebSocket frame) wait for the silence."""

    # Among aiohttp's own members, three more would make a dictionary of each connection's own: 1.6 kB.
    __slots__ = ("intake", "silence", "too_long")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.silence: Silence | None = None
        self.intake: Intake | None = None
        # Called when a message is longer than any may be: closes the connection as its session wants it.
        self.too_long: Callable[[], None] | None = None

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Shake hands."""
        writer = await super().prepare(request)
        protocol: Any = request.protocol
        # There is no public place before aiohttp's parser; it is missing where the client has left.
        if (parser := protocol._payload_parser) is not None:  # noqa: SLF001
            self.intake = protocol._payload_parser = Intake(parser)  # noqa: SLF001
        return writer

    @classmethod
    def of(cls, request: web.BaseRequest, socket: Socket) -> Wire:
        """The one that a handshake asks for."""
        protocols = socket.protocols
        if socket.any_protocol:
            offered = request.headers.get("Sec-WebSocket-Protocol", "")
            protocols = tuple(name.strip() for name in offered.split(",") if name.strip())
        return cls(protocols=protocols, compress=False, max_msg_size=socket.limit)

    async def pong(self, message: bytes = b"") -> None:
        """Answer a ping."""
        if self.silence is None or not self.silence.holds():
            await super().pong(message)

    async def close(self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True) -> bool:
        """Close. What the client's Close frame or its leaving brings about has the code OK, and needs no waiting.

        After what is no frame, or too long a one, aiohttp would hang up at once: see `Intake`.
        """
        if self.silence is not None and code != WSCloseCode.OK:
            await self.silence.wait()
        if self.intake is not None and self.intake.broken:
            self.intake.code = code
            self._reader: Any = self.intake
            if code == WSCloseCode.MESSAGE_TOO_BIG and (too_long := self.too_long) is not None:
                self.too_long = None
                too_long()
                return False
        return await super().close(code=code, message=message, drain=drain)
