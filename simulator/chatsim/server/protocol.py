"""aiohttp's server as the simulator wants it: its limits, and an answer of our own to what is not HTTP."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from chatsim.core.errors import Malformed

if TYPE_CHECKING:
    from chatsim.server.app import Server

LINE_LIMIT: Final = 64 * 1024
"""Longest request line and longest header, in bytes."""


class Protocol(web.RequestHandler):
    """One connection. What aiohttp cannot parse, and what our own handler failed to catch, is worded by the server."""

    __slots__ = ("_server",)

    def __init__(self, manager: web.Server, server: Server, **limits: Any) -> None:
        super().__init__(manager, **limits)
        self._server = server

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

    def __call__(self) -> Protocol:
        """A new connection."""
        return Protocol(
            self,
            self._server,
            loop=self._loop,
            access_log=None,
            auto_decompress=False,
            max_line_size=LINE_LIMIT,
            max_field_size=LINE_LIMIT,
        )


def _first_line(text: str) -> str:
    """aiohttp adds the offending bytes and a pointer to them on further lines."""
    return text.strip().partition("\n")[0].rstrip(": ")
