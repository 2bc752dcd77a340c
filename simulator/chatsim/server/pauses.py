"""Answers that a fault delays."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiohttp import web


class Pauses:
    """Those that wait now; once the server stops nobody waits any more."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()
        self._stopped = False

    async def wait(self, request: web.BaseRequest, delay_s: float) -> None:
        """Wait so long, or until the client has left."""
        if self._stopped:
            return
        over = asyncio.Event()
        protocol: Any = request.protocol
        protocol.lost = over.set
        self._waiting.add(over)
        try:
            async with asyncio.timeout(delay_s):
                await over.wait()
        except TimeoutError:
            return
        finally:
            self._waiting.discard(over)
            protocol.lost = None

    def end(self) -> None:
        """The server stops: what is delayed is answered now."""
        self._stopped = True
        for over in self._waiting:
            over.set()
