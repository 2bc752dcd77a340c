"""Writing answers: bytes and files; and breaking connections where a fault says so."""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import cache, lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import HttpVersion, HttpVersion11, web
from multidict import CIMultiDict

from chatsim import __version__
from chatsim.core.files import Offer
from chatsim.core.http import NUMBER, Pairs
from chatsim.core.media import Blob

if TYPE_CHECKING:
    from chatsim.core.pipeline import Outcome

SERVER: Final = f"chatsim/{__version__}"
_SERVER: Final = f"Server: {SERVER}\r\n".encode()
_BODILESS: Final = frozenset({100, 101, 102, 103, 204, 304})
CHUNK: Final = 256 * 1024
UNREAD: Final = frozenset({408, 413, 417})
"""Answers after which a connection is no good: what is left of the body would be read as the next request."""


@cache
def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    return f"Date: {formatdate(second, usegmt=True)}\r\n".encode()


@lru_cache(maxsize=1024)
def _template(status: int, pairs: Pairs, minor: int, keep_alive: bool, empty: bool) -> bytes:
    """A head to be filled in with the entry's number, the length of the body and the line of the date."""
    plain = [pair for pair in pairs if pair != NUMBER]
    lines = "".join([f"{name}: {value}\r\n" for name, value in plain])
    if lines.count("\n") + lines.count("\r") != 2 * len(plain):
        raise ValueError(f"a header holds a line break: {lines!r}")
    names = {name.lower() for name, _ in pairs}
    lines = f"HTTP/1.{minor} {status} {_phrase(status)}\r\n{lines}"
    if not empty and "content-type" not in names:
        lines += "Content-Type: application/octet-stream\r\n"
    if "connection" in names:
        pass
    elif not keep_alive:
        lines += "Connection: close\r\n"
    elif minor == 0:
        lines += "Connection: keep-alive\r\n"
    # What the answer does not have is filled in all the same, with a width of nothing.
    number = b"X-Sim-Entry: %d\r\n" if NUMBER in pairs else b"%.0a"
    length = b"%.0a" if "content-length" in names or status in _BODILESS else b"Content-Length: %d\r\n"
    server = b"" if "server" in names else _SERVER
    date = b"%.0b\r\n" if "date" in names else b"%b\r\n"
    return lines.encode("utf-8", "surrogateescape").replace(b"%", b"%%") + number + length + server + date


def whole(
    status: int,
    pairs: Pairs,
    body: bytes,
    number: int = 0,
    *,
    method: str = "GET",
    version: HttpVersion = HttpVersion11,
    keep_alive: bool = True,
) -> bytes:
    """Head and body of an answer to `method`, as they go over the wire; `number` is the one of its entry.

    A body that is not there claims no content type, one without a type is plain bytes.

    Raises:
        ValueError: a header would break out of its line.
    """
    minor = 1 if version >= HttpVersion11 else 0  # the highest that is spoken here is 1.1
    head = _template(status, pairs, minor, keep_alive, not body) % (number, len(body), _date(int(time.time())))
    return head + body if body and method != "HEAD" else head


class Answer(web.StreamResponse):
    """A whole answer, head and body, written in one piece; the pipeline has its headers in order already.

    aiohttp's own `Response` copies them into a dictionary, looks for a dozen of them and writes them out again: a third
    of what a request costs.
    """

    def __init__(self, status: int, pairs: Pairs, body: bytes, number: int = 0) -> None:
        """Raises ValueError for a header that would break out of its line."""
        super().__init__(status=status)
        whole(status, pairs, body, number)
        self._pairs = pairs
        self._content = body
        self._number = number

    async def prepare(self, request: web.BaseRequest) -> None:
        """Write everything.

        Raises:
            ConnectionError: the client is gone.
        """
        if self._eof_sent:
            return
        self._eof_sent = True
        if self._keep_alive is None:
            self._keep_alive = request.keep_alive
        await request.writer.write(self.raw(request.method, request.version))
        await request.writer.write_eof()

    def raw(self, method: str, version: HttpVersion) -> bytes:
        """Everything, as it goes over the wire; the connection is kept only where `prepare` found that it may be."""
        return whole(
            self.status,
            self._pairs,
            self._content,
            self._number,
            method=method,
            version=version,
            keep_alive=bool(self._keep_alive),
        )

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to write."""


def abort(request: web.BaseRequest) -> None:
    """Break the connection without an answer."""
    transport = request.transport
    if transport is not None:
        transport.abort()


async def write_file(request: web.BaseRequest, outcome: Outcome, offer: Offer) -> web.StreamResponse:
    """Write stored bytes, or the part of them that was asked for."""
    answer = web.StreamResponse(status=outcome.status, headers=CIMultiDict(outcome.headers))
    answer.headers["Server"] = SERVER
    answer.content_length = offer.end - offer.start
    await answer.prepare(request)
    if request.method != "HEAD":
        for at in range(offer.start, offer.end, CHUNK):
            await answer.write(offer.blob.read(at, min(at + CHUNK, offer.end)))
    await answer.write_eof()
    return answer


async def write_half(request: web.BaseRequest, outcome: Outcome) -> web.StreamResponse:
    """Write an answer up to the middle of its body, or of its head where it has no body, and end the connection."""
    body, pairs = outcome.body, outcome.pairs
    if isinstance(body, Offer):
        raw, blob, start, end = b"", body.blob, body.start, body.end
        pairs = (*pairs, ("Content-Length", str(end - start)))
    else:
        assert isinstance(body, bytes)  # only the control API streams, and no fault hits that
        raw, blob, start, end = body, Blob.of(body), 0, len(body)
    head = whole(outcome.status, pairs, raw, outcome.number, method="HEAD", version=request.version)
    if request.method == "HEAD" or start == end:
        await request.writer.write(head[: len(head) // 2])
    else:
        await request.writer.write(head)
        middle = (start + end) // 2
        for at in range(start, middle, CHUNK):
            await request.writer.write(blob.read(at, min(at + CHUNK, middle)))
    if request.transport is not None:
        request.transport.close()
    return Answer(outcome.status, (), b"")
