"""Runs what falls due on the clocks of worlds, when real time or a clock call brings it there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from chatsim.core.clock import SECOND, rfc3339, seconds

if TYPE_CHECKING:
    from chatsim.core.clock import Timer
    from chatsim.core.world import World

LONGEST_SLEEP_S: Final = 3600.0


class Timekeeper:
    """Arms one real timer per world that has something due; a frozen world has none.

    `run` carries out a timer; `due` says when a world's next delivery is due, `settled` waits until deliveries under
    way have an outcome, `nudge` lets due deliveries leave.
    """

    def __init__(
        self,
        run: Callable[[World, Timer], None],
        due: Callable[[World], int | None],
        nudge: Callable[[World], None],
        settled: Callable[[World], Awaitable[None]],
    ) -> None:
        self._run = run
        self._due = due
        self._nudge = nudge
        self._settled = settled
        self._armed: dict[World, asyncio.TimerHandle] = {}

    def arm(self, world: World) -> None:
        """Look at the agenda again: something was entered, or the clock was moved."""
        if (handle := self._armed.pop(world, None)) is not None:
            handle.cancel()
        due = self._next(world)
        if due is None or world.clock.frozen:
            return
        wait_s = min(max(0, due - world.clock.now()) / SECOND, LONGEST_SLEEP_S)
        self._armed[world] = asyncio.get_running_loop().call_later(wait_s, self._fire, world)

    def _next(self, world: World) -> int | None:
        timer, delivery = world.clock.next_due(), self._due(world)
        if timer is None or delivery is None:
            return delivery if timer is None else timer
        return min(timer, delivery)

    def _fire(self, world: World) -> None:
        self._armed.pop(world, None)
        self._run_due(world)
        self.arm(world)

    def _run_due(self, world: World) -> list[dict[str, Any]]:
        ran = []
        now = world.clock.now()
        while (timer := world.clock.take_due(now)) is not None:
            ran.append({"at": rfc3339(timer.due, 6), "api": timer.api, "operation": timer.operation})
            self._run(world, timer)
        return ran + self._retry_due(world, now)

    def _retry_due(self, world: World, now: int) -> list[dict[str, Any]]:
        """Let deliveries leave; what is listed are those whose next attempt fell due."""
        outbox = world.outbox if world.has_deliveries else None
        due = [] if outbox is None else sorted((at, name) for name, at in outbox.due.items() if at <= now)
        self._nudge(world)
        return [
            {"at": rfc3339(at, 6), "api": outbox.deliveries[name].api, "operation": "callback", "delivery": name}
            for at, name in due
            if outbox is not None and name not in outbox.due
        ]

    async def advance(self, world: World, by_s: float) -> list[dict[str, Any]]:
        """Move the clock by `by_s` seconds, stopping at each due moment; return what ran."""
        generation = world.generation
        left = seconds(by_s)
        ran: list[dict[str, Any]] = []
        while True:
            due = self._next(world)
            step = left if due is None else min(left, max(0, due - world.clock.now()))
            world.clock.move(step)
            left -= step
            happened = self._run_due(world)
            ran += happened
            await self._settled(world)
            if world.generation != generation or (left <= 0 and not self._is_due(world)):
                break
            if step == 0 and not happened:  # what is due cannot be run (its world holds it): pass by
                world.clock.move(left)
                break
        self.arm(world)
        return ran

    def _is_due(self, world: World) -> bool:
        due = self._next(world)
        return due is not None and due <= world.clock.now()

    def forget(self, world: World) -> None:
        """The world is gone."""
        if (handle := self._armed.pop(world, None)) is not None:
            handle.cancel()
