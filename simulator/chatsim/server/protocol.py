"""aiohttp's server as the simulator wants it: its limits, and an answer of our own to what is not HTTP."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from aiohttp.http import RawRequestMessage
from aiohttp.http_exceptions import HttpProcessingError

from chatsim.core.errors import Malformed
from chatsim.server.answer import UNREAD, lines_of, whole

if TYPE_CHECKING:
    from chatsim.core.pipeline import Outcome
    from chatsim.server.app import Server

LINE_LIMIT: Final = 64 * 1024
"""Longest request line and longest header, in bytes."""

_MULTIPART: Final = re.compile(r"\s*multipart/", re.IGNORECASE)


class Protocol(web.RequestHandler):
    """One connection. What aiohttp cannot parse, and what our own handler failed to catch, is worded by the server.

    A request that arrived whole on an idle connection is answered at once, inside `data_received`: the pipeline never
    waits, so it needs neither a task nor a wake-up, which cost as much as the pipeline itself. Everything else (bodies
    on their way, uploads, upgrades, answers that wait or go on) takes aiohttp's way through `Server.handle`;
    `prepared` is then the outcome that is known already.
    """

    __slots__ = ("_own", "_peer", "_server", "prepared")

    def __init__(self, manager: web.Server, server: Server, own: str | None = None, **limits: Any) -> None:
        super().__init__(manager, **limits)
        self._server = server
        self._own = own
        self._peer = ("http", "")
        self.prepared: Outcome | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember what is the same for all requests of a connection."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self._peer = (scheme, str(peer[0]) if isinstance(peer, tuple) else "")

    def data_received(self, data: bytes) -> None:
        """Take what arrived, and answer what can be answered at once."""
        # aiohttp's loop for this connection sleeps on `_waiter` while there is nothing to do. Without it nobody wakes
        # the loop, and what arrives while we are at work only joins the queue.
        idle, self._waiter = self._waiter, None
        super().data_received(data)
        if idle is not None and not idle.done():
            self._answer_what_can_be()
        self._waiter = idle
        if idle is None or idle.done():
            return
        if self._force_close:
            idle.cancel()
        elif self._messages:
            idle.set_result(None)

    def _answer_what_can_be(self) -> None:
        while self._messages and not self._force_close:
            message = self._messages.popleft()
            if not self._answer_at_once(*message):
                self._messages.appendleft(message)
                return
            if self._parser is not None:
                self._parser.message_consumed()
        if self._buffer_paused and not self._force_close:
            self._resume_reading_if_drained()

    def _answer_at_once(self, message: Any, payload: Any) -> bool:
        """Answer a request that is there whole; False if it has to take the long way."""
        transport = self.transport
        if not isinstance(message, RawRequestMessage) or transport is None or self._paused:
            return False
        if not payload.is_eof() or payload.exception() is not None:
            return False
        headers = message.headers
        if message.upgrade or "Expect" in headers or _MULTIPART.match(headers.get("Content-Type", "")):
            return False
        scheme, remote = self._peer
        keep_alive = not message.should_close
        try:
            head, name = self._server.locate(message.method, message.path, headers, scheme, remote, self._own)
            outcome = self._server.outcome(head, name, _content(payload))
            if outcome.drawn is not None or not isinstance(outcome.body, bytes):
                self.prepared = outcome
                return False
            keep_alive = keep_alive and outcome.status not in UNREAD
            raw = whole(
                outcome.status,
                lines_of(outcome.headers),
                outcome.body,
                method=message.method,
                version=message.version,
                keep_alive=keep_alive,
            )
        except Exception as mistake:  # noqa: BLE001 - ours, whatever it is: told as one, and nothing is done twice
            answer = self._server.mishear(mistake, message.method, message.path)
            transport.write(answer.raw(message.method, message.version))
            self.force_close()
            return True
        transport.write(raw)
        self._server.written(outcome)
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        if not keep_alive:
            self.force_close()
        return True

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer with a problem and leave an entry, where aiohttp would write plain text and a traceback."""
        if isinstance(exc, HttpProcessingError):
            answer = self._server.mishear(Malformed(f"this is not HTTP: {_first_line(message or exc.message)}"))
        else:
            mistake = exc if isinstance(exc, Exception) else RuntimeError(f"status {status}: {message}")
            answer = self._server.mishear(mistake, request.method, request.raw_path)
        if request.writer.output_size > 0:
            raise ConnectionError("another answer is under way already; all that is left is to break it off")
        answer.force_close()
        return answer


class Listener(web.Server):
    """Makes a `Protocol` of each connection; with a `world` all of them go there, whatever path and headers say."""

    def __init__(self, server: Server, world: str | None = None) -> None:
        super().__init__(server.handle if world is None else partial(server.handle, own=world))
        self._server = server
        self._own = world

    def __call__(self) -> Protocol:
        """A new connection."""
        return Protocol(
            self,
            self._server,
            self._own,
            loop=self._loop,
            access_log=None,
            auto_decompress=False,
            max_line_size=LINE_LIMIT,
            max_field_size=LINE_LIMIT,
        )


def _content(payload: Any) -> bytes:
    """A body that is there whole. Its public reader lets the parser look for more first, which costs a parse."""
    return b"".join(payload._buffer) if payload.total_bytes else b""  # noqa: SLF001


def _first_line(text: str) -> str:
    """aiohttp adds the offending bytes and a pointer to them on further lines."""
    return text.strip().partition("\n")[0].rstrip(": ")
