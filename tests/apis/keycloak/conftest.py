"""Fixtures of the token server's tests."""

from __future__ import annotations

import pytest
from desk import Desk
from tokendesk import token_desk


@pytest.fixture
def desk() -> Desk:
    """The token server alone, asked without a network, its time standing still."""
    return token_desk()
