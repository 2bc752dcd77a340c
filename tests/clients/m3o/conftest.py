"""Real Node clients of M3O, each in a process of its own, talking to a simulator on a free port."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from desk import Served
from npm import install

HERE = Path(__file__).parent
PATIENCE_S = 20


@pytest.fixture(scope="session")
def packages() -> None:
    """The packages of package.json are installed."""
    if problem := install(HERE):
        pytest.skip(problem)


class Node:
    """One running client: `ask` sends it a command and waits for its answer, `event` waits for what comes by itself."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def event(self) -> dict[str, Any]:
        """The next thing that the client has to say."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), PATIENCE_S)
        assert line, "the client ended"
        event: dict[str, Any] = json.loads(line)
        return event

    async def ask(self, **command: Any) -> dict[str, Any]:
        """Give a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        return await self.event()

    async def value(self, **command: Any) -> Any:
        """Give a command that must succeed."""
        return (await self.ask(**command))["value"]


@pytest.fixture
async def start(packages: None, served: Served) -> AsyncIterator[Callable[..., Awaitable[Node]]]:
    """Give a function that starts a client, ended after the test."""
    running: list[Node] = []

    async def start_one(package: str, token: str = "key", prefix: str = "v1/") -> Node:
        process = await asyncio.create_subprocess_exec(
            "node",
            str(HERE / "run.js"),
            package,
            f"{served.base_url}/",
            token,
            prefix,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        running.append(Node(process))
        return running[-1]

    yield start_one
    for node in running:
        if node.process.returncode is None:
            node.process.kill()
        await node.process.wait()
