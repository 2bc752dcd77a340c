"""Ports of worlds: a listener each, so that a client which knows only host and port gets to its world.

On such a port neither prefix nor header chooses another world. The listener ends with its world, and is closed while a
fault takes the world offline: the port stays its own then, and connections are refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from chatsim.server import binding
from chatsim.server.protocol import Listener

if TYPE_CHECKING:
    import socket

    from chatsim.core.world import World
    from chatsim.server.app import Server

GOODBYE_S: Final = 0.5
CLOSED_S: Final = 0.1
"""So long is waited for connections that are in the midst of an answer: one of them may want to hear of this."""
TRIES: Final = 50


class NoPort(Exception):
    """Every port that worlds may have is taken."""


class Ports:
    """The listeners of all worlds that have one; on `host`, on ports of `allowed` (empty: any that is free)."""

    def __init__(self, server: Server, host: str | None = None, allowed: Sequence[int] = ()) -> None:
        self._server = server
        self._host = host
        self._allowed = allowed
        self._of: dict[World, _Port] = {}

    async def open(self, world: World) -> int:
        """Listen for a world, and say on which port; one that is offline from the beginning only gets its port.

        Raises:
            NoPort: none is free.
        """
        port = _Port(self._server, world, self._host, self._bind())
        self._of[world] = port
        await port.serve()
        await port.follow()
        return port.number

    def _bind(self) -> list[socket.socket]:
        taken = {port.number for port in self._of.values()}
        for number in [one for one in self._allowed if one not in taken] or ([] if self._allowed else [0]):
            try:
                return binding.listen(self._host, number)
            except (binding.PortTaken, binding.CannotListen):
                continue
        raise NoPort

    async def follow(self, world: World) -> None:
        """Be closed while the world's faults take it offline, and open otherwise."""
        if (port := self._of.get(world)) is not None:
            await port.follow()

    def due(self, world: World) -> int | None:
        """When a port that is closed is to be open again, on the world's clock; None where nothing is known of that."""
        port = self._of.get(world)
        if port is None or not port.closed:
            return None
        now = world.clock.now()
        if not (faults := world.faults.unplug(now)):
            return now
        return min((fault.expires for fault in faults if fault.expires is not None), default=None)

    async def close(self, world: World) -> None:
        """Stop listening; what its clients keep open is closed as well."""
        if (port := self._of.pop(world, None)) is not None:
            await port.close()

    async def close_all(self) -> None:
        """Stop listening for every world."""
        await asyncio.gather(*(self.close(world) for world in list(self._of)))


class _Port:
    """One port: served, or held by sockets of ours that nobody serves."""

    def __init__(self, server: Server, world: World, host: str | None, sockets: list[socket.socket]) -> None:
        self._server = server
        self._world = world
        self._host = host
        self._sockets = sockets
        self._listener: Listener | None = None
        self._servers: list[asyncio.Server] = []
        self._turn = asyncio.Lock()
        self._gone = False
        self.closed = False
        self.number: int = sockets[0].getsockname()[1]

    async def follow(self) -> None:
        """Be served, or not, as the world's faults say.

        Raises:
            OSError, PortTaken: another program took the port between two moments.
        """
        async with self._turn:
            offline = bool(self._world.faults.unplug(self._world.clock.now()))
            if self._gone or offline is self.closed:
                return
            self.closed = offline  # also where it fails: nobody would try again and again
            if offline:
                await self._shut()
                await self._hold()
            else:
                await self.serve()

    async def serve(self) -> None:
        """Raises OSError, PortTaken: as above."""
        sockets, self._sockets = self._sockets or binding.listen(self._host, self.number), []
        for one in sockets:
            one.listen(binding.BACKLOG)
        self._listener = listener = Listener(self._server, self._world.name)
        loop = asyncio.get_running_loop()
        self._servers = [await loop.create_server(listener, sock=one, backlog=binding.BACKLOG) for one in sockets]

    async def _shut(self) -> None:
        """Stop listening, close what is idle, and soon everything."""
        if (listener := self._listener) is None:
            return
        self._listener = None
        for one in self._servers:
            one.close()
        for connection in listener.connections:
            connection.close()
        rest = asyncio.get_running_loop().create_task(listener.shutdown(GOODBYE_S))
        self._server.keep(rest)
        await asyncio.wait((rest,), timeout=CLOSED_S)

    async def _hold(self) -> None:
        """Take the port again; a loop may need some turns until its sockets are really closed."""
        for left in reversed(range(TRIES)):
            try:
                self._sockets = binding.listen(self._host, self.number, held=True)
                return
            except binding.PortTaken:
                if not left:
                    raise
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        """Stop for good."""
        async with self._turn:
            self._gone = True
            await self._shut()
            for one in self._sockets:
                one.close()
