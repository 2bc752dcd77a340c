"""How a server stops: nobody who waits for something holds it up."""

import asyncio
from collections.abc import Callable

import aiohttp
import pytest
from desk import Served
from rawsocket import raw_socket

WORLD = "/_sim/worlds/default"
WAITS = [
    ("journal/wait", {"match": {"path": "/nothing"}, "timeout_s": 60}, 409),
    ("sockets/wait", {"count": 7, "timeout_s": 60}, 409),
]


async def until(ready: Callable[[], bool]) -> None:
    """Let the server, which runs in the same loop, come so far."""
    for _ in range(100_000):
        if ready():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not come so far")


@pytest.mark.parametrize(("question", "body", "status"), WAITS)
async def test_who_waits_is_answered(
    served: Served, client: aiohttp.ClientSession, question: str, body: dict[str, object], status: int
) -> None:
    """As if the time was over; also who asks only now."""
    asked = asyncio.ensure_future(client.post(f"{WORLD}/{question}", json=body))
    await until(lambda: served.server.waiting.count == 1)
    await served.server.shut_down()
    async with asyncio.timeout(5):
        assert (await asked).status == status
        assert (await client.post(f"{WORLD}/{question}", json=body)).status == status


async def test_what_a_fault_delays_is_answered(served: Served, client: aiohttp.ClientSession) -> None:
    """The rest of the delay is left out."""
    fault = {"match": {"path": "/api/users"}, "times": None, "act": {"delay_s": 60, "status": 503}}
    assert (await client.post(f"{WORLD}/faults", json=fault)).status == 201
    asked = asyncio.ensure_future(client.get("/api/users"))
    await until(lambda: len(served.world.journal) == 1)
    await served.server.shut_down()
    async with asyncio.timeout(5):
        assert (await asked).status == 503


async def test_a_client_that_does_not_say_goodbye(served: Served, client: aiohttp.ClientSession) -> None:
    """Gets less than a second for it, then its connection is dropped."""
    channel = {"channel_id": "09816fe0-7950-40cb-bf60-adfa0d6d0679"}
    token = (await (await client.post("/chatplugin.authenticate", json=channel)).json())["token"]
    async with raw_socket(f"{served.base_url}/ws.chatplugin", {"Authorization": f"Bearer {token}"}) as socket:
        async with asyncio.timeout(1):
            await served.server.shut_down()
        assert await socket.closed() == 1001
        assert await socket.ended() == b""
