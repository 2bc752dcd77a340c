"""Open WebSocket connections."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from chatsim.client import AsyncWorld, NotSeen


@pytest.fixture
async def stream(world_async: AsyncWorld) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A stream of M3O's chat."""
    key = {"Authorization": "Bearer key"}
    async with aiohttp.ClientSession() as session:
        new = session.post(f"{world_async.base_url}/chat/New", json={"user_ids": ["ann"]}, headers=key)
        async with new as answer:
            chat_id = (await answer.json())["chat_id"]
        headers = {**key, "User-Id": "ann", "Chat-Id": chat_id}
        async with session.ws_connect(f"{world_async.base_url}/chat/Connect", headers=headers) as opened:
            yield opened


async def test_a_raw_message_and_a_close(world_async: AsyncWorld, stream: aiohttp.ClientWebSocketResponse) -> None:
    """Both reach the client."""
    (socket,) = await world_async.sockets.wait()
    assert await world_async.sockets.all() == [socket]
    await world_async.sockets.send(socket["id"], text="odd")
    assert await stream.receive_str(timeout=10) == "odd"
    await world_async.sockets.send(socket["id"], base64="AAE=")
    assert await stream.receive_bytes(timeout=10) == b"\0\1"
    await world_async.sockets.close(socket["id"], code=1011)
    await stream.receive(timeout=10)
    assert stream.close_code == 1011


async def test_a_connection_is_broken(world_async: AsyncWorld, stream: aiohttp.ClientWebSocketResponse) -> None:
    """Without a goodbye."""
    (socket,) = await world_async.sockets.wait()
    await world_async.sockets.close(socket["id"], abort=True)
    await stream.receive(timeout=10)
    assert stream.close_code == 1006


async def test_waiting_ends(world_async: AsyncWorld) -> None:
    """Where nobody connects."""
    with pytest.raises(NotSeen):
        await world_async.sockets.wait(timeout_s=0.01)
