"""Writing answers: bytes and files; and breaking connections where a fault says so."""

from __future__ import annotations

import time
from collections.abc import Sequence
from email.utils import formatdate
from functools import cache, lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import HttpVersion, HttpVersion11, web
from multidict import CIMultiDict

from chatsim import __version__
from chatsim.core.files import Unsatisfiable, disposition, harmless_type, wanted
from chatsim.core.http import File

if TYPE_CHECKING:
    from chatsim.core.pipeline import Outcome

SERVER: Final = f"chatsim/{__version__}"
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
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def lines_of(headers: Sequence[tuple[str, str]]) -> str:
    """Headers as lines.

    Raises:
        ValueError: one would break out of its line.
    """
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
    if lines.count("\n") != len(headers) or lines.count("\r") != len(headers):
        raise ValueError(f"a header holds a line break: {lines!r}")
    return lines


def whole(
    status: int,
    lines: str,
    body: bytes,
    *,
    method: str = "GET",
    version: HttpVersion = HttpVersion11,
    keep_alive: bool = True,
) -> bytes:
    """Head and body of an answer to `method`, as they go over the wire; `lines` are its headers.

    A body that is not there claims no content type, one without a type is plain bytes.
    """
    named = lines.lower()
    head = f"HTTP/{version.major}.{version.minor} {status} {_phrase(status)}\r\n{lines}"
    if body and "content-type:" not in named:
        head += "Content-Type: application/octet-stream\r\n"
    if "content-length:" not in named and status not in _BODILESS:
        head += f"Content-Length: {len(body)}\r\n"
    if not keep_alive:
        head += "Connection: close\r\n"
    elif version < HttpVersion11:
        head += "Connection: keep-alive\r\n"
    head += f"Server: {SERVER}\r\nDate: {_date(int(time.time()))}\r\n\r\n"
    raw = head.encode("utf-8", "surrogateescape")
    return raw + body if body and method != "HEAD" else raw


class Answer(web.StreamResponse):
    """A whole answer, head and body, written in one piece; the pipeline has its headers in order already.

    aiohttp's own `Response` copies them into a dictionary, looks for a dozen of them and writes them out again: a third
    of what a request costs.
    """

    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Raises ValueError for a header that would break out of its line."""
        super().__init__(status=status)
        self._lines = lines_of(headers)
        self._content = body

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
        keep_alive = bool(self._keep_alive)
        return whole(self.status, self._lines, self._content, method=method, version=version, keep_alive=keep_alive)

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to write."""


def abort(request: web.BaseRequest) -> None:
    """Break the connection without an answer."""
    transport = request.transport
    if transport is not None:
        transport.abort()


async def write_file(request: web.BaseRequest, outcome: Outcome, file: File) -> web.StreamResponse:
    """Write stored bytes, or the part of them that was asked for."""
    blob, entry = file.blob, outcome.plan.call.entry
    tag = f'"{blob.sha256[:32]}"'
    headers = CIMultiDict(outcome.headers)
    headers.update({"Content-Type": harmless_type(file.content_type), "Accept-Ranges": "bytes", "ETag": tag})
    headers["X-Content-Type-Options"] = "nosniff"
    if file.filename is not None:
        headers["Content-Disposition"] = disposition(file.filename)
    status, start, end = outcome.status, 0, blob.size
    try:
        if status == 200 and request.headers.get("If-Range", tag) == tag:
            part = wanted(request.headers.get("Range"), blob.size)
            if part is not None:
                (start, end), status = part, 206
                headers["Content-Range"] = f"bytes {start}-{end - 1}/{blob.size}"
    except Unsatisfiable:
        status, end = 416, 0
        headers["Content-Range"] = f"bytes */{blob.size}"
    entry.status, entry.response_size = status, end - start
    entry.response_headers = list(headers.items())
    answer = web.StreamResponse(status=status, headers=headers)
    answer.headers["Server"] = SERVER
    answer.content_length = end - start
    await answer.prepare(request)
    if request.method != "HEAD":
        for at in range(start, end, CHUNK):
            await answer.write(blob.read(at, min(at + CHUNK, end)))
    await answer.write_eof()
    return answer
