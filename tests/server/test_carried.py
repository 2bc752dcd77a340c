"""Deliveries that were there before: after a restart, in a restored world, in a fork."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from desk import serve
from receiver import Receiver, receive

from chatsim.core.callbacks import CUT_SHORT
from chatsim.server.app import Server
from chatsim.server.assembly import assemble
from chatsim.server.runner import go_on
from chatsim.server.statefile import StateFile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

WHO = {"tenant": "flutter", "service": "shop", "user": "john"}
RETRY: dict[str, Any] = {"callbacks.attempts": 2, "callbacks.backoff_s": [60]}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A service's server."""
    async with receive() as running:
        yield running


class Control:
    """Calls to the control API."""

    server: Server

    def __init__(self, session: aiohttp.ClientSession, world: str = "default") -> None:
        self._session = session
        self._world = world

    async def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """Call a row of the world and give its answer."""
        async with self._session.request(method, f"/_sim/worlds/{self._world}{path}", json=body) as answer:
            text = await answer.text()
            assert answer.status == status, text
            return json.loads(text) if text else None

    async def write(self, text: str) -> str:
        """Let the user write; the id of the delivery."""
        sent = await self.ask("POST", "/kobil/send-text", {**WHO, "text": text})
        return str(sent["deliveries"][0])

    async def states(self) -> dict[str, str]:
        """The state of every delivery, by what it says."""
        found = (await self.ask("GET", "/callbacks"))["callbacks"]
        return {said(one["body"]): one["state"] for one in found}

    async def fail_once(self, receiver: Receiver) -> None:
        """Stop the clock and let the delivery "one" fail, to be tried again in a minute."""
        receiver.answer = lambda request: web.Response(status=500)
        await self.ask("POST", "/clock", {"mode": "frozen"})
        await self.ask("PATCH", "/settings", RETRY)
        await self.ask("PUT", "/kobil/services/shop", {"callback_url": f"{receiver.url}/cb?secret=s3"}, 201)
        await self.write("one")
        await self.ask("POST", "/callbacks/wait", {"timeout_s": 10})
        receiver.answer = lambda request: web.Response()

    async def fork(self, name: str) -> Control:
        """A fork of the world."""
        async with self._session.post("/_sim/worlds", json={"name": name, "copy_of": self._world}) as answer:
            assert answer.status == 201
        return Control(self._session, name)


def said(body: Any) -> str:
    """What the user wrote in a callback."""
    return str(body["message"]["content"]["messageContent"]["messageText"])


def heard(receiver: Receiver) -> list[str]:
    """What arrived."""
    return [said(json.loads(body)) for body in receiver.bodies]


@asynccontextmanager
async def running(file: Path | None = None) -> AsyncIterator[Control]:
    """A simulator with a state file, from its start to its end."""
    simulator = assemble()
    keeper = StateFile(simulator, file) if file else None
    if keeper is not None:
        keeper.load()
    async with serve(simulator) as served, aiohttp.ClientSession(served.base_url) as session:
        go_on(served.server)
        control = Control(session)
        control.server = served.server
        yield control
    if keeper is not None:
        await keeper.close()


async def test_a_restart_keeps_a_retry(receiver: Receiver, tmp_path: Path) -> None:
    """It leaves at its moment on the world's clock, before what was written later in its conversation."""
    async with running(tmp_path / "state.json") as control:
        await control.fail_once(receiver)
        await control.write("two")
    async with running(tmp_path / "state.json") as control:
        assert await control.states() == {"one": "scheduled", "two": "pending"}
        await control.ask("POST", "/clock", {"advance_s": 60})
        assert heard(receiver) == ["one", "one", "two"]
        assert await control.states() == {"one": "delivered", "two": "delivered"}


async def test_a_restart_keeps_what_is_held(receiver: Receiver, tmp_path: Path) -> None:
    """Who stopped the sending lets it go on."""
    async with running(tmp_path / "state.json") as control:
        await control.fail_once(receiver)
        await control.ask("POST", "/callbacks/hold")
        await control.write("two")
    async with running(tmp_path / "state.json") as control:
        assert await control.states() == {"one": "held", "two": "held"}
        await control.ask("POST", "/callbacks/release")
        await control.ask("POST", "/clock", {"advance_s": 60})
        assert heard(receiver) == ["one", "one", "two"]


async def test_a_retry_that_fell_due_meanwhile_leaves_with_the_start(receiver: Receiver, tmp_path: Path) -> None:
    """Nobody has to call the simulator first."""
    file = tmp_path / "state.json"
    async with running(file) as control:
        await control.fail_once(receiver)
        await control.ask("POST", "/clock", {"mode": "real"})
    document = json.loads(file.read_bytes())
    document["shift"] += 61 * 10**9
    file.write_text(json.dumps(document))
    async with running(file):
        await receiver.arrived(2)


async def test_an_attempt_that_the_end_cut_short_has_failed(receiver: Receiver, tmp_path: Path) -> None:
    """Whether it arrived is not known, so the retry policy decides; what waited behind it goes on."""
    receiver.gate = asyncio.Event()
    async with running(tmp_path / "state.json") as control:
        await control.ask("PUT", "/kobil/services/shop", {"callback_url": f"{receiver.url}/cb?secret=s3"}, 201)
        await control.write("one")
        await receiver.arrived(1)
        await control.write("two")
    receiver.gate.set()
    async with running(tmp_path / "state.json") as control:
        await receiver.arrived(2)
        await control.ask("POST", "/callbacks/wait", {"timeout_s": 10})
        assert await control.states() == {"one": "failed", "two": "delivered"}
        assert heard(receiver) == ["one", "two"]
        [first, _] = (await control.ask("GET", "/callbacks"))["callbacks"]
        assert [attempt["error"] for attempt in first["attempts"]] == [CUT_SHORT]


async def test_a_fork_keeps_a_retry_that_lies_ahead(receiver: Receiver) -> None:
    """As it keeps what else is due on its clock; nothing is sent before."""
    async with running() as control:
        await control.fail_once(receiver)
        fork = await control.fork("fork")
        assert await fork.states() == {"one": "scheduled"}
        assert heard(receiver) == ["one"]
        await fork.ask("POST", "/clock", {"advance_s": 60})
        assert heard(receiver) == ["one", "one"]
        assert await control.states() == {"one": "scheduled"}


async def test_a_restored_world_and_a_fork_look_at_their_clocks(receiver: Receiver) -> None:
    """Where time runs, a retry leaves at its moment without anybody touching the world first."""
    async with running() as control:
        await control.fail_once(receiver)
        document = await control.ask("GET", "/snapshot")
        await control.ask("PUT", "/snapshot", {**document, "at": None})
        await control.fork("fork")
        assert {world.name for world in control.server.timekeeper._armed} == {"default", "fork"}


async def test_a_fork_sends_nothing_that_was_on_its_way(receiver: Receiver) -> None:
    """It is held and in nobody's way: what the fork says itself arrives, and so does what it releases."""
    receiver.gate = asyncio.Event()
    async with running() as control:
        await control.ask("PUT", "/kobil/services/shop", {"callback_url": f"{receiver.url}/cb?secret=s3"}, 201)
        await control.write("one")
        await receiver.arrived(1)
        await control.write("two")
        fork = await control.fork("fork")
        receiver.gate.set()
        await control.ask("POST", "/callbacks/wait", {"timeout_s": 10})
        await fork.write("three")
        await fork.ask("POST", "/callbacks/wait", {"timeout_s": 10})
        assert await fork.states() == {"one": "held", "two": "held", "three": "delivered"}
        assert heard(receiver) == ["one", "two", "three"]
        await fork.ask("POST", "/callbacks/release", {})
        await fork.ask("POST", "/callbacks/wait", {"timeout_s": 10})
        assert heard(receiver) == ["one", "two", "three", "one", "two"]


async def test_restoring_sends_no_overdue_retry(receiver: Receiver) -> None:
    """A snapshot of long ago fires no callbacks; what it would have sent is held."""
    async with running() as control:
        await control.fail_once(receiver)
        document = await control.ask("GET", "/snapshot")
        document["at"] += 61 * 10**9
        await control.ask("PUT", "/snapshot", document)
        assert await control.states() == {"one": "held"}
        assert await control.ask("POST", "/callbacks/wait", {"timeout_s": 10}) is not None
        assert heard(receiver) == ["one"]


async def test_what_waits_says_for_what(receiver: Receiver) -> None:
    """A wait that ends in vain names what is in the way."""
    async with running() as control:
        await control.fail_once(receiver)
        later = await control.write("two")
        [first, second] = (await control.ask("GET", "/callbacks"))["callbacks"]
        assert (first["waits_for"], second["waits_for"]) == (None, first["id"])
        problem = await control.ask("POST", "/callbacks/wait", {"timeout_s": 0}, 409)
        assert problem["detail"] == f"still pending: {later} (behind {first['id']}, which is scheduled)"
