"""Weavy over real connections: many at once, and the hub through aiohttp's own WebSocket client."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from desk import Served
from weavy_people import People

SEPARATOR = "\x1e"


@pytest.fixture
def people(served: Served) -> People:
    """The users of the documented world."""
    return People(served.base_url)


async def test_forty_creations_at_once_give_one_private_chat(people: People) -> None:
    """From both sides, over forty connections."""
    tokens = {other: await people.token(uid) for uid, other in (("alice", 4), ("dora", 1))}

    async def create(session: aiohttp.ClientSession, other: int) -> int:
        headers = {"Authorization": f"Bearer {tokens[other]}"}
        url = f"{people.base_url}/api/conversations"
        async with session.post(url, json={"members": [other]}, headers=headers) as answer:
            assert answer.status == 201
            number: int = (await answer.json())["id"]
            return number

    async with aiohttp.ClientSession() as session:
        made = await asyncio.gather(*(create(session, other) for other in (4, 1) * 20))
    assert len(set(made)) == 1


async def test_the_hub_over_a_websocket(people: People) -> None:
    """Handshake, subscription and event, as text frames that end in 0x1E."""
    url = f"{people.base_url}/hubs/rtm?access_token={await people.token('alice')}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await socket.send_str('{"protocol":"json","version":1}' + SEPARATOR)
        call = {"type": 1, "invocationId": "0", "target": "Subscribe", "arguments": ["a1:message_created"]}
        await socket.send_str(json.dumps(call) + SEPARATOR)
        answers = [(await socket.receive_str(timeout=5)) for _ in range(2)]
        await people.write("dora", 1, "Hi")
        event = json.loads((await socket.receive_str(timeout=5)).removesuffix(SEPARATOR))
    assert answers == ["{}" + SEPARATOR, '{"type":3,"invocationId":"0","result":null}' + SEPARATOR]
    assert (event["target"], event["arguments"][0]["message"]["text"]) == ("a1:message_created", "Hi")
    assert event["arguments"][0]["actor"]["avatar_url"] == f"{people.base_url}/api/users/4/avatar.svg"


async def test_an_event_links_into_a_world_that_a_header_chose(people: People) -> None:
    """The picture is fetched by somebody who sends no such header."""
    base_url, people.base_url = people.base_url, f"{people.base_url}/w/b"
    url = f"{base_url}/hubs/rtm?access_token={await people.token('alice')}"
    headers = {"X-Sim-World": "b"}
    async with aiohttp.ClientSession() as session, session.ws_connect(url, headers=headers) as socket:
        await socket.send_str('{"protocol":"json","version":1}' + SEPARATOR)
        call = {"type": 1, "invocationId": "0", "target": "Subscribe", "arguments": ["a1:message_created"]}
        await socket.send_str(json.dumps(call) + SEPARATOR)
        for _ in range(2):
            await socket.receive_str(timeout=5)
        await people.write("dora", 1, "Hi")
        event = json.loads((await socket.receive_str(timeout=5)).removesuffix(SEPARATOR))
    assert event["arguments"][0]["actor"]["avatar_url"] == f"{base_url}/w/b/api/users/4/avatar.svg"
