"""A world with a port of its own that a fault takes offline: connections are refused, and later they are not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from desk import Served, serve
from sample import SAMPLE

from chatsim.server.assembly import assemble

WORLD = "/_sim/worlds/own"
OFFLINE = {"act": {"offline": True}}


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """The sample API, served for both names of loopback."""
    async with serve(assemble(apis=[SAMPLE])) as running:
        yield running


@pytest.fixture
async def control(served: Served) -> AsyncIterator[aiohttp.ClientSession]:
    """Who makes the world that has a port, and plans."""
    async with aiohttp.ClientSession(served.base_url, raise_for_status=True) as session:
        yield session


@pytest.fixture
async def own(control: aiohttp.ClientSession) -> str:
    """The address of the world with a port of its own."""
    return await make(control, name="own", clock={"mode": "frozen"})


async def make(control: aiohttp.ClientSession, **options: Any) -> str:
    """A world with a port; its address."""
    async with control.post("/_sim/worlds", json={"listen": True, **options}) as answer:
        base_url: str = (await answer.json())["base_url"]
        return base_url


async def plan(control: aiohttp.ClientSession, **body: Any) -> str:
    """Take it offline; where the fault is."""
    async with control.post(f"{WORLD}/faults", json={**OFFLINE, **body}) as answer:
        return answer.headers["Location"]


async def reach(url: str) -> int | type[Exception]:
    """The status of an answer, or how it failed; over a new connection."""
    try:
        async with aiohttp.ClientSession(url) as client, client.get("/sample/nowhere") as answer:
            return answer.status
    except aiohttp.ClientError as error:
        return type(error)


async def test_connections_are_refused_until_the_fault_is_taken_back(control: aiohttp.ClientSession, own: str) -> None:
    """As soon as the calls were answered; the port is the same again."""
    fault = await plan(control)
    assert await reach(own) is aiohttp.ClientConnectorError
    await control.delete(fault)
    assert await reach(own) == 200


async def test_open_connections_end(control: aiohttp.ClientSession, own: str) -> None:
    """Those that were kept are closed, sockets break."""
    async with aiohttp.ClientSession(own) as client, client.ws_connect("/sample/a/ears") as ears:
        await ears.receive_str()
        async with client.get("/sample/nowhere") as answer:
            await answer.read()
        await plan(control)
        await ears.receive(timeout=10)
        assert ears.close_code == 1006
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.get("/sample/nowhere")


async def test_who_plans_it_over_the_port_is_answered(own: str) -> None:
    """It is the last thing that is heard there."""
    async with aiohttp.ClientSession(own) as client:
        async with client.post(f"{WORLD}/faults", json=OFFLINE) as answer:
            assert answer.status == 201
        assert await reach(own) is aiohttp.ClientConnectorError


async def test_it_ends_on_the_worlds_clock(control: aiohttp.ClientSession, own: str) -> None:
    """A fault with `ttl_s`, when the clock was moved past it, and not before."""
    await plan(control, ttl_s=60)
    await control.post(f"{WORLD}/clock", json={"advance_s": 59})
    assert await reach(own) is aiohttp.ClientConnectorError
    await control.post(f"{WORLD}/clock", json={"advance_s": 2})
    assert await reach(own) == 200


async def test_it_ends_by_itself(served: Served, control: aiohttp.ClientSession) -> None:
    """Where the clock runs, nobody has to ask."""
    own = await make(control, name="own")
    await plan(control, ttl_s=0.1)
    async with asyncio.timeout(10):
        while await reach(own) != 200:
            await control.get(f"{WORLD}/clock")


async def test_an_end_that_nobody_saw_is_still_due(control: aiohttp.ClientSession, own: str, served: Served) -> None:
    """Whoever sets the world's next timer between the end of a fault and its own must not forget the port."""
    await plan(control, ttl_s=60)
    clock = served.simulator.worlds["own"].clock
    clock.move(61_000_000_000)
    assert served.server.ports.due(served.simulator.worlds["own"]) == clock.now()


@pytest.mark.parametrize("call", [("POST", "/reset"), ("DELETE", "/faults")])
async def test_other_ends(control: aiohttp.ClientSession, own: str, call: tuple[str, str]) -> None:
    """A reset plans nothing, and all faults may be taken back at once."""
    await plan(control)
    method, path = call
    await control.request(method, f"{WORLD}{path}")
    assert await reach(own) == 200


async def test_a_snapshot_brings_it_along(control: aiohttp.ClientSession, own: str) -> None:
    """Restored into the world, or forked into another that has a port."""
    async with control.get(f"{WORLD}/snapshot") as answer:
        online = await answer.json()
    await plan(control)
    fork = await make(control, name="fork", copy_of="own")
    assert await reach(fork) is aiohttp.ClientConnectorError
    async with control.put(f"{WORLD}/snapshot", json=online):
        assert await reach(own) == 200


async def test_hits_over_the_servers_port_use_it_up(control: aiohttp.ClientSession, own: str, served: Served) -> None:
    """The world is also reached by its prefix: once `times` are over there, its own port is open again."""
    await plan(control, times=1)
    async with aiohttp.ClientSession(served.base_url) as client:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await client.post("/w/own/sample/nowhere")  # which a client does not try again by itself
    async with asyncio.timeout(10):
        while await reach(own) != 200:
            pass


@pytest.mark.parametrize("body", [{"match": {"method": "PUT"}}, {"match": {"path": "/x"}}, {"skip": 1}])
async def test_a_fault_with_conditions_leaves_the_port_open(
    control: aiohttp.ClientSession, own: str, body: dict[str, Any]
) -> None:
    """Only what it matches breaks."""
    await plan(control, **body)
    assert await reach(own) == 200


async def test_a_port_that_is_offline_is_nobody_elses(control: aiohttp.ClientSession, own: str) -> None:
    """No other program gets it meanwhile."""
    await plan(control)
    place = urlsplit(own)
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((place.hostname, place.port))


async def test_a_world_that_is_offline_can_end(control: aiohttp.ClientSession, own: str) -> None:
    """Its port is free again."""
    await plan(control)
    await control.delete(WORLD)
    assert await reach(own) is aiohttp.ClientConnectorError
