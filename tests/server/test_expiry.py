"""Worlds that end by themselves: on time, wholly, and not while somebody uses them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from desk import NOON, Served, serve
from sample import SAMPLE

from chatsim.core.clock import SECOND
from chatsim.core.effects import Push
from chatsim.core.world import World
from chatsim.server.assembly import assemble

WORLDS = "/_sim/worlds"


class Time:
    """Real time as a server sees it; `ahead` is how far it is moved by hand."""

    def __init__(self) -> None:
        self.ahead = 0

    def wall(self) -> int:
        """The moment in nanoseconds."""
        return NOON + round(asyncio.get_running_loop().time() * SECOND) + self.ahead


@pytest.fixture
def time() -> Time:
    """Time that can be moved."""
    return Time()


@pytest.fixture
async def served(time: Time) -> AsyncIterator[Served]:
    """The sample API on a free port."""
    async with serve(assemble(apis=[SAMPLE], wall=time.wall)) as running:
        yield running


@pytest.fixture
async def client(served: Served) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of it."""
    async with aiohttp.ClientSession(served.base_url) as session:
        yield session


async def make(client: aiohttp.ClientSession, **options: Any) -> str:
    """A world that ends very soon, or as its options say; its address."""
    async with client.post(WORLDS, json={"name": "a", "ttl_s": 0.3, **options}) as answer:
        base_url: str = (await answer.json())["base_url"]
        return base_url


async def until(so: Callable[[], bool]) -> None:
    """Let the server run until it has come to that."""
    turn = asyncio.get_running_loop().create_future()
    async with asyncio.timeout(10):
        while not so():
            await asyncio.wait((turn,), timeout=0)


async def end(ws: aiohttp.ClientWebSocketResponse) -> Any:
    """Listen until the socket is closed; the code."""
    while (message := await ws.receive(timeout=10)).type is not aiohttp.WSMsgType.CLOSE:
        pass
    return message.data


async def test_an_unused_world_ends(client: aiohttp.ClientSession) -> None:
    """Nobody asks for it: its sockets are closed as it goes, its name answers 410."""
    base_url = await make(client)
    async with client.ws_connect(f"{base_url}/sample/hall/ears") as ws:
        assert await end(ws) == 1001
    for url in (f"{WORLDS}/a", f"{base_url}/sample/nowhere"):
        async with client.get(url) as answer:
            assert answer.status == 410


async def test_its_port_is_closed(client: aiohttp.ClientSession) -> None:
    """New connections are refused."""
    base_url = await make(client, listen=True)
    async with client.ws_connect(f"{base_url}/sample/hall/ears") as ws:
        await end(ws)
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.get(f"{base_url}/sample/nowhere")


@pytest.mark.parametrize("ttl_s", [0.3, 3600])
async def test_nothing_of_it_stays(served: Served, client: aiohttp.ClientSession, ttl_s: float) -> None:
    """Its memory is free again; that of a world which was deleted before its time, too."""
    base_url = await make(client, ttl_s=ttl_s)
    async with client.ws_connect(f"{base_url}/sample/hall/ears") as ws:
        await ws.receive_str()
        served.server.carry_out(served.simulator.worlds["a"], [Push(topic="hall", event="x", body={}, one_of=True)])
        if ttl_s > 1:
            await client.delete(f"{WORLDS}/a")
        await end(ws)
    async with client.get(f"{WORLDS}/default"):
        pass
    gc.collect()
    kept = [one for one in gc.get_objects() if type(one) is World and one.simulator is served.simulator]
    assert {world.name for world in kept} == {"_sim", "default"}


async def test_a_message_over_a_socket_is_a_use(served: Served, client: aiohttp.ClientSession) -> None:
    """A heart-beat is none: the sample's are empty."""
    base_url = await make(client, ttl_s=10)
    world = served.simulator.worlds["a"]
    async with client.ws_connect(f"{base_url}/sample/hall/ears") as ws:
        await ws.receive_str()
        (link,) = served.server.hub.links(world)
        for text, used in (("", False), ("hello", True)):
            before, link.received_at = world.last_used, 0
            await ws.send_str(text)
            await until(lambda: link.received_at > 0)
            assert (world.last_used > before) is used


async def test_a_wait_is_a_use_while_it_lasts(served: Served, client: aiohttp.ClientSession, time: Time) -> None:
    """And a moment to use its answer is left after it."""
    await make(client, ttl_s=10)
    world = served.simulator.worlds["a"]
    question = {"match": {"path": "/sample/nowhere"}, "timeout_s": 0.3}
    waiting = asyncio.create_task(client.post(f"{WORLDS}/a/journal/wait", json=question))
    await until(lambda: served.server.waiting.has(world))
    time.ahead += 11 * SECOND
    served.server.expiry.watch(world)
    assert served.simulator.worlds["a"] is world
    time.ahead += 9 * SECOND
    async with await waiting as answer:
        assert answer.status == 409
    assert world.ends_at is not None
    assert world.ends_at > time.wall() + 9 * SECOND


async def test_a_world_ends_at_once_when_time_has_leapt(served: Served, client: aiohttp.ClientSession) -> None:
    """A clock that was set forward is believed as soon as it is looked at."""
    await make(client, ttl_s=3600)
    world = served.simulator.worlds["a"]
    world.last_used -= 3601 * SECOND
    served.server.expiry.watch(world)
    async with client.get(f"{WORLDS}/a") as answer:
        assert answer.status == 410


async def test_a_name_that_is_made_again_has_its_own_time(client: aiohttp.ClientSession) -> None:
    """The end of the one that was deleted is forgotten."""
    await make(client)
    async with client.delete(f"{WORLDS}/a"):
        pass
    base_url = await make(client, ttl_s=3600)
    await make(client, name="b")
    async with client.ws_connect(f"{base_url.removesuffix('a')}b/sample/hall/ears") as ws:
        await end(ws)
    async with client.get(f"{WORLDS}/a") as answer:
        assert answer.status == 200
