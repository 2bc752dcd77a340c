"""Fixtures for all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from desk import Desk, Served, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
def desk() -> Desk:
    """A simulator asked without a network, its time standing still."""
    return Desk()


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """A simulator that answers on a free port."""
    async with serve() as running:
        yield running
