"""Fixtures for the tests of Weavy."""

import pytest
from weavy_desk import WeavyDesk


@pytest.fixture
def weavy() -> WeavyDesk:
    """The documented world: alice (1), dora (4) and nils (14) in room 1, where dora wrote message 1."""
    return WeavyDesk()
