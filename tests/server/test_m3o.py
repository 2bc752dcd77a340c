"""M3O's streams on the wire: what only real connections show."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import pytest
from desk import Served
from streams import listeners

from chatsim.apis.m3o import API

if TYPE_CHECKING:
    pass

SERVED = [API]
PATIENCE_S: Final = 10
KEY: Final = {"Authorization": "Bearer key"}
DOCUMENTED: Final = "bed4f0f0-da12-46d2-90d2-17ae1714a214"


async def post(client: aiohttp.ClientSession, path: str, body: Any) -> Any:
    """Call with a key."""
    async with client.post(path, json=body, headers=KEY) as answer:
        return await answer.json()


async def connect(client: aiohttp.ClientSession, user_id: str, chat_id: str) -> aiohttp.ClientWebSocketResponse:
    """Connect to a chat."""
    return await client.ws_connect("/chat/Connect", headers={**KEY, "User-Id": user_id, "Chat-Id": chat_id})


async def heard(stream: aiohttp.ClientWebSocketResponse) -> Any:
    """The next frame's value; frames are text."""
    return await stream.receive_json(timeout=PATIENCE_S)


async def ended(stream: aiohttp.ClientWebSocketResponse) -> int | None:
    """The code that a stream is closed with, nothing else coming before."""
    message = await stream.receive(timeout=PATIENCE_S)
    assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    return stream.close_code


async def test_two_users_play_ping_pong(served: Served, client: aiohttp.ClientSession) -> None:
    """As the service's own sample program does: make a chat, look at its history, connect both, count."""
    chat = await post(client, "/chat/New", {"user_ids": ["user-1", "user-2"]})
    assert await post(client, "/chat/History", chat) == {}
    one, two = [await connect(client, user, chat["chat_id"]) for user in ("user-1", "user-2")]
    await listeners(served, 2)
    for number in range(1, 9):
        speaker, listener = (one, two) if number % 2 else (two, one)
        await speaker.send_json({"client_id": str(number), "subject": f"Message {number}", "text": str(number)})
        assert (await heard(listener))["text"] == str(number)
    history = await post(client, "/chat/History", chat)
    assert [message["text"] for message in history["messages"]] == [str(number) for number in range(1, 9)]


async def test_connections_of_one_user_share_what_is_said(served: Served, client: aiohttp.ClientSession) -> None:
    """Each message comes to one of them, and to each other user once."""
    bens = [await connect(client, "ben", DOCUMENTED) for _ in range(2)]
    carl = await connect(client, "carl", DOCUMENTED)
    await listeners(served, 3)
    for number in range(4):
        await post(client, "/chat/Send", {"chat_id": DOCUMENTED, "user_id": "ann", "text": str(number)})
    assert [(await heard(carl))["text"] for _ in range(4)] == ["0", "1", "2", "3"]
    shared = [[(await heard(ben))["text"] for _ in range(2)] for ben in bens]
    assert sorted(text for texts in shared for text in texts) == ["0", "1", "2", "3"]


async def test_both_eras_stream_side_by_side(served: Served, client: aiohttp.ClientSession) -> None:
    """A group and a chat, each heard by its own."""
    group = (await post(client, "/v1/chat/Create", {"user_ids": ["ann"]}))["group"]
    join = await client.ws_connect("/v1/chat/Join", headers=KEY)
    await join.send_json({"group_id": group["id"], "user_id": "ben"})
    ben = await connect(client, "ben", DOCUMENTED)
    await listeners(served, 2)
    message = {"user_id": "ann", "text": "hello"}
    await post(client, "/chat/Send", {**message, "chat_id": DOCUMENTED})
    sent = await post(client, "/v1/chat/Send", {**message, "group_id": group["id"]})
    assert (await heard(ben))["chat_id"] == DOCUMENTED
    assert await heard(join) == sent


async def test_wrong_ids_are_told_after_the_handshake(client: aiohttp.ClientSession) -> None:
    """A frame, then the end."""
    stream = await connect(client, "ann", "nope")
    assert (await heard(stream))["id"] == "chat.Connect.InvalidChatID"
    assert await ended(stream) == 1000


async def test_a_dropped_stream(served: Served, client: aiohttp.ClientSession) -> None:
    """Under the quirk the connection is gone without a word."""
    served.world.quirks["m3o.stream-errors"] = "dropped"
    assert await ended(await connect(client, "ann", "nope")) == 1006


async def test_no_account_refuses_the_handshake_of_connect(client: aiohttp.ClientSession) -> None:
    """The unversioned gateway answers 401 in plain text."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await client.ws_connect("/chat/Connect")
    assert caught.value.status == 401


async def test_no_key_does_not_refuse_the_handshake_of_join(client: aiohttp.ClientSession) -> None:
    """The error comes after the first frame, and not before."""
    stream = await client.ws_connect("/v1/chat/Join")
    with pytest.raises(TimeoutError):
        await stream.receive(timeout=0.05)
    await stream.send_str("{}")
    assert (await heard(stream))["code"] == 401
    assert await ended(stream) == 1000


async def test_a_browser_gets_its_key_back_as_the_protocol(served: Served, client: aiohttp.ClientSession) -> None:
    """It would close the connection otherwise."""
    group = (await post(client, "/v1/chat/Create", {}))["group"]
    stream = await client.ws_connect("/v1/chat/Join", protocols=("key",))
    assert stream.protocol == "key"
    await stream.send_json({"group_id": group["id"], "user_id": "ben"})
    await listeners(served, 1)


async def test_a_long_frame(served: Served, client: aiohttp.ClientSession) -> None:
    """Taken and told."""
    ann, ben = [await connect(client, user, DOCUMENTED) for user in ("ann", "ben")]
    await listeners(served, 2)
    await ann.send_json({"text": "x" * 100_000})
    assert len((await heard(ben))["text"]) == 100_000


async def test_a_frame_over_the_limit(served: Served, client: aiohttp.ClientSession) -> None:
    """Under the quirk 513 bytes end the connection."""
    served.world.quirks["m3o.frame-limit"] = "512"
    ann = await connect(client, "ann", DOCUMENTED)
    await ann.send_str("x" * 513)
    assert await ended(ann) == 1009


async def test_nobody_waits_for_who_does_not_read(served: Served, client: aiohttp.ClientSession) -> None:
    """A stream that is never read delays neither the sender nor others."""
    lazy, eager = [await connect(client, user, DOCUMENTED) for user in ("lazy", "eager")]
    await listeners(served, 2)
    text = "x" * 50_000
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(60):
            await post(client, "/chat/Send", {"chat_id": DOCUMENTED, "user_id": "ann", "text": text})
            await heard(eager)
    assert not lazy.closed
