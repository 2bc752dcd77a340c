"""What was done to a world over the control API and is in no journal: its set-up, switches, faults, clock, and what was
done to its deliveries and sockets.

Kept since the world began, or was reset or restored, so that what happened there can happen again.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from chatsim.core.clock import rfc3339
from chatsim.core.json import decode

MAX_STEPS: Final = 10_000
MAX_BYTES: Final = 16 * 1024 * 1024


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One call that was carried out: after which entry of the journal, at which moment, what time it was then.

    `after` is the entry that was begun last, `behind` the one that was finished last. `body` is
    whole, however long: what is too much for all of them is dropped as a step.
    """

    after: int
    behind: int
    at: int
    then: int
    method: str
    path: str
    query: str
    body: bytes
    size: int

    def as_json(self) -> dict[str, Any]:
        """As a bundle shows it."""
        return {
            "after": self.after,
            "behind": self.behind,
            "at": rfc3339(self.at, 9),
            "then": rfc3339(self.then, 9),
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "body": decode(self.body) if 0 < self.size <= len(self.body) else None,
            "size": self.size,
            "base64": b64encode(self.body).decode(),
        }


class Steps:
    """The steps of a world, oldest first. Bounded; `dropped` counts those that are lost."""

    __slots__ = ("_all", "_bytes", "dropped")

    def __init__(self) -> None:
        self._all: list[Step] = []
        self._bytes = 0
        self.dropped = 0

    def add(self, step: Step) -> None:
        """Keep it, if there is room."""
        if len(self._all) >= MAX_STEPS or self._bytes + len(step.body) > MAX_BYTES:
            self.dropped += 1
            return
        self._all.append(step)
        self._bytes += len(step.body)

    def __iter__(self) -> Iterator[Step]:
        return iter(self._all)
