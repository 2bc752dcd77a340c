"""A running simulator and a client of it, for tests of what only connections show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest
from desk import Served, serve

from chatsim.server.assembly import assemble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def served(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    """The APIs that the test's module names in SERVED, else all, on a free port."""
    async with serve(assemble(apis=getattr(request.module, "SERVED", None))) as running:
        yield running


@pytest.fixture
async def client(served: Served) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that sends no credentials of its own."""
    async with aiohttp.ClientSession(served.base_url) as session:
        yield session
