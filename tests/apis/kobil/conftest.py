"""Fixtures for the tests of KOBIL."""

from __future__ import annotations

import pytest
from kobil_desk import KobilDesk

from chatsim.apis.kobil import API


@pytest.fixture
def desk() -> KobilDesk:
    """KOBIL asked without a network."""
    return KobilDesk(apis=[API])
