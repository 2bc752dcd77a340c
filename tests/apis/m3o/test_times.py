"""The two spellings of a moment."""

from __future__ import annotations

import pytest
from desk import NOON

from chatsim.apis.m3o.times import nano, timestamp


@pytest.mark.parametrize(
    ("fraction", "short", "grouped"),
    [
        (0, "", ""),
        (500_000_000, ".5", ".500"),
        (123_000_000, ".123", ".123"),
        (123_400_000, ".1234", ".123400"),
        (10, ".00000001", ".000000010"),
        (942_557_998, ".942557998", ".942557998"),
    ],
)
def test_fractions(fraction: int, short: str, grouped: str) -> None:
    """Zeros at the end go one by one in the later service, three by three in the documented one."""
    assert nano(NOON + fraction) == f"2026-01-01T12:00:00{short}Z"
    assert timestamp(NOON + fraction) == f"2026-01-01T12:00:00{grouped}Z"
