"""The party of the tests that drive KOBIL with real clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest
from kobil_party import SERVICE, WORLD, Party
from receiver import receive

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from desk import Served


@pytest.fixture
async def party(served: Served) -> AsyncIterator[Party]:
    """A service whose callback address is registered."""
    async with receive() as receiver, aiohttp.ClientSession(served.base_url) as session:
        body = {"callback_url": f"{receiver.url}/webhook?secret=s3"}
        async with session.put(f"{WORLD}/kobil/services/{SERVICE}", json=body) as answer:
            assert answer.status == 201
        yield Party(served.base_url, receiver, session)
    assert [entry.bug for entry in served.world.journal if entry.bug] == []
