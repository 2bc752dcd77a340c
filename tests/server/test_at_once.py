"""Requests that are answered at once: which are, that order and connections are kept, and that others still wait."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import pytest
from aiohttp import HttpVersion11, web
from msgspec.structs import replace
from multidict import CIMultiDict
from sample import SAMPLE

from chatsim.core.effects import Listen
from chatsim.core.faults import Act, Fault
from chatsim.core.http import Request
from chatsim.core.match import Match
from chatsim.server.app import Server
from chatsim.server.assembly import assemble
from chatsim.server.heads import KNOWN, LONGEST_KNOWN, Head, Heads
from chatsim.server.protocol import Listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chatsim.core.http import Headers
    from chatsim.core.world import World
    from chatsim.server.heads import Peer

GET = b"GET /sample/%d HTTP/1.1\r\nHost: x\r\n%s\r\n"
POST = b"POST /sample/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Length: 29\r\n\r\n"
GOOD = b'{"status":"ok","version":"1"}'


class Counting(Server):
    """A server that counts the requests which took the long way, and those whose head was taken apart."""

    def __init__(self) -> None:
        super().__init__(assemble(apis=[SAMPLE]), read_timeout_s=1)
        self.asked = asyncio.Event()
        self.slow = 0
        self.parsed = 0

    async def handle(self, request: web.BaseRequest, own: str | None = None) -> web.StreamResponse:
        """Count, and answer."""
        self.slow += 1
        self.asked.set()
        return await super().handle(request, own)

    def locate(self, method: str, target: str, headers: Headers, peer: Peer) -> tuple[Request, str]:
        """Count, and take apart."""
        self.parsed += 1
        return super().locate(method, target, headers, peer)


class Wire:
    """A bare connection to a counting server."""

    def __init__(
        self, server: Counting, runner: web.ServerRunner, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server = server
        self.runner = runner
        self._reader = reader
        self._writer = writer

    def send(self, raw: bytes) -> None:
        """Write bytes."""
        self._writer.write(raw)

    def end(self) -> None:
        """Say that nothing follows."""
        self._writer.write_eof()

    async def answers(self, count: int) -> list[tuple[bytes, bytes]]:
        """So many answers: status and body of each."""
        found = []
        async with asyncio.timeout(10):
            for _ in range(count):
                head = await self._reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                found.append((head.split(b" ")[1], await self._reader.readexactly(length)))
        return found

    async def until(self, end: bytes) -> bytes:
        """Everything up to and with these bytes."""
        async with asyncio.timeout(10):
            return await self._reader.readuntil(end)

    async def in_turn(self, *segments: bytes) -> list[tuple[bytes, bytes]]:
        """The answers to requests of which the next is sent when the last was answered."""
        found = []
        for segment in segments:
            self.send(segment)
            found += await self.answers(1)
        return found

    async def ended(self) -> bool:
        """Whether the server closes the connection, without another byte."""
        async with asyncio.timeout(10):
            return await self._reader.read() == b""


class Wires(asyncio.Transport):
    """A transport that remembers what was in the journal when it was written to."""

    def __init__(self, world: World, *, closing: bool = False) -> None:
        super().__init__()
        self._world = world
        self._closing = closing
        self.written: list[str] | None = None

    def write(self, _data: object) -> None:
        """Look into the journal."""
        self.written = [entry.kind for entry in self._world.journal]

    def is_closing(self) -> bool:
        """Whether the client has left."""
        return self._closing


@asynccontextmanager
async def wired(server: Counting) -> AsyncIterator[Wire]:
    """A connection to the server."""
    runner = web.ServerRunner(Listener(server))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    reader, writer = await asyncio.open_connection("127.0.0.1", runner.addresses[0][1])
    yield Wire(server, runner, reader, writer)
    writer.close()
    await server.shut_down()
    await runner.cleanup()


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """A connection to the sample API."""
    async with wired(Counting()) as connected:
        yield connected


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
    await asked(wire)
    wire.send(GOOD[7:])
    wire.send(GET % (3, b""))
    assert [status for status, _ in await wire.answers(2)] == [b"200", b"200"]


@pytest.mark.parametrize("first", [b"", POST[:20]], ids=["alone", "behind a beginning"])
@pytest.mark.parametrize("before", [POST + GOOD, POST + GOOD + GET % (1, b"") * 3])
async def test_what_is_no_request_loses_none_before_it(wire: Wire, first: bytes, before: bytes) -> None:
    """Though all came in one piece; the connection ends then."""
    if first:
        wire.send(first)
        await arrived(wire)
    wire.send(before[len(first) :] + b"this is no request\r\n\r\n" + GET % (2, b""))
    good = before.count(b"Host")
    assert [status for status, _ in await wire.answers(good + 1)] == [b"200"] * good + [b"400"]
    assert await wire.ended()


async def test_what_came_behind_a_handshake_is_its_sockets(wire: Wire) -> None:
    """A client may write before it has the answer."""
    wire.send(
        b"GET /sample/a/ears HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n"
        b"\x81\x82\0\0\0\0hi"
    )
    assert [status for status, _ in await wire.answers(1)] == [b"101"]
    assert await wire.until(b'{"said":"hi"}')


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


async def test_a_head_that_stalls_gets_a_timeout(wire: Wire) -> None:
    """As a body would, and it leaves an entry."""
    wire.server.read_timeout_s = 0.05
    wire.send(b"GET /sample/1 HTTP/1.1\r\nHost: ")
    assert [status for status, _ in await wire.answers(1)] == [b"408"]
    assert await wire.ended()
    assert [entry.status for entry in wire.server.simulator.worlds["default"].journal] == [408]


@pytest.mark.parametrize("before", [b"", GET % (1, b"")])
async def test_a_head_that_stalls_from_the_first_byte_gets_a_timeout(before: bytes) -> None:
    """Also where it came with the connection, or in one piece with a whole request."""
    server = Counting()
    server.read_timeout_s = 0.05
    async with wired(server) as wire:
        wire.send(before + b"GET /sample/1 HTTP/1.1\r\nHost: ")
        statuses = [b"200"] * bool(before) + [b"408"]
        assert [status for status, _ in await wire.answers(len(statuses))] == statuses
        assert await wire.ended()


async def test_an_empty_line_begins_no_head(wire: Wire) -> None:
    """RFC 9112 section 2.2: some clients send one behind a body."""
    wire.server.read_timeout_s = 0.05
    await wire.in_turn(GET % (1, b""))
    wire.send(b"\r\n")
    await asyncio.wait([asyncio.ensure_future(wire.ended())], timeout=0.2)
    assert [entry.status for entry in wire.server.simulator.worlds["default"].journal] == [200]


async def test_a_broken_chunk_is_the_fault_of_its_body(wire: Wire) -> None:
    """In whichever piece it comes, at once and in the words of the API."""
    wire.send(POST.replace(b"Content-Length: 29", b"Transfer-Encoding: chunked"))
    await asked(wire)
    wire.send(b"ZZ\r\n")
    ((status, raw),) = await wire.answers(1)
    assert (status, b"the transfer coding of the body is broken" in raw) == (b"400", True)
    assert await wire.ended()


async def test_a_head_in_pieces_is_no_stall(wire: Wire) -> None:
    """Once it is whole nothing runs out, and an idle connection is left alone."""
    wire.server.read_timeout_s = 0.05
    wire.send(b"GET /sample/1 HT")
    wire.send(b"TP/1.1\r\nHost: x\r\n\r\n")
    await wire.answers(1)
    await asyncio.wait([asyncio.ensure_future(wire.ended())], timeout=0.2)
    assert [entry.status for entry in wire.server.simulator.worlds["default"].journal] == [200]


async def test_a_version_that_is_not_spoken_is_answered_in_one_that_is(wire: Wire) -> None:
    """A status line never claims more than HTTP/1.1."""
    wire.send(b"GET /sample/1 HTTP/2.0\r\nHost: x\r\n\r\n")
    assert (await wire._reader.readline()).startswith(b"HTTP/1.1 ")


async def test_a_broken_handshake_is_refused_in_the_apis_words(wire: Wire) -> None:
    """With the entry's number, as every refusal."""
    wire.send(
        b"GET /sample/a/ears HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    ((status, raw),) = await wire.answers(1)
    assert (status, b"RFC 6455" in raw) == (b"400", True)


async def test_a_head_that_came_before_is_not_parsed_again(wire: Wire) -> None:
    """The body that belongs to it is the one that came with it."""
    sent = (GOOD, b"x" * len(GOOD), GOOD.replace(b"1", b"2"))
    answers = await wire.in_turn(*(POST + one for one in sent))
    assert [status for status, _ in answers] == [b"200", b"400", b"200"]
    journal = wire.server.simulator.worlds["default"].journal
    assert tuple(entry.request_body for entry in journal if entry.kind == "request") == sent
    assert (wire.server.parsed, wire.server.slow) == (1, 0)


async def test_a_client_with_a_connection_for_each_request_is_known_too(wire: Wire) -> None:
    """Its request comes with the connection, and needs no task either."""
    for number in range(3):
        reader, writer = await asyncio.open_connection("127.0.0.1", wire.runner.addresses[0][1])
        writer.write(GET % (1, b"Connection: close\r\n"))
        async with asyncio.timeout(10):
            assert (await reader.read()).endswith(b"\r\n\r\n" + body(1)), number
        writer.close()
    assert (wire.server.parsed, wire.server.slow) == (1, 0)


async def test_what_looks_like_a_known_head_in_a_body_is_body(wire: Wire) -> None:
    """And the connection goes on behind it."""
    known = GET % (1, b"")
    begun = b"POST /sample/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Length: %d\r\n\r\n" % len(
        known
    )
    await wire.in_turn(known)
    wire.send(begun)
    await asked(wire)
    assert await wire.in_turn(known, known) == [(b"400", ANY), (b"200", body(1))]


async def test_what_looks_like_a_known_head_in_a_head_is_part_of_it(wire: Wire) -> None:
    """Here it is the value of a header."""
    await wire.in_turn(GET % (2, b""))
    wire.send(b"GET /sample/1 HTTP/1.1\r\nX-Odd: ")
    await arrived(wire)
    assert await wire.in_turn(GET % (2, b""), GET % (3, b"")) == [(b"200", body(1)), (b"200", body(3))]


async def test_a_head_is_known_again_behind_a_body_in_pieces(wire: Wire) -> None:
    """The parser is between two requests then, and that is known."""
    wire.send(POST + GOOD[:9])
    await asked(wire)
    answers = await wire.in_turn(GOOD[9:], GET % (4, b""), GET % (4, b""))
    assert (answers[1:], wire.server.parsed) == ([(b"200", body(4))] * 2, 2)


async def test_a_head_is_known_behind_a_body_without_a_length(wire: Wire) -> None:
    """It tells its end itself."""
    chunked = POST.replace(b"Content-Length: 29", b"Transfer-Encoding: chunked") + b"1d\r\n" + GOOD + b"\r\n0\r\n\r\n"
    answers = await wire.in_turn(chunked, GET % (4, b""), GET % (4, b""))
    assert ([status for status, _ in answers], wire.server.parsed) == ([b"200"] * 3, 2)


async def test_a_known_head_waits_where_a_fault_says_so(wire: Wire) -> None:
    """It is drawn once, and the next request comes after it."""
    await wire.in_turn(GET % (1, b""))
    faults = wire.server.simulator.worlds["default"].faults
    faults.add(Fault("f", Match.parse({"path": "/sample/1"}), Act(delay_s=0.01), times=1))
    assert await wire.in_turn(GET % (1, b""), GET % (1, b"")) == [(b"200", body(1))] * 2
    assert (faults.all["f"].hits, wire.server.slow) == (1, 1)


def test_few_heads_are_remembered_and_no_long_ones() -> None:
    """So that heads which never come again fill no memory."""
    heads, peer = Heads(), ("http", "127.0.0.1", None)
    request = Request(method="GET", path="/", query="", headers=CIMultiDict())
    listed = [Head(b"%d" % number, request, "", HttpVersion11, True, 0) for number in range(KNOWN + 1)]
    long = Head(b"x" * (LONGEST_KNOWN + 1), request, "", HttpVersion11, True, 0)
    for head in (*listed, long):
        heads.remember(head, peer)
    found = [heads.find(head.raw, peer) for head in (listed[-1], listed[0], long)]
    assert found == [listed[-1], None, None]
    assert heads.find(listed[-1].raw, ("http", "127.0.0.1", "own")) is None


async def test_answers_of_one_turn_are_written_before_their_effects_go(wire: Wire) -> None:
    """In the order of the requests; and an effect that goes wrong keeps no other back."""
    server, wrong = wire.server, []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(str(context["exception"])))
    world = server.simulator.worlds["default"]
    head, name = server.locate("POST", "/sample/a", CIMultiDict({"Authorization": "Bearer good"}), ("http", "", None))
    transports = [Wires(world), Wires(world), Wires(world, closing=True)]
    for transport, effects in zip(transports, [(Listen("a"),), None, None], strict=True):
        outcome = server.outcome(head, name, GOOD)
        given = outcome if effects is None else replace(outcome, effects=effects)
        server.send(transport, b"answer", given)
    assert [one.written for one in transports] == [None, None, None]
    server.flush()
    # What each transport saw of the journal when it was written to: three requests, and nothing that followed them.
    assert [one.written for one in transports] == [["request"] * 3, ["request"] * 3, None]
    assert [entry.kind for entry in world.journal] == ["request"] * 3 + ["push"] * 2
    assert wrong == ["Listen belongs to one connection and has none here"]


@pytest.mark.parametrize("waits", [False, True], ids=["at once", "the first of its connection"])
async def test_a_client_that_says_no_more_is_answered(wire: Wire, waits: bool) -> None:
    """Its last words and their end come in one turn of the loop."""
    if not waits:
        await arrived(wire)
    wire.send(GET % (1, b""))
    wire.end()
    assert await wire.answers(1) == [(b"200", body(1))]
    assert await wire.ended()


async def test_a_body_on_its_way_is_taken_while_the_server_stops(wire: Wire) -> None:
    """And answered, though the connection takes no further request."""
    wire.send(POST + GOOD[:7])
    await asked(wire)
    stopping = asyncio.ensure_future(wire.runner.cleanup())
    await arrived(wire)
    wire.send(GOOD[7:] + GET % (1, b""))
    assert [status for status, _ in await wire.answers(1)] == [b"200"]
    assert await wire.ended()
    await stopping


async def asked(wire: Wire) -> None:
    """Wait until a request took the long way."""
    async with asyncio.timeout(5):
        await wire.server.asked.wait()


async def arrived(wire: Wire) -> None:
    """Let the server, which runs in the same loop, take what was sent."""
    for _ in range(50):
        await asyncio.sleep(0)
