"""A client's server on a free port, which keeps the callbacks that come to it."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web
from multidict import CIMultiDict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


class Receiver:
    """What came. `answer` words the answers, `gate` holds them back while it is not set."""

    def __init__(self) -> None:
        self.url = ""
        self.bodies: list[bytes] = []
        self.headers: list[CIMultiDict[str]] = []
        self.targets: list[str] = []
        self.answer: Callable[[web.BaseRequest], web.Response] = lambda request: web.Response()
        self.gate: asyncio.Event | None = None
        self._came = asyncio.Condition()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Keep a request and answer it."""
        gate = self.gate
        self.targets.append(request.raw_path)
        self.headers.append(CIMultiDict(request.headers))
        self.bodies.append(await request.read())
        async with self._came:
            self._came.notify_all()
        if gate is not None:
            await gate.wait()
        return self.answer(request)

    async def arrived(self, count: int) -> None:
        """Wait until so many callbacks came."""
        async with asyncio.timeout(10), self._came:
            await self._came.wait_for(lambda: len(self.bodies) >= count)


@asynccontextmanager
async def receive(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Run a receiver; afterwards its port is free again."""
    receiver = Receiver()
    runner = web.ServerRunner(web.Server(receiver.handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    receiver.url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        if receiver.gate is not None:
            receiver.gate.set()
        await runner.cleanup()
