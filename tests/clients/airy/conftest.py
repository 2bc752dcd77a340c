"""Real visitors of the chat plugin: Node processes with @stomp/stompjs, talking to a simulator on a free port."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from desk import Served
from npm import install
from visitor import AGENT, CHANNEL

HERE = Path(__file__).parent
PATIENCE_S = 20


@pytest.fixture(scope="session")
def packages() -> Path:
    """The packages of package.json are installed."""
    if problem := install(HERE):
        pytest.skip(problem)
    return HERE / "node_modules"


class Front:
    """One running front end: `tell` gives it a command, `hear` waits for the next event of a kind."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def tell(self, call: str, **more: Any) -> None:
        """Give a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"call": call, **more}).encode() + b"\n")
        await self.process.stdin.drain()

    async def hear(self, kind: str) -> dict[str, Any]:
        """Wait for an event, passing over others."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            while line := await self.process.stdout.readline():
                event: dict[str, Any] = json.loads(line)
                if event["event"] == kind:
                    return event
        raise AssertionError(f"the front end ended before {kind!r}")

    async def begin(self, resume_token: str | None = None) -> list[Any]:
        """Authenticate, connect and subscribe; the history."""
        await self.tell("authenticate", resumeToken=resume_token)
        messages: list[Any] = (await self.hear("authenticated"))["body"]["messages"]
        await self.tell("connect")
        await self.hear("connected")
        return messages

    async def send(self, text: str) -> dict[str, Any]:
        """Send a text; the message as the HTTP answer has it."""
        await self.tell("send", text=text)
        body: dict[str, Any] = (await self.hear("sent"))["body"]
        return body


Start = Callable[[], Awaitable[Front]]


@pytest.fixture(params=["stompjs-6", "stompjs-7"])
async def start(packages: Path, served: Served, request: pytest.FixtureRequest) -> AsyncIterator[Start]:
    """Give a function that starts a front end, ended after the test."""
    running: list[Front] = []

    async def start_one() -> Front:
        process = await asyncio.create_subprocess_exec(
            "node",
            str(HERE / "visitor.mjs"),
            request.param,
            served.base_url,
            CHANNEL,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        running.append(Front(process))
        return running[-1]

    yield start_one
    for front in running:
        if front.process.returncode is None:
            front.process.kill()
        await front.process.wait()


@pytest.fixture
async def agent(served: Served) -> AsyncIterator[Callable[[str, Any], Awaitable[Any]]]:
    """Give a function that calls an agent's endpoint."""
    headers = {"Authorization": f"Bearer {AGENT}"}
    async with aiohttp.ClientSession(served.base_url, headers=headers) as session:

        async def ask(call: str, body: Any) -> Any:
            async with session.post(f"/{call}", json=body) as answer:
                assert answer.status == 200
                return await answer.json()

        yield ask
