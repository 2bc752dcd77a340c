"""Whole answers as bytes on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from chatsim.core.http import NUMBER
from chatsim.server.answer import SERVER, Answer

HEADERS = (("Content-Type", "application/json"), NUMBER)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A server that answers what its path names; its port."""
    answers = {
        "/body": lambda: Answer(200, HEADERS, b"{}", 7),
        "/untyped": lambda: Answer(200, (), b"bytes"),
        "/nothing": lambda: Answer(204, (), b""),
        "/empty": lambda: Answer(404, (), b""),
        "/unknown": lambda: Answer(299, (), b""),
        "/injected": lambda: Answer(200, (("X-A", "a\r\nX-B: b"),), b""),
    }

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        return answers[request.path]()

    runner = web.ServerRunner(web.Server(handle, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def ask(port: int, request: str) -> tuple[list[str], bytes]:
    """The lines of the head without the date, and the body, of an answer after which the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    async with asyncio.timeout(5):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return [line for line in head.decode().split("\r\n") if not line.startswith("Date: ")], body


CLOSE = "\nHost: localhost\nConnection: close"


async def test_head_is_as_given_with_what_http_needs(port: int) -> None:
    """Status line, the pipeline's headers in order, length, server, connection."""
    assert await ask(port, f"GET /body HTTP/1.1{CLOSE}") == (
        ["HTTP/1.1 200 OK", "Content-Type: application/json", "Connection: close", "X-Sim-Entry: 7",
         "Content-Length: 2", f"Server: {SERVER}"],
        b"{}",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "line", "named"),
    [
        ("/untyped", "HTTP/1.1 200 OK", ["Content-Type: application/octet-stream", "Content-Length: 5"]),
        ("/nothing", "HTTP/1.1 204 No Content", []),
        ("/empty", "HTTP/1.1 404 Not Found", ["Content-Length: 0"]),
        ("/unknown", "HTTP/1.1 299 ", ["Content-Length: 0"]),
    ],
)
async def test_type_and_length_follow_the_body(port: int, path: str, line: str, named: list[str]) -> None:
    """No body claims no type; 204 has no length either."""
    lines, _ = await ask(port, f"GET {path} HTTP/1.1{CLOSE}")
    assert (lines[0], [one for one in lines if one.startswith("Content-")]) == (line, named)


async def test_head_has_the_length_but_not_the_body(port: int) -> None:
    """RFC 9110 section 9.3.2."""
    lines, body = await ask(port, f"HEAD /body HTTP/1.1{CLOSE}")
    assert ("Content-Length: 2" in lines, body) == (True, b"")


async def test_old_client_is_told_that_the_connection_stays(port: int) -> None:
    """HTTP/1.0 closes unless both say otherwise."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /body HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" * 2)
    async with asyncio.timeout(5):
        said = await reader.readuntil(b"{}") + await reader.readuntil(b"{}")
    writer.close()
    await writer.wait_closed()
    assert said.count(b"HTTP/1.0 200 OK\r\n") == said.count(b"Connection: keep-alive\r\n") == 2


async def test_header_cannot_break_out_of_its_line(port: int) -> None:
    """What a client made the simulator echo stays one header."""
    lines, _ = await ask(port, f"GET /injected HTTP/1.1{CLOSE}")
    assert (lines[0], "X-B: b" in lines) == ("HTTP/1.1 500 Internal Server Error", False)
