"""Answers that go on: written piece by piece, as fast as the client reads, until it leaves or the server stops."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from aiohttp import web
from multidict import CIMultiDict

from chatsim.server.answer import SERVER

if TYPE_CHECKING:
    from chatsim.core.http import Stream
    from chatsim.core.pipeline import Outcome


class Streams:
    """The streams that are open."""

    def __init__(self) -> None:
        self._open: set[asyncio.Event] = set()
        self._stopped = False

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._open)

    async def write(self, request: web.BaseRequest, outcome: Outcome, stream: Stream) -> web.StreamResponse:
        """Write what there is, then what comes."""
        answer = web.StreamResponse(status=outcome.status, headers=CIMultiDict(outcome.headers))
        answer.headers["Server"] = SERVER
        await answer.prepare(request)
        if request.method == "HEAD":
            return answer
        woken = asyncio.Event()
        self._open.add(woken)
        try:
            with stream.waking(woken.set), contextlib.suppress(ConnectionError):
                await self._go_on(answer, stream, woken)
        finally:
            self._open.discard(woken)
        return answer

    async def _go_on(self, answer: web.StreamResponse, stream: Stream, woken: asyncio.Event) -> None:
        if stream.start:
            await answer.write(stream.start)
        while not self._stopped:
            woken.clear()
            while (chunks := stream.read()) is not None:
                for chunk in chunks:
                    await answer.write(chunk)
            try:
                async with asyncio.timeout(stream.beat_s):
                    await woken.wait()
            except TimeoutError:
                if stream.beat:
                    await answer.write(stream.beat)

    def end(self) -> None:
        """The server stops: every stream ends."""
        self._stopped = True
        for woken in self._open:
            woken.set()
