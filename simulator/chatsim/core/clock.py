"""A world's time: integer nanoseconds since 1970, UTC. Real time may be shifted, or stand still until it is moved."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec

SECOND = 1_000_000_000


class Timer(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Something due at `due`: the timer `operation` of `api` with `args` as its body; `seq` orders equals."""

    due: int
    seq: int
    api: str
    operation: str
    args: dict[str, Any]
    cause: int | None = None


class Clock:
    """The clock and agenda of one world. `wall` gives the real time; it is the only way in for it."""

    __slots__ = ("agenda", "frozen_at", "seq", "shift", "wall")

    def __init__(self, wall: Callable[[], int]) -> None:
        self.wall = wall
        self.shift = 0
        self.frozen_at: int | None = None
        self.agenda: list[tuple[int, int, Timer]] = []
        self.seq = 0

    def now(self) -> int:
        """The world's time in nanoseconds."""
        return self.wall() + self.shift if self.frozen_at is None else self.frozen_at

    @property
    def frozen(self) -> bool:
        """Whether time stands still."""
        return self.frozen_at is not None

    def freeze(self, at: int | None = None) -> None:
        """Stand still at `at`, or at the present moment."""
        self.frozen_at = self.now() if at is None else at

    def run(self) -> None:
        """Follow real time again, without any shift."""
        self.frozen_at = None
        self.shift = 0

    def move(self, by: int) -> None:
        """Move a frozen clock, shift a running one, by `by` nanoseconds."""
        if self.frozen_at is None:
            self.shift += by
        else:
            self.frozen_at += by

    def plan(self, due: int, api: str, operation: str, args: dict[str, Any], cause: int | None) -> Timer:
        """Enter a timer into the agenda."""
        self.seq += 1
        timer = Timer(due=due, seq=self.seq, api=api, operation=operation, args=args, cause=cause)
        heapq.heappush(self.agenda, (due, timer.seq, timer))
        return timer

    def enter(self, timers: Iterable[Timer], seq: int) -> None:
        """Take over an agenda; `seq` is the number of the last timer planned in it."""
        self.agenda = [(timer.due, timer.seq, timer) for timer in timers]
        heapq.heapify(self.agenda)
        self.seq = seq

    def next_due(self) -> int | None:
        """When the next timer is due, or None."""
        return self.agenda[0][0] if self.agenda else None

    def take_due(self, now: int) -> Timer | None:
        """Remove and return the earliest timer that is due at `now`."""
        if self.agenda and self.agenda[0][0] <= now:
            return heapq.heappop(self.agenda)[2]
        return None

    def clear(self) -> None:
        """Forget all timers and follow real time."""
        self.agenda.clear()
        self.seq = 0
        self.run()


def seconds(value: float) -> int:
    """Nanoseconds in `value` seconds."""
    return round(value * SECOND)


def rfc3339(moment: int, digits: int = 3) -> str:
    """Write `moment` as `2026-01-02T03:04:05.678Z` with `digits` (0–9) fraction digits, cut, not rounded."""
    whole, fraction = divmod(moment, SECOND)
    text = _to_the_second(whole)
    return f"{text}.{fraction:09d}"[: 20 + digits] + "Z" if digits else f"{text}Z"


@lru_cache(maxsize=4096)
def _to_the_second(whole: int) -> str:
    # An answer has many moments, most of them of few seconds, and strftime takes microseconds for each.
    return datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")


_FRACTION: Final = re.compile(r"[.,]([0-9]+)")
_LEAP: Final = re.compile(r"(?<=:[0-9]{2}):60")


def parse_rfc3339(text: str) -> int:
    """Read a date-time with an offset into nanoseconds; of its fraction nine digits count.

    A leap second is the one after it: those who count seconds since 1970 have no other.

    Raises:
        ValueError: not RFC 3339, or without an offset.
    """
    leap = _LEAP.search(text) is not None
    moment = datetime.fromisoformat((_LEAP.sub(":59", text) if leap else text).upper())
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset; write 2026-01-02T03:04:05Z")
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    fraction = _FRACTION.search(text)  # of which a datetime takes six digits
    nanoseconds = int(fraction[1][:9].ljust(9, "0")) if fraction else 0
    return (delta.days * 86400 + delta.seconds + leap) * SECOND + nanoseconds


FIRST: Final = 0
LAST: Final = parse_rfc3339("9000-01-01T00:00:00Z")
"""Between these a clock can be set, and whatever a test sets up happened."""
END: Final = parse_rfc3339("9999-12-31T23:59:59Z")
"""What is later has no date that every answer can write. Clocks run on, and tokens and timers end later than now."""


def moment_of(text: str) -> int:
    """The moment of something that a test sets up.

    Raises:
        ValueError: it is none, or not from 1970 to 9000.
    """
    found = parse_rfc3339(text)
    if not FIRST <= found <= LAST:
        raise ValueError(f"expected a moment from 1970 to {rfc3339(LAST, 0)}, got {text}")
    return found
