"""A simulator in this process, and a world of it for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chatsim.client import AsyncClient, AsyncWorld, Client, World
from chatsim.testing import serve


@pytest.fixture(scope="session")
def server() -> Iterator[Client]:
    """The simulator."""
    with serve() as client:
        yield client


@pytest.fixture
def world(server: Client) -> Iterator[World]:
    """Its clock stands still."""
    with server.world(clock={"mode": "frozen", "at": "2026-01-01T12:00:00Z"}) as made:
        yield made


@pytest.fixture
def world_async(server: Client, world: World) -> AsyncWorld:
    """The same world with awaited verbs."""
    client = AsyncClient(server.url, receivers=server.receivers)
    return AsyncWorld(client, {"name": world.name, "base_url": world.base_url})
