"""What happened in all worlds lately, numbered: what a listener of `/_sim/events` is told, and may ask for again.

Only the newest are kept. A listener has no queue here, only the number it has read up to: however slowly it reads,
nothing grows, and what fell out meanwhile is told as one event `lost`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import msgspec

from chatsim.core.json import encode

if TYPE_CHECKING:
    from chatsim.core.journal import Entry

MAX_EVENTS: Final = 2_000
MAX_BYTES: Final = 16 * 1024 * 1024
EVENT_COST: Final = 1024  # what an event weighs beside an entry's bodies, roughly
AT_ONCE: Final = 64


class Event(msgspec.Struct, eq=False, gc=False):
    """One event. `data` is JSON data, or an entry that is shown when somebody reads it; `weight` its bytes, roughly."""

    id: int
    world: str
    kind: str
    data: dict[str, Any] | Entry
    weight: int
    _raw: bytes = b""

    @property
    def raw(self) -> bytes:
        """The event as it is sent, written once for all who read it."""
        if not self._raw:
            shown = self.data if isinstance(self.data, dict) else self.data.as_json()
            self._raw = written(self.kind, {"world": self.world, **shown}, self.id)
        return self._raw


class Events:
    """The newest events of a simulator, oldest first."""

    def __init__(self, max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES) -> None:
        self._events: deque[Event] = deque()
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._bytes = 0
        self._wakers: set[Callable[[], None]] = set()
        self.last = 0

    def tell(self, world: str, kind: str, data: dict[str, Any] | Entry) -> None:
        """Something happened in a world; `data` does not change any more."""
        self.last += 1
        weight = EVENT_COST if isinstance(data, dict) else data.weight
        self._events.append(Event(self.last, world, kind, data, weight))
        self._bytes += weight
        while len(self._events) > self._max_events or (self._bytes > self._max_bytes and len(self._events) > 1):
            self._bytes -= self._events.popleft().weight
        for wake in self._wakers:
            wake()

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """Have `wake` called after every event, inside the block."""
        self._wakers.add(wake)
        try:
            yield
        finally:
            self._wakers.discard(wake)

    def after(self, number: int) -> tuple[list[Event], int]:
        """A piece of what came after an event, and how many of what came after it are not kept any more."""
        oldest = self.last - len(self._events) + 1
        lost = max(0, oldest - number - 1)
        start = max(0, number + 1 - oldest)
        return list(islice(self._events, start, start + AT_ONCE)), lost


class Reader:
    """One listener: where it has read up to, and of which world (None: all) it wants to hear."""

    def __init__(self, events: Events, world: str | None, since: int | None) -> None:
        self._events = events
        self._world = world
        self._missed = since is not None and since > events.last
        self._at = events.last if since is None else 0 if self._missed else since

    def read(self) -> list[bytes] | None:
        """The next events as they are sent; None when there is nothing new.

        An id that was never given is one of an earlier run of the server: everything since then is lost.
        """
        found, lost = self._events.after(self._at)
        if not found and not self._missed:
            return None
        chunks = []
        if lost or self._missed:
            until = found[0].id - 1 if found else self._events.last
            chunks.append(written("lost", {"after": self._at, "until": until, "count": lost}, until))
            self._missed = False
        chunks += [event.raw for event in found if self._world in (None, event.world)]
        self._at = found[-1].id if found else self._events.last
        return chunks


def written(kind: str, data: dict[str, Any], number: int) -> bytes:
    """One event of a `text/event-stream` (HTML Standard, section 9.2)."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (number, kind.encode(), encode(data))
