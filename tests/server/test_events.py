"""`GET /_sim/events` over real connections: what is told, coming back, slow readers, tokens, the end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from desk import Served, serve
from receiver import receive
from sample import SAMPLE

from chatsim.core.effects import Callback
from chatsim.core.simulator import Access, ServerOptions
from chatsim.server.assembly import assemble

SERVED = [SAMPLE]
Next = Callable[[], Any]


async def event(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    """The next event; comments and the retry hint are passed over."""
    found: dict[str, Any] = {}
    async with asyncio.timeout(10):
        while line := (await answer.content.readline()).decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if line == "\n" and "data" in found:
                return {**found, "data": json.loads(found["data"])}
            if name in ("id", "event", "data"):
                found[name] = value
    raise EOFError


@asynccontextmanager
async def listening(
    client: aiohttp.ClientSession, query: str = "", **headers: str
) -> AsyncIterator[aiohttp.ClientResponse]:
    """A listener that is there: its first lines have arrived."""
    async with client.get(f"/_sim/events{query}", headers=headers) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        assert await answer.content.readline() == b"retry: 1000\n"
        if "last_event_id" not in query and not headers:
            assert (await event(answer))["event"] == "open"
        yield answer


async def test_an_entry_is_told_as_the_journal_shows_it(client: aiohttp.ClientSession) -> None:
    """With the name of its world."""
    async with listening(client) as answer:
        await client.get("/w/ann/sample/nowhere")
        assert (await event(answer))["event"] == "world"
        told = await event(answer)
    async with client.get("/_sim/worlds/ann/journal/1") as shown:
        assert told == {"id": "2", "event": "entry", "data": {"world": "ann", **await shown.json()}}


async def test_who_leaves_before_anything_happened_can_come_back(client: aiohttp.ClientSession) -> None:
    """The opening names the latest event."""
    await client.get("/sample/nowhere")
    async with client.get("/_sim/events") as answer:
        assert (await event(answer))["id"] == "1"


async def test_the_clock_is_told(client: aiohttp.ClientSession) -> None:
    """When it stands still, and when it was moved."""
    async with listening(client, "?world=default") as answer:
        await client.post("/_sim/worlds/default/clock", json={"mode": "frozen", "at": "2026-01-01T12:00:00Z"})
        await client.post("/_sim/worlds/default/clock", json={"advance_s": 60})
        seen = [await event(answer) for _ in range(2)]
    assert [(one["event"], one["data"]["now"][11:19]) for one in seen] == [("clock", "12:00:00"), ("clock", "12:01:00")]


async def test_what_becomes_of_a_world_is_told(client: aiohttp.ClientSession) -> None:
    """By whatever made or ended it, with its labels; a fork is made, and that is all."""
    world = "/_sim/worlds/ann"
    async with listening(client) as answer:
        await client.post("/_sim/worlds", json={"name": "ann", "labels": {"suite": "x"}})
        async with client.get(f"{world}/snapshot") as taken:
            snapshot = await taken.json()
        await client.put(f"{world}/snapshot", json=snapshot)
        await client.post(f"{world}/reset")
        await client.put(f"{world}?reset=true", json={"labels": {"suite": "x"}})
        await client.delete(world)
        await client.post("/_sim/worlds", json={"name": "bob", "copy_of": "default", "listen": True})
        await client.delete("/_sim/worlds/bob")
        await client.post("/_sim/worlds", json={"name": "cid", "ttl_s": 0.05})
        seen = [await event(answer) for _ in range(9)]
    assert {one["event"] for one in seen} == {"world"}
    changes = {
        name: [one["data"]["change"] for one in seen if one["data"]["world"] == name] for name in ("ann", "bob", "cid")
    }
    assert changes == {
        "ann": ["made", "restored", "reset", "reset", "deleted"],
        "bob": ["made", "deleted"],
        "cid": ["made", "expired"],
    }
    assert [one["data"]["labels"] for one in seen[:5]] == [{"suite": "x"}] * 5


async def test_sockets_are_told(client: aiohttp.ClientSession) -> None:
    """When they are there, and when they are gone, with the code."""
    async with listening(client) as answer:
        async with client.ws_connect("/sample/a/ears") as ears:
            await ears.receive_str()
        seen: list[dict[str, Any]] = []
        while len(seen) < 2:
            if (one := await event(answer))["event"] == "socket":
                seen.append(one["data"])
    assert [(one["change"], one.get("code")) for one in seen] == [("opened", None), ("closed", 1000)]


async def test_attempts_of_deliveries_are_told(served: Served, client: aiohttp.ClientSession) -> None:
    """With what became of them."""
    async with receive() as receiver, listening(client) as answer:
        served.server.carry_out(
            served.world, made(served, Callback(topic="a", url=f"{receiver.url}/hook", body={"n": 1}, about="init"))
        )
        while (one := await event(answer))["event"] != "delivery":
            pass
    assert (one["data"]["about"], one["data"]["state"], one["data"]["status"]) == ("init", "delivered", 200)


def made(served: Served, effect: Callback) -> list[Any]:
    """A delivery, entered as the pipeline does it."""
    from chatsim.core.callbacks import deliver
    from chatsim.core.effects import Leave

    world = served.world
    return [Leave(deliver(world, effect, api="sample", now=world.clock.now(), cause=0).id)]


@pytest.mark.parametrize("how", ["header", "query", "both"])
async def test_who_comes_back_hears_the_rest(client: aiohttp.ClientSession, how: str) -> None:
    """By the header of a browser, or by the query; the header wins."""
    for _ in range(3):
        await client.get("/sample/nowhere")
    query = {"header": "", "query": "?last_event_id=2", "both": "?last_event_id=0"}[how]
    headers = {} if how == "query" else {"Last-Event-ID": "2"}
    async with listening(client, query, **headers) as answer:
        assert (await event(answer))["id"] == "3"


async def test_a_listener_that_does_not_read_loses_and_delays_nobody(
    served: Served, client: aiohttp.ClientSession
) -> None:
    """Nothing is kept for it beyond what is kept for all; when it reads again it is told of the gap."""
    async with listening(client) as deaf, listening(client) as keen:
        for number in range(1, 3_001):
            served.simulator.events.tell("a", "clock", {"text": "x" * 10_000})
            if number % 50 == 0:
                assert int((await event(keen))["id"]) <= number
        kinds = set()
        while int((one := await event(deaf))["id"]) < 3_000:
            kinds.add(one["event"])
    assert kinds == {"clock", "lost"}


async def test_a_world_that_is_not_there(client: aiohttp.ClientSession) -> None:
    """404; an id that is no number, 422."""
    for query, status in (("?world=nobody", 404), ("?last_event_id=x", 422), ("?word=x", 422)):
        async with client.get(f"/_sim/events{query}") as answer:
            assert answer.status == status


async def test_a_token_may_stand_in_the_query_here_only() -> None:
    """A browser's EventSource cannot send an Authorization header."""
    options = ServerOptions(access=Access(token="right"))
    async with serve(assemble(options, apis=[SAMPLE])) as running, aiohttp.ClientSession(running.base_url) as client:
        async with listening(client, "?access_token=right"):
            pass
        for target in ("/_sim/events?access_token=wrong", "/_sim/events", "/_sim/apis?access_token=right"):
            async with client.get(target) as answer:
                assert answer.status == 401


async def test_streams_end_when_the_server_does(served: Served, client: aiohttp.ClientSession) -> None:
    """Nobody waits for them."""
    async with listening(client) as answer:
        assert served.server.streams.count == 1
        await served.server.shut_down()
        async with asyncio.timeout(5):
            await answer.content.read()
    assert served.server.streams.count == 0


async def test_a_listener_that_left_is_forgotten(served: Served, client: aiohttp.ClientSession) -> None:
    """At the next thing that is written to it."""
    async with listening(client) as answer:
        answer.close()
    async with asyncio.timeout(10):
        while served.server.streams.count:
            await client.get("/sample/nowhere")
