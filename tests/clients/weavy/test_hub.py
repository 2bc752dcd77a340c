"""SignalR's own client for Node, connected to the hub."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest
from desk import Served
from weavy_people import People

HERE: Final = Path(__file__).parent
PATIENCE_S: Final = 20


class Listener:
    """A running client: `event` waits for what it says next, `invoke` calls a method of the hub."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def event(self) -> dict[str, Any]:
        """The next thing it has to say."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), PATIENCE_S)
        said: dict[str, Any] = json.loads(line)
        return said

    async def invoke(self, method: str, name: str) -> dict[str, Any]:
        """Call a method and wait for the completion."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"method": method, "name": name}).encode() + b"\n")
        return await self.event()


Start = Callable[..., Awaitable[Listener]]


@pytest.fixture
async def start(packages: None, served: Served) -> AsyncIterator[Start]:
    """Starts clients, each with a token, and ends them."""
    running: list[Listener] = []

    async def start_one(token: str, *options: str) -> Listener:
        process = await asyncio.create_subprocess_exec(
            "node", "hub.mjs", served.base_url, token, *options,
            cwd=HERE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        running.append(Listener(process))
        return running[-1]

    yield start_one
    for listener in running:
        if listener.process.returncode is None:
            listener.process.kill()
        await listener.process.wait()


@pytest.fixture
async def listener(start: Start, people: People) -> Listener:
    """A connected client of alice."""
    one = await start(await people.token("alice"))
    assert await one.event() == {"event": "started"}
    return one


@pytest.mark.parametrize("name", ["message_created", "a1:message_created"])
async def test_a_message_is_told_under_the_subscribed_name(listener: Listener, people: People, name: str) -> None:
    """Both forms of a name work, and the event has the message and its author."""
    assert await listener.invoke("Subscribe", name) == {"event": "completed", "result": None}
    await people.write("dora", 1, "Hello!")
    told = await listener.event()
    assert (told["event"], told["payload"]["message"]["text"], told["payload"]["actor"]["uid"]) == (
        name,
        "Hello!",
        "dora",
    )


async def test_another_app_is_not_told(listener: Listener, people: People) -> None:
    """A name with an app's number hears that app alone, in the order of what happened."""
    chat = await people.do("dora", "POST", "/api/conversations", {"members": [1]})
    await listener.invoke("Subscribe", f"a{chat['id']}:message_created")
    await people.write("dora", 1, "elsewhere")
    await people.write("dora", chat["id"], "here")
    assert (await listener.event())["payload"]["message"]["text"] == "here"


async def test_who_unsubscribed_is_told_no_more(listener: Listener, people: People) -> None:
    """The next thing heard is the answer to the next call."""
    await listener.invoke("Subscribe", "message_created")
    await listener.invoke("Unsubscribe", "message_created")
    await people.write("dora", 1, "Hello!")
    assert (await listener.invoke("Subscribe", "x"))["event"] == "completed"


async def test_an_unknown_method_fails(listener: Listener) -> None:
    """The completion has an error, and the connection lives on."""
    failed = await listener.invoke("Shout", "x")
    assert (failed["event"], "Unknown hub method 'Shout'" in failed["message"]) == ("failed", True)
    assert (await listener.invoke("Subscribe", "x"))["event"] == "completed"


async def test_it_reconnects(listener: Listener, served: Served) -> None:
    """A dropped connection is made again."""
    for link in served.server.hub.links(served.world):
        link.abort()
    assert await listener.event() == {"event": "reconnected"}


async def test_negotiation_may_be_skipped(start: Start, people: People) -> None:
    """A client that goes to the WebSocket at once is let in."""
    one = await start(await people.token("alice"), "skip")
    assert await one.event() == {"event": "started"}


@pytest.mark.parametrize("options", [(), ("skip",)])
async def test_a_bad_token_is_refused(start: Start, options: tuple[str, ...]) -> None:
    """Neither negotiation nor handshake succeed."""
    one = await start("wyu_unknown", *options)
    assert (await one.event())["event"] == "refused"
