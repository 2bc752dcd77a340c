"""Triggers that wait for the receiver of the callback they cause."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from desk import Served

WORLD = "/_sim/worlds/default"
SERVICE = "e4c2b1a0-0000-4000-8000-00000000000f"
WHO = {"tenant": "flutter", "service": SERVICE, "user": "u"}


class Receiver:
    """A client's server: answers with `status`, after it was let."""

    def __init__(self) -> None:
        self.status = 200
        self.let = asyncio.Event()
        self.let.set()
        self.url = ""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Take a callback."""
        await self.let.wait()
        return web.Response(status=self.status)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    made = Receiver()
    runner = web.ServerRunner(web.Server(made.handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/cb"
    yield made
    made.let.set()
    await runner.cleanup()


@pytest.fixture
async def client(served: Served, receiver: Receiver) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of a simulator in which the receiver is a KOBIL service."""
    async with aiohttp.ClientSession(served.base_url) as session:
        body = {"callback_url": receiver.url}
        async with session.put(f"{WORLD}/kobil/services/{SERVICE}", json=body) as answer:
            assert answer.status == 201
        yield session


@pytest.mark.parametrize(("status", "state"), [(200, "delivered"), (500, "failed")])
async def test_a_trigger_tells_how_the_receiver_answered(
    client: aiohttp.ClientSession, receiver: Receiver, status: int, state: str
) -> None:
    """With `wait_s` the answer comes after the outcome."""
    receiver.status = status
    async with client.post(f"{WORLD}/kobil/open-chat", json={**WHO, "wait_s": 10}) as answer:
        said = await answer.json()
    assert (answer.status, said["status"]) == (200, status)
    assert said["outcomes"] == [{"id": said["deliveries"][0], "state": state, "status": status}]


async def test_a_trigger_does_not_wait_unasked(client: aiohttp.ClientSession, receiver: Receiver) -> None:
    """The ids of the deliveries are all it says."""
    receiver.let.clear()
    async with client.post(f"{WORLD}/kobil/open-chat", json=WHO) as answer:
        said = await answer.json()
    assert answer.status == 200
    assert said.keys() == {"entry", "message_id", "deliveries"}


async def test_a_receiver_that_takes_too_long(client: aiohttp.ClientSession, receiver: Receiver) -> None:
    """409 with the entry and the deliveries, which go on."""
    receiver.let.clear()
    async with client.post(f"{WORLD}/kobil/open-chat", json={**WHO, "wait_s": 0.05}) as answer:
        said = await answer.json()
    assert (answer.status, said["code"], len(said["deliveries"])) == (409, "not_settled", 1)


async def test_a_wait_ends_when_the_world_is_reset(client: aiohttp.ClientSession, receiver: Receiver) -> None:
    """The delivery is dropped, and nobody waits for it any more."""
    receiver.let.clear()
    waiting = asyncio.create_task(client.post(f"{WORLD}/kobil/open-chat", json={**WHO, "wait_s": 30}))
    async with client.post(f"{WORLD}/journal/wait", json={"match": {"kind": "trigger"}, "timeout_s": 10}) as answer:
        assert answer.status == 200
    async with client.post(f"{WORLD}/reset") as answer:
        assert answer.status == 200
    async with await asyncio.wait_for(waiting, 5) as answer:
        assert (await answer.json())["outcomes"][0]["state"] == "dropped"
