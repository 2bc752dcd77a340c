"""Effects wait here until their answer was written, in the order of the operations that made them.

Each topic of a world is one queue. Its head leaves when its ticket is released: the answer was written, the
connection ended, or a second went by. A failed write never drops an effect.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from typing import Final

PATIENCE_S: Final = 1.0


class Ticket:
    """The permission of one answer's effects to leave."""

    __slots__ = ("_fifo", "_keys", "_timer", "released")

    def __init__(self, fifo: Fifo, keys: list[Hashable]) -> None:
        self._fifo = fifo
        self._keys = keys
        self._timer = asyncio.get_running_loop().call_later(PATIENCE_S, self.release)
        self.released = False

    def release(self) -> None:
        """Let them go; calling it again does nothing."""
        if not self.released:
            self.released = True
            self._timer.cancel()
            for key in self._keys:
                self._fifo.drain(key)


class Fifo:
    """All queues of a server."""

    def __init__(self) -> None:
        self._queues: dict[Hashable, deque[tuple[Ticket, Callable[[], None]]]] = {}

    def enter(self, items: Iterable[tuple[Hashable, Callable[[], None]]]) -> Ticket:
        """Queue actions, each under its key; they happen once the ticket is released and those before are gone."""
        listed = list(items)
        ticket = Ticket(self, list(dict.fromkeys(key for key, _ in listed)))
        for key, act in listed:
            self._queues.setdefault(key, deque()).append((ticket, act))
        return ticket

    def do(self, items: Iterable[tuple[Hashable, Callable[[], None]]]) -> None:
        """Do actions that no answer holds back: at once, or behind those of their key that still wait."""
        behind = []
        for key, act in items:
            if key in self._queues:
                behind.append((key, act))
            else:
                act()
        if behind:
            self.enter(behind).release()

    def drain(self, key: Hashable) -> None:
        """Do what may leave at the head of a queue."""
        queue = self._queues.get(key)
        while queue and queue[0][0].released:
            queue.popleft()[1]()
        if queue is not None and not queue:
            self._queues.pop(key, None)
