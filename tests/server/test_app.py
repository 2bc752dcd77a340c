"""HTTP on the wire: worlds by prefix and header, bodies in every state, effects after their answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest
from desk import Served, serve
from sample import SAMPLE

from chatsim.core.faults import Act, Fault
from chatsim.core.match import Match
from chatsim.core.simulator import ServerOptions
from chatsim.server.assembly import assemble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

GOOD = b'{"status":"ok","version":"1"}'
POST = b"POST /sample/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\n"


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """The sample API on a free port; a body may pause for 0.2 seconds."""
    async with serve(assemble(apis=[SAMPLE]), read_timeout_s=0.2) as running:
        yield running


async def raw(served: Served, *sent: bytes, until: bytes = b"") -> bytes:
    """Send bytes over a bare connection and read until it closes, or until `until` came."""
    host, port = served.base_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    got = b""
    try:
        async with asyncio.timeout(10):
            for piece in sent:
                writer.write(piece)
                await writer.drain()
            while not (until and until in got) and (chunk := await reader.read(65536)):
                got += chunk
    finally:
        writer.close()
    return got


@pytest.mark.parametrize(
    ("path", "headers", "world"),
    [
        ("/sample/a", {}, "default"),
        ("/w/mine/sample/a", {}, "mine"),
        ("/sample/a", {"X-Sim-World": "other"}, "other"),
        ("/w/mine/sample/a", {"X-Sim-World": "other"}, "mine"),
    ],
)
async def test_a_world_is_chosen(client: aiohttp.ClientSession, path: str, headers: dict[str, str], world: str) -> None:
    """By prefix, then by header, else the default one; entries show the path without the prefix."""
    async with client.get(path, headers=headers) as answer:
        assert (answer.status, answer.headers["X-Sim-World"]) == (200, world)


async def test_the_control_api_stands_at_the_root_only(client: aiohttp.ClientSession) -> None:
    """Below a world's prefix there is none."""
    async with client.get("/w/mine/_sim/livez") as answer:
        assert answer.status == 404


async def test_a_deleted_world_answers_gone(served: Served, client: aiohttp.ClientSession) -> None:
    """With a problem that says how to make it again."""
    served.simulator.enter("old")
    served.simulator.drop("old")
    async with client.get("/w/old/sample/a") as answer:
        assert (answer.status, "POST /_sim/worlds" in await answer.text()) == (410, True)


async def test_a_call_to_a_world_that_is_gone_is_no_bug(served: Served, client: aiohttp.ClientSession) -> None:
    """No route declares 410: the simulator answers it, not the API."""
    served.simulator.enter("old")
    served.simulator.drop("old")
    async with client.get("/w/old/sample/a") as answer:
        assert answer.status == 410
    assert [(entry.status, entry.bug) for entry in served.simulator.desk.journal] == [(410, "")]


async def test_head_has_no_body(client: aiohttp.ClientSession) -> None:
    """But the length of the one that GET has."""
    async with client.head("/sample/a") as answer:
        assert (answer.status, await answer.read(), answer.headers["Content-Length"]) == (200, b"", "29")


async def test_an_answer_without_a_body_claims_no_type(client: aiohttp.ClientSession) -> None:
    """204 is bare."""
    async with client.delete("/sample/a", headers={"Authorization": "Bearer good"}) as answer:
        assert (answer.status, "Content-Type" in answer.headers) == (204, False)


async def test_a_body_in_pieces_is_read_whole(served: Served) -> None:
    """Chunked, with pauses between the chunks."""
    head = POST + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    got = await raw(served, head, b"5\r\n" + GOOD[:5] + b"\r\n", b"18\r\n" + GOOD[5:] + b"\r\n0\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200")


async def test_a_client_that_waits_for_permission_gets_it(served: Served) -> None:
    """100 Continue comes before the body is sent."""
    head = POST + b"Expect: 100-continue\r\nContent-Length: 29\r\n\r\n"
    assert (await raw(served, head, until=b"\r\n\r\n")).startswith(b"HTTP/1.1 100 Continue")


async def test_refused_credentials_win_over_permission(served: Served) -> None:
    """Who is not let in need not send the body at all."""
    head = b"POST /sample/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 29\r\n\r\n"
    assert (await raw(served, head, until=b"\r\n\r\n")).startswith(b"HTTP/1.1 401")


async def test_another_expectation_cannot_be_met(served: Served) -> None:
    """417, as HTTP has it."""
    head = POST + b"Expect: tea\r\nContent-Length: 29\r\nConnection: close\r\n\r\n"
    assert (await raw(served, head, until=b"\r\n\r\n")).startswith(b"HTTP/1.1 417")


@pytest.mark.parametrize("framing", [b"Content-Length: 5000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n7d0\r\n"])
async def test_a_body_over_the_limit_is_refused(served: Served, framing: bytes) -> None:
    """By its announced length at once, without one as soon as it is too long."""
    assert (await raw(served, POST + framing + b"x" * 2000, until=b"\r\n\r\n")).startswith(b"HTTP/1.1 413")


async def test_a_body_that_stalls_gets_a_timeout(served: Served) -> None:
    """After the read time-out; the connection takes no further request."""
    got = await raw(served, POST + b"Content-Length: 29\r\n\r\n" + GOOD[:5], until=b"\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 408")


async def test_a_broken_transfer_coding_is_a_clear_error(served: Served) -> None:
    """Chunks that are none."""
    got = await raw(served, POST + b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\n")
    assert got.split(b" ")[1] == b"400"


async def test_effects_follow_their_answer(served: Served, client: aiohttp.ClientSession) -> None:
    """A listener hears of a greeting, then of the reminder when the clock is moved."""
    async with client.ws_connect("/sample/a/ears") as ears:
        assert await ears.receive_str() == "welcome"
        async with client.post("/sample/a", data=GOOD, headers={"Authorization": "Bearer good"}):
            pass
        assert await ears.receive_str() == '{"room":"a","count":1}'
        ran = await served.server.timekeeper.advance(served.world, 10)
        assert [one["operation"] for one in ran] == ["remind"]
        assert await ears.receive_str() == '{"room":"a"}'


@pytest.mark.parametrize("act", [Act(drop="before"), Act(drop="after")])
async def test_a_fault_breaks_the_connection(served: Served, client: aiohttp.ClientSession, act: Act) -> None:
    """Before or after the operation happened."""
    served.world.faults.add(Fault("f", Match.parse({}), act))
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.post("/sample/a", data=GOOD, headers={"Authorization": "Bearer good"})
    assert served.world.state("sample").greeted == ({} if act.drop == "before" else {"a": 1})


async def test_a_fault_cuts_the_answer_short(served: Served, client: aiohttp.ClientSession) -> None:
    """The announced length never arrives."""
    served.world.faults.add(Fault("f", Match.parse({}), Act(truncate=True)))
    async with client.get("/sample/a") as answer:
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_half_sent_bodies_disturb_nobody(served: Served, client: aiohttp.ClientSession) -> None:
    """With fifty of them open every other request is answered."""
    host, port = served.base_url.removeprefix("http://").split(":")
    open_ones = [await asyncio.open_connection(host, int(port)) for _ in range(50)]
    for _, writer in open_ones:
        writer.write(POST + b"Content-Length: 29\r\n\r\n" + GOOD[:3])
    for _ in range(200):
        async with client.get("/sample/a") as answer:
            assert answer.status == 200
    for _, writer in open_ones:
        writer.close()


async def test_a_world_that_nobody_listed_is_a_problem() -> None:
    """Where worlds are listed a call to another one is told so by the simulator, whatever the API's own words are."""
    simulator = assemble(ServerOptions(worlds="listed"), apis=[SAMPLE])
    async with (
        serve(simulator) as running,
        aiohttp.ClientSession(running.base_url) as client,
        client.get("/w/typo/sample/a") as answer,
    ):
        problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["code"], "'typo'" in problem["detail"]) == (404, "unknown_world", True)


async def test_what_a_late_body_asks_for_is_done_when_it_is_there(
    served: Served, client: aiohttp.ClientSession
) -> None:
    """Not at the moment of its head: what others did meanwhile was before it."""
    world = served.world
    world.clock.freeze(0)
    port = int(served.base_url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(POST + b"Content-Length: 29\r\nConnection: close\r\n\r\n" + GOOD[:3])
    async with asyncio.timeout(5):
        while not world.journal.seq:
            await asyncio.wait([asyncio.ensure_future(asyncio.to_thread(lambda: None))])
        world.clock.move(5)
        async with client.get(f"{served.base_url}/sample/b") as answer:
            assert answer.status == 200
        writer.write(GOOD[3:])
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    writer.close()
    assert [(entry.seq, entry.at) for entry in world.journal if entry.kind == "request"] == [(2, 5), (1, 5)]
