"""aiohttp's server as the simulator wants it: its limits, and an answer of our own to what is not HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiohttp import HttpVersion, HttpVersion11, web
from aiohttp.http import RawRequestMessage
from aiohttp.http_exceptions import HttpProcessingError

from chatsim.core.errors import Malformed, RequestTimeout
from chatsim.server.answer import UNREAD, whole
from chatsim.server.heads import END, Head

if TYPE_CHECKING:
    from chatsim.core.pipeline import Outcome
    from chatsim.server.app import Server
    from chatsim.server.heads import Peer

LINE_LIMIT: Final = 64 * 1024
"""Longest request line and longest header, in bytes."""

LAST_WORDS_S: Final = 0.2
"""How long an answer may take that a client without further words waits for, or has run away from."""

_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
_CODED: Final = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_MULTIPART: Final = re.compile(r"\s*multipart/", re.IGNORECASE)


class Protocol(web.RequestHandler):
    """One connection. What aiohttp cannot parse, and what our own handler failed to catch, is worded by the server.

    A request that arrived whole on an idle connection is answered at once, inside `data_received`: the pipeline never
    waits, so it needs neither a task nor a wake-up, which cost as much as the pipeline itself; and where its head is
    known already (see `heads`) it is not even parsed. Everything else (bodies on their way, uploads, upgrades, answers
    that wait or go on) takes aiohttp's way through `Server.handle`; `prepared` is then the outcome that is known
    already.
    """

    __slots__ = (
        "_begun",
        "_body",
        "_head_timer",
        "_last",
        "_left",
        "_new_head",
        "_peer",
        "_server",
        "_silent",
        "lost",
        "prepared",
    )

    def __init__(self, manager: web.Server, server: Server, own: str | None = None, **limits: Any) -> None:
        super().__init__(manager, **limits)
        self._server = server
        self._peer: Peer = ("http", "", own)
        self._head_timer: asyncio.TimerHandle | None = None
        # How much of the body is missing that the parser waits for: 0 between two requests, None where that is not
        # known, and then nothing may pass by the parser any more.
        self._left: int | None = 0
        self._begun = b""  # a head of which only this has come
        self._body: Any = None  # the one that is on its way, or was the last
        self._new_head: bytes | None = None
        self._silent = True  # nothing has come yet
        self._last: Head | None = None
        self.prepared: Outcome | None = None
        self.lost: Callable[[], None] | None = None  # called when the connection is

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember what is the same for all requests of a connection."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self._peer = (scheme, str(peer[0]) if isinstance(peer, tuple) else "", self._peer[2])

    def data_received(self, data: bytes) -> None:
        """Take what arrived, and answer what can be answered at once."""
        # aiohttp's loop for this connection sleeps on `_waiter` while there is nothing to do. Before Python 3.12 it has
        # not begun when a client speaks at once.
        idle, unbegun, self._silent = self._waiter, self._silent, False
        if (idle is None and not unbegun) or (idle is not None and idle.done()):
            self._take(data)
            self._watch_head()
            return
        if self._left != 0 or self._begun or not self._answer_known(data):
            # Without its `_waiter` nobody wakes the loop, and what arrives while we are at work only joins the queue.
            self._waiter = None
            self._take(data)
            if self.prepared is None:
                self._answer_what_can_be()
            self._waiter = idle
            self._watch_head()
        if idle is None:
            return
        if self._force_close:
            idle.cancel()
        elif self._messages:
            idle.set_result(None)

    def _take(self, data: bytes) -> None:
        """Parse what arrived, each request by itself: together with what is none the parser would give none."""
        at = 0
        while True:
            end = self._end_of_piece(data, at)
            alone = (at, end) == (0, len(data))
            self._parse(data if alone else data[at:end])
            if end == len(data) or (self._messages and not isinstance(self._messages[-1][0], RawRequestMessage)):
                break
            at = end
        if not alone:
            self._new_head = None

    def _end_of_piece(self, data: bytes, at: int) -> int:
        if self._left is None:
            return len(data)
        if self._left:
            return min(at + self._left, len(data))
        before = len(self._begun)
        if before:  # which is so for the first piece only
            data = self._begun + data
        if (end := data.find(END, at)) < 0:
            return len(data) - before
        end += len(END)
        if _CODED.search(data, at, end):
            return len(data) - before
        told = _LENGTH.search(data, at, end)
        return min(end + int(told[1]), len(data)) - before if told else end - before

    def _parse(self, data: bytes) -> None:
        if self._request_in_progress and (self._close or self._force_close) and not self._upgraded:
            # The server is being stopped and waits for this answer; aiohttp would drop the rest of the body.
            if self._parser is not None:
                with contextlib.suppress(HttpProcessingError):
                    self._parser.feed_data(data)
            return
        queued = len(self._messages)
        super().data_received(data)
        self._new_head = None
        if self._left is not None and data:
            self._follow(data, queued)
        if len(self._messages) > queued:
            self._end_broken_body()
            if self._messages:
                self._body = self._messages[-1][1]

    def _follow(self, data: bytes, queued: int) -> None:
        """Keep count of what the parser has taken: does it stand between two requests again?"""
        left, self._left = self._left, None
        if left:
            if len(data) <= left:
                self._left = left - len(data)
            return
        taken, self._begun = self._begun + data, b""
        if len(self._messages) == queued:
            begun = taken.lstrip(b"\r\n")  # empty lines before a request are none of it
            if len(begun) <= 2 * LINE_LIMIT:
                self._begun, self._left = begun, 0
        elif len(self._messages) == queued + 1:
            message, payload = self._messages[-1]
            length, end = _length(message), taken.find(END) + len(END)
            if length >= 0 and end >= len(END) and end + length >= len(taken):
                self._left = end + length - len(taken)
                self._new_head = taken[:end]
            elif (
                isinstance(message, RawRequestMessage) and message.chunked and payload.is_eof() and taken.endswith(END)
            ):
                self._left = 0

    def _end_broken_body(self) -> None:
        """What cannot be parsed while a body is on its way is this body's fault: whoever reads it is told."""
        message, _ = self._messages[-1]
        if isinstance(message, RawRequestMessage) or self._body is None or self._body.is_eof():
            return
        self._messages.pop()
        self._body.set_exception(message.exc)
        self.close()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio's meaning of it, which aiohttp does not use
        """The client says no more. Perhaps it has left, perhaps it still reads: then it is answered before the end."""
        self._server.flush()
        super().eof_received()
        whole = self._body is None or self._body.is_eof()
        idle = self._waiter is not None and not self._waiter.done()
        if self._upgraded or self._peer[0] == "https" or not whole or idle:
            return False
        self._close = True  # this answer is the last
        self._loop.call_later(LAST_WORDS_S, self._hang_up)
        return True

    def _hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Nobody waits for a head any more."""
        self._begun = b""
        self._watch_head()
        if self.lost is not None:
            self.lost()
        super().connection_lost(exc)

    def _watch_head(self) -> None:
        """Give a head that was begun and is not whole as long as a pause in a body may last."""
        if self._begun and self._head_timer is None:
            self._head_timer = self._loop.call_later(self._server.read_timeout_s, self._head_is_late)
        elif not self._begun and self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._request_in_progress:  # nobody waits for the next one yet
            self._watch_head()
            return
        self._server.flush()
        if self.transport is not None:
            answer = self._server.mishear(RequestTimeout("the head of the request did not become whole in time"))
            self.transport.write(answer.raw("GET", HttpVersion11))
        self.force_close()

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

    def _answer_known(self, data: bytes) -> bool:
        """Answer a request that is there whole with a head that came before; False if it has to be parsed."""
        head = self._last
        if head is None or not data.startswith(head.raw):
            head = self._server.heads.find(data[: data.find(END) + len(END)], self._peer)
            if head is None:
                return False
            self._last = head
        end = len(head.raw)
        return end + head.length == len(data) and self._answer(head, data[end:])

    def _answer_at_once(self, message: Any, payload: Any) -> bool:
        """Answer a request that was parsed; False if it has to take the long way."""
        if not isinstance(message, RawRequestMessage) or not payload.is_eof() or payload.exception() is not None:
            return False
        headers = message.headers
        if message.upgrade or "Expect" in headers or _MULTIPART.match(headers.get("Content-Type", "")):
            return False
        try:
            request, world = self._server.locate(message.method, message.path, headers, self._peer)
        except Exception as mistake:  # noqa: BLE001 - ours, whatever it is: told as one
            return self._own_mistake(mistake, message.method, message.path, message.version)
        raw = self._new_head or b""
        head = Head(raw, request, world, message.version, not message.should_close, _length(message))
        if raw:
            self._server.heads.remember(head, self._peer)
        return self._answer(head, _content(payload))

    def _answer(self, head: Head, content: bytes) -> bool:
        """Answer a request; False if that takes the long way: what becomes of it is then `prepared`."""
        transport = self.transport
        if transport is None or self._paused:
            return False
        request = head.request
        try:
            outcome = self._server.outcome(request, head.world, content)
            body = outcome.body
            if outcome.drawn is not None or not isinstance(body, bytes):
                self.prepared = outcome
                return False
            keep_alive = head.keep_alive and outcome.status not in UNREAD
            raw = whole(
                outcome.status,
                outcome.pairs,
                body,
                outcome.number,
                method=request.method,
                version=head.version,
                keep_alive=keep_alive,
            )
        except Exception as mistake:  # noqa: BLE001 - ours, whatever it is: told as one, and nothing is done twice
            return self._own_mistake(mistake, request.method, request.path, head.version)
        self._server.send(transport, raw, outcome)
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        if not keep_alive:
            self._server.flush()
            self.force_close()
        return True

    def _own_mistake(self, mistake: Exception, method: str, path: str, version: HttpVersion) -> bool:
        self._server.flush()
        answer = self._server.mishear(mistake, method, path)
        if self.transport is not None:
            self.transport.write(answer.raw(method, version))
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


def _length(message: Any) -> int:
    """How long the body of a parsed request is; -1 where its head does not tell, or where it is none of a request."""
    if not isinstance(message, RawRequestMessage) or message.chunked or message.upgrade:
        return -1
    told = message.headers.get("Content-Length", "0")
    return int(told) if told.isdecimal() else -1


def _content(payload: Any) -> bytes:
    """A body that is there whole. Its public reader lets the parser look for more first, which costs a parse."""
    return b"".join(payload._buffer) if payload.total_bytes else b""  # noqa: SLF001


def _first_line(text: str) -> str:
    """aiohttp adds the offending bytes and a pointer to them on further lines."""
    return text.strip().partition("\n")[0].rstrip(": ")
