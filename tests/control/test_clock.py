"""The clock of a world: standing still, real again; what cannot be. Moving on is tested with a server."""

from typing import Any

import pytest
from desk import Desk

CLOCK = "/_sim/worlds/default/clock"


def test_a_clock_stands_still_at_a_moment(desk: Desk) -> None:
    """Real time goes on without it."""
    desk.ask("POST", CLOCK, {"mode": "frozen", "at": "2030-01-01T00:00:00.5Z"})
    desk.time += 60_000_000_000
    assert desk.ask("GET", CLOCK).data["now"] == "2030-01-01T00:00:00.500000Z"


def test_a_clock_stands_still_where_it_is(desk: Desk) -> None:
    """Without a moment it is the present one."""
    answer = desk.ask("POST", CLOCK, {"mode": "frozen"})
    desk.time += 60_000_000_000
    assert desk.ask("GET", CLOCK).data["now"] == answer.data["now"] == "2026-01-01T12:00:00.000000Z"
    assert desk.ask("GET", CLOCK).data["shift_s"] == -60


def test_real_time_again(desk: Desk) -> None:
    """Without any shift."""
    desk.ask("POST", CLOCK, {"mode": "frozen", "at": "2030-01-01T00:00:00Z"})
    shown = desk.ask("POST", CLOCK, {"mode": "real"}).data
    assert shown == {"mode": "real", "now": "2026-01-01T12:00:00.000000Z", "shift_s": 0, "timers": 0}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"mode": "real", "advance_s": 1}, ""),
        ({"at": "2030-01-01T00:00:00Z"}, ""),
        ({"mode": "real", "at": "2030-01-01T00:00:00Z"}, "/at"),
        ({"mode": "stopped"}, "/mode"),
        ({"mode": "frozen", "at": "2030-01-01"}, "/at"),
        ({"mode": "frozen", "at": "1969-12-31T23:59:59Z"}, "/at"),
        ({"mode": "frozen", "at": "9999-12-31T23:59:59-23:00"}, "/at"),
        ({"advance_s": -1}, "/advance_s"),
        ({"advance_s": 999_999_999_999}, "/advance_s"),
        ({"advance_s": 1e300}, "/advance_s"),
    ],
)
def test_what_a_clock_cannot_do(desk: Desk, body: dict[str, Any], pointer: str) -> None:
    """422, and the clock is as it was."""
    before = desk.ask("GET", CLOCK).data
    answer = desk.ask("POST", CLOCK, body)
    assert answer.status == 422
    assert answer.data["errors"][0]["pointer"] == pointer
    assert desk.ask("GET", CLOCK).data == before
