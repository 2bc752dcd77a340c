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
    """One event that is no entry of a journal; `data` is JSON."""

    world: str
    kind: str
    data: dict[str, Any]
    weight: int = EVENT_COST


class Events:
    """The newest events of a simulator, oldest first. Entries, which are nearly all, are shown when somebody reads."""

    def __init__(self, max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES) -> None:
        self._events: deque[Event | Entry] = deque(maxlen=max_events)
        self._max_bytes = max_bytes
        self._fair_bytes = max_bytes // max_events
        self._large = 0  # bytes of large ones since all were counted
        self._wakers: set[Callable[[], None]] = set()
        self._written: dict[int, bytes] = {}
        self.last = 0

    def tell(self, world: str, kind: str, data: dict[str, Any]) -> None:
        """Something happened in a world; `data` does not change any more."""
        self.enter(Event(world, kind, data))

    def enter(self, event: Event | Entry) -> None:
        """An entry was listed in the journal of its world, or something else happened; it does not change any more."""
        self.last += 1
        self._events.append(event)
        if event.weight > self._fair_bytes:  # as long as none is larger, all together are not too large
            self._large += event.weight
            if self._large > self._max_bytes // 8:
                self._shrink()
        if self._wakers:
            for wake in self._wakers:
                wake()

    def _shrink(self) -> None:
        self._large = 0
        kept = sum(event.weight for event in self._events)
        while kept > self._max_bytes and len(self._events) > 1:
            kept -= self._events.popleft().weight

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """Have `wake` called after every event, inside the block."""
        self._wakers.add(wake)
        try:
            yield
        finally:
            self._wakers.discard(wake)

    def after(self, number: int) -> tuple[list[tuple[int, Event | Entry]], int]:
        """A piece of what came after an event, with ids, and how many of what came after it are not kept any more."""
        oldest = self.last - len(self._events) + 1
        lost = max(0, oldest - number - 1)
        start = max(0, number + 1 - oldest)
        return list(enumerate(islice(self._events, start, start + AT_ONCE), oldest + start)), lost

    def raw(self, number: int, event: Event | Entry) -> bytes:
        """An event as it is sent, written once for all who read it at the same time."""
        if (raw := self._written.get(number)) is None:
            if len(self._written) >= 2 * AT_ONCE:
                self._written.clear()
            kind, data = (event.kind, event.data) if isinstance(event, Event) else ("entry", event.as_json())
            raw = self._written[number] = written(kind, {"world": event.world, **data}, number)
        return raw


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
            until = found[0][0] - 1 if found else self._events.last
            chunks.append(written("lost", {"after": self._at, "until": until, "count": lost}, until))
            self._missed = False
        chunks += [self._events.raw(number, one) for number, one in found if self._world in (None, one.world)]
        self._at = found[-1][0] if found else self._events.last
        return chunks


def written(kind: str, data: dict[str, Any], number: int) -> bytes:
    """One event of a `text/event-stream` (HTML Standard, section 9.2)."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (number, kind.encode(), encode(data))
