"""Ends worlds by themselves when nobody used them for their `ttl_s` of real time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from chatsim.core.clock import SECOND

if TYPE_CHECKING:
    from chatsim.core.world import World

LONGEST_SLEEP_S: Final = 3600.0


class Expiry:
    """One timer for each world that ends. Using a world costs nothing here: a timer that comes too early goes on.

    `wall` gives real time, `in_use` says whether somebody waits in a world right now, `end` ends it.
    """

    def __init__(self, wall: Callable[[], int], in_use: Callable[[World], bool], end: Callable[[World], None]) -> None:
        self._wall = wall
        self._in_use = in_use
        self._end = end
        self._armed: dict[World, asyncio.TimerHandle] = {}

    def watch(self, world: World) -> None:
        """End the world when its time has come."""
        self.forget(world)
        if self._in_use(world):
            world.last_used = self._wall()
        if (ends_at := world.ends_at) is None:
            return
        left = ends_at - self._wall()
        if left <= 0:
            self._end(world)
        else:
            wait_s = min(left / SECOND, LONGEST_SLEEP_S)
            self._armed[world] = asyncio.get_running_loop().call_later(wait_s, self.watch, world)

    def forget(self, world: World) -> None:
        """The world is gone."""
        if (handle := self._armed.pop(world, None)) is not None:
            handle.cancel()

    def close(self) -> None:
        """No world ends any more."""
        for world in list(self._armed):
            self.forget(world)
