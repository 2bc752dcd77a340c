"""Ports of worlds: each leads to its own world only, and ends with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest
from desk import Served, serve
from sample import SAMPLE

from chatsim.core.effects import Dispose, OpenPort
from chatsim.core.http import Pending, Reply
from chatsim.server.assembly import assemble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """The sample API on a free port."""
    async with serve(assemble(apis=[SAMPLE])) as running:
        yield running


async def give_port(served: Served, name: str) -> int | None:
    """Open a port for a world the way an operation does."""
    world, opened = served.simulator.enter(name), list[int | None]()
    served.server.carry_out(world, [OpenPort(done=opened.append)])
    pending = Pending(check=lambda: Reply() if opened else None, timeout_s=5, expired=Reply)
    await served.server.waiting.reply(world, pending)
    return opened[0]


async def test_a_port_leads_to_its_world(served: Served) -> None:
    """Neither a prefix nor a header leads elsewhere from there."""
    port = await give_port(served, "mine")
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        async with client.get("/sample/a", headers={"X-Sim-World": "other"}) as answer:
            assert answer.headers["X-Sim-World"] == "mine"
        async with client.get("/w/other/sample/a") as answer:
            assert answer.status == 404


async def test_a_port_ends_with_its_world(served: Served) -> None:
    """Also for clients that kept their connection, and new ones are refused."""
    port = await give_port(served, "mine")
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        async with client.get("/sample/a"):
            pass
        world = served.simulator.drop("mine")
        served.server.carry_out(world, [Dispose(listener=True)])
        await served.server.ports.close(world)
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.get("/sample/a")


async def test_there_may_be_no_port_left() -> None:
    """Then the world is told so."""
    async with serve(assemble(apis=[SAMPLE]), world_ports=()) as one:
        first = await give_port(one, "a")
        assert first is not None
        async with serve(assemble(apis=[SAMPLE]), world_ports=(first,)) as two:
            assert await give_port(two, "b") is None
