"""Reading a request's body: within its limit, in time, with 100 Continue where it was asked for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import ClientError, HttpVersion11
from aiohttp.http_exceptions import HttpProcessingError

from chatsim.core.errors import ApiError, Malformed, RequestTimeout, TooLarge
from chatsim.core.http import NO_BODY, Body

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import web


class Interrupted(Exception):
    """The client went away before its body was complete."""


def arrived(request: web.BaseRequest) -> Body:
    """What is there of the body already, without waiting: for answers that need none of it."""
    content = request.content
    if content.exception() is not None or not request.body_exists:
        return NO_BODY
    raw = content.read_nowait(-1) if content.total_bytes else b""
    return Body(raw=raw, size=len(raw)) if raw else NO_BODY


async def read(request: web.BaseRequest, limit: int, timeout_s: float) -> Body:
    """Read the body whole.

    Raises:
        TooLarge: longer than `limit` bytes. RequestTimeout: nothing came for `timeout_s` seconds.
        Malformed: its transfer coding is broken. Interrupted: the client went away.
    """
    content = request.content
    if content.is_eof():
        raw = content.read_nowait(-1)
        if len(raw) > limit:
            raise TooLarge(limit)
        return Body(raw=raw, size=len(raw)) if raw else NO_BODY
    await admit(request, limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in arriving(request, timeout_s):
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit)
        chunks.append(chunk)
    raw = b"".join(chunks)
    return Body(raw=raw, size=len(raw))


async def admit(request: web.BaseRequest, limit: int) -> None:
    """Refuse by the head what would be too long, and tell a client that waits for it to go on.

    Raises:
        TooLarge: the announced length. ApiError: an expectation other than 100-continue (417).
    """
    length = request.content_length
    if length is not None and length > limit:
        raise TooLarge(limit)
    expect = request.headers.get("Expect")
    if expect is None or request.version < HttpVersion11:
        return
    if expect.lower() != "100-continue":
        raise ApiError(f"only the expectation 100-continue can be met, not {expect!r}", status=417)
    if request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


async def arriving(request: web.BaseRequest, timeout_s: float) -> AsyncIterator[bytes]:
    """Yield the body as it comes; `timeout_s` is the longest pause.

    Raises:
        RequestTimeout, Malformed, Interrupted: as `read`.
    """
    content = request.content
    while True:
        try:
            async with asyncio.timeout(timeout_s):
                chunk = await content.readany()
        except TimeoutError:
            raise RequestTimeout(f"no byte of the body came for {timeout_s:g} seconds") from None
        except HttpProcessingError as error:
            raise Malformed(f"the transfer coding of the body is broken: {error.message}") from error
        except (ClientError, ConnectionError) as error:
            raise Interrupted from error
        if not chunk:
            return
        yield chunk
