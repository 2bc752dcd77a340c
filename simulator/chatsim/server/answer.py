"""Writing answers: bytes and files; and breaking connections where a fault says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web
from multidict import CIMultiDict

from chatsim import __version__
from chatsim.core.files import Unsatisfiable, disposition, harmless_type, wanted
from chatsim.core.http import File

if TYPE_CHECKING:
    from chatsim.core.pipeline import Outcome

SERVER: Final = f"chatsim/{__version__}"
CHUNK: Final = 256 * 1024


class Answer(web.Response):
    """A response that says who served it, and claims no content type for a body that is not there."""

    async def _prepare_headers(self) -> None:
        self.headers["Server"] = SERVER
        await super()._prepare_headers()
        if not self.body and "Content-Type" in self.headers and not self._typed:
            del self.headers["Content-Type"]

    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        pairs: CIMultiDict[str] = CIMultiDict(headers)
        self._typed = "Content-Type" in pairs
        super().__init__(status=status, headers=pairs, body=body)


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
