"""Requests that are answered at once: which are, that order and connections are kept, and that others still wait."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from sample import SAMPLE

from chatsim.core.faults import Act, Fault
from chatsim.core.match import Match
from chatsim.server.app import Server
from chatsim.server.assembly import assemble
from chatsim.server.protocol import Listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

GET = b"GET /sample/%d HTTP/1.1\r\nHost: x\r\n%s\r\n"
POST = b"POST /sample/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Length: 29\r\n\r\n"
GOOD = b'{"status":"ok","version":"1"}'


class Counting(Server):
    """A server that counts the requests which took the long way."""

    slow = 0

    async def handle(self, request: web.BaseRequest, own: str | None = None) -> web.StreamResponse:
        """Count, and answer."""
        self.slow += 1
        return await super().handle(request, own)


class Wire:
    """A bare connection to a counting server."""

    def __init__(self, server: Counting, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self._reader = reader
        self._writer = writer

    def send(self, raw: bytes) -> None:
        """Write bytes."""
        self._writer.write(raw)

    async def answers(self, count: int) -> list[tuple[bytes, bytes]]:
        """So many answers: status and body of each."""
        found = []
        async with asyncio.timeout(10):
            for _ in range(count):
                head = await self._reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                found.append((head.split(b" ")[1], await self._reader.readexactly(length)))
        return found

    async def ended(self) -> bool:
        """Whether the server closes the connection, without another byte."""
        async with asyncio.timeout(10):
            return await self._reader.read() == b""


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """A connection to the sample API."""
    server = Counting(assemble(apis=[SAMPLE]), read_timeout_s=1)
    runner = web.ServerRunner(Listener(server))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    reader, writer = await asyncio.open_connection("127.0.0.1", runner.addresses[0][1])
    yield Wire(server, reader, writer)
    writer.close()
    await server.shut_down()
    await runner.cleanup()


def body(number: int) -> bytes:
    """What the sample API answers for a room."""
    return b'{"status":"ok","version":"%d"}' % number


async def test_a_whole_request_needs_no_task(wire: Wire) -> None:
    """Neither without a body nor with one; should aiohttp change inside, this is where it shows."""
    wire.send(GET % (1, b"") + POST + GOOD)
    assert [status for status, _ in await wire.answers(2)] == [b"200", b"200"]
    assert wire.server.slow == 0


async def test_pipelined_requests_are_answered_in_order(wire: Wire) -> None:
    """All of them, however many come at once."""
    wire.send(b"".join(GET % (number, b"") for number in range(500)))
    assert [one for _, one in await wire.answers(500)] == [body(number) for number in range(500)]


async def test_order_is_kept_behind_an_answer_that_waits(wire: Wire) -> None:
    """The request after a delayed one is not answered before it."""
    fault = Fault("f", Match.parse({"path": "/sample/1"}), Act(delay_s=0.05))
    wire.server.simulator.worlds["default"].faults.add(fault)
    wire.send(GET % (1, b"") + GET % (2, b""))
    assert [one for _, one in await wire.answers(2)] == [body(1), body(2)]
    assert wire.server.slow >= 1


async def test_a_body_on_its_way_is_waited_for(wire: Wire) -> None:
    """And the connection is good for the next request."""
    wire.send(POST + GOOD[:7])
    async with asyncio.timeout(5):
        while not wire.server.slow:
            await asyncio.wait([asyncio.ensure_future(asyncio.to_thread(lambda: None))])
    wire.send(GOOD[7:])
    wire.send(GET % (3, b""))
    assert [status for status, _ in await wire.answers(2)] == [b"200", b"200"]


@pytest.mark.parametrize(
    "request_", [GET % (1, b"Connection: close\r\n"), b"GET /sample/1 HTTP/1.0\r\nHost: x\r\n\r\n"]
)
async def test_a_connection_ends_where_the_client_wants(wire: Wire, request_: bytes) -> None:
    """After its answer."""
    wire.send(request_)
    assert await wire.answers(1) == [(b"200", body(1))]
    assert await wire.ended()


async def test_a_body_that_is_too_long_ends_the_connection(wire: Wire) -> None:
    """Though it was there whole."""
    wire.send(POST.replace(b"29", b"1500") + b"x" * 1500)
    assert [status for status, _ in await wire.answers(1)] == [b"413"]
    assert await wire.ended()


async def test_an_own_mistake_is_told_once(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a 500 with an entry, after which the connection ends."""

    def stumble(*_: Any) -> Any:
        raise RuntimeError("a planted mistake")

    monkeypatch.setattr(wire.server, "outcome", stumble)
    wire.send(GET % (1, b""))
    assert [status for status, _ in await wire.answers(1)] == [b"500"]
    assert await wire.ended()
    (entry,) = wire.server.simulator.worlds["default"].journal
    assert "a planted mistake" in entry.bug
