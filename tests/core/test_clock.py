"""A world's clock: real, shifted, frozen; its agenda; how moments are written."""

from __future__ import annotations

import pytest

from chatsim.core.clock import SECOND, Clock, parse_rfc3339, rfc3339


class Wall:
    """Real time that a test moves."""

    def __init__(self) -> None:
        self.time = 1_000 * SECOND

    def __call__(self) -> int:
        return self.time


def test_a_clock_follows_real_time() -> None:
    """Unless told otherwise."""
    wall = Wall()
    clock = Clock(wall)
    wall.time += SECOND
    assert clock.now() == 1_001 * SECOND


def test_a_frozen_clock_stands_still_until_moved() -> None:
    """Only `move` moves it."""
    wall = Wall()
    clock = Clock(wall)
    clock.freeze()
    wall.time += 5 * SECOND
    clock.move(2 * SECOND)
    assert clock.now() == 1_002 * SECOND


def test_moving_a_running_clock_shifts_it() -> None:
    """It goes on from there, and real time removes the shift."""
    wall = Wall()
    clock = Clock(wall)
    clock.move(3600 * SECOND)
    wall.time += SECOND
    assert clock.now() == 4_601 * SECOND
    clock.run()
    assert clock.now() == 1_001 * SECOND


def test_timers_fall_due_in_order() -> None:
    """Earliest first; those of the same moment in the order they were planned."""
    clock = Clock(Wall())
    for due, name in ((30, "c"), (10, "a"), (10, "b")):
        clock.plan(due, "api", name, {}, None)
    taken = []
    while (timer := clock.take_due(20)) is not None:
        taken.append(timer.operation)
    assert (taken, clock.next_due()) == (["a", "b"], 30)


@pytest.mark.parametrize(
    ("moment", "digits", "text"),
    [
        (0, 0, "1970-01-01T00:00:00Z"),
        (1_767_268_800_123_456_789, 3, "2026-01-01T12:00:00.123Z"),
        (1_767_268_800_999_999_999, 6, "2026-01-01T12:00:00.999999Z"),
        (1_767_268_800_000_000_001, 9, "2026-01-01T12:00:00.000000001Z"),
    ],
)
def test_a_moment_is_written_with_its_fraction_cut(moment: int, digits: int, text: str) -> None:
    """Never rounded into the next second."""
    assert rfc3339(moment, digits) == text


@pytest.mark.parametrize("text", ["2026-01-01T12:00:00Z", "2026-01-01T13:00:00+01:00", "2026-01-01T12:00:00.000Z"])
def test_a_moment_is_read_with_its_offset(text: str) -> None:
    """All three name noon."""
    assert parse_rfc3339(text) == 1_767_268_800 * SECOND


@pytest.mark.parametrize(
    ("fraction", "nanoseconds"),
    [(".5", 500_000_000), (".123456789", 123_456_789), (".0000000019", 1), (",001", 1_000_000)],
)
def test_a_moment_is_read_to_the_nanosecond(fraction: str, nanoseconds: int) -> None:
    """Nine digits of its fraction count, also before an offset and before 1970."""
    for text in ("2026-01-01T13:00:00{}+01:00", "1969-12-31T23:59:59{}Z"):
        assert parse_rfc3339(text.format(fraction)) - parse_rfc3339(text.format("")) == nanoseconds


@pytest.mark.parametrize("text", ["2016-12-31T23:59:60Z", "2016-12-31t23:59:60z", "2017-01-01T05:29:60+05:30"])
def test_a_leap_second_is_the_second_after_it(text: str) -> None:
    """As for all who count seconds since 1970; small letters are RFC 3339 too."""
    assert rfc3339(parse_rfc3339(text), 0) == "2017-01-01T00:00:00Z"


@pytest.mark.parametrize("text", ["2026-01-01T12:00:00", "noon", "", "2016-12-31T23:60:00Z"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    """A time without an offset could be any."""
    with pytest.raises(ValueError, match=r".*"):
        parse_rfc3339(text)
