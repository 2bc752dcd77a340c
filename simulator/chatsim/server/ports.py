"""Ports of worlds: a listener each, so that a client which knows only host and port gets to its world.

On such a port neither prefix nor header chooses another world. The listener ends with its world.
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


class NoPort(Exception):
    """Every port that worlds may have is taken."""


class Ports:
    """The listeners of all worlds that have one; on `host`, on ports of `allowed` (empty: any that is free)."""

    def __init__(self, server: Server, host: str | None = None, allowed: Sequence[int] = ()) -> None:
        self._server = server
        self._host = host
        self._allowed = allowed
        self._open: dict[World, tuple[int, Listener, list[asyncio.Server]]] = {}

    async def open(self, world: World) -> int:
        """Listen for a world, and say on which port.

        Raises:
            NoPort: none is free.
        """
        sockets = self._bind()
        port: int = sockets[0].getsockname()[1]
        listener = Listener(self._server, world.name)
        loop = asyncio.get_running_loop()
        servers = [await loop.create_server(listener, sock=one, backlog=binding.BACKLOG) for one in sockets]
        self._open[world] = (port, listener, servers)
        return port

    def _bind(self) -> list[socket.socket]:
        taken = {port for port, _, _ in self._open.values()}
        for port in [one for one in self._allowed if one not in taken] or ([] if self._allowed else [0]):
            try:
                return binding.listen(self._host, port)
            except (binding.PortTaken, binding.CannotListen):
                continue
        raise NoPort

    async def close(self, world: World) -> None:
        """Stop listening; what its clients keep open is closed as well."""
        if (found := self._open.pop(world, None)) is None:
            return
        _, listener, servers = found
        for one in servers:
            one.close()
        await listener.shutdown(GOODBYE_S)

    async def close_all(self) -> None:
        """Stop listening for every world."""
        await asyncio.gather(*(self.close(world) for world in list(self._open)))
