"""A simulator of M3O alone."""

from __future__ import annotations

import pytest
from desk import Desk

from chatsim.apis.m3o import API


@pytest.fixture
def desk() -> Desk:
    """One that is asked without a network, its time standing still."""
    return Desk(apis=[API])
