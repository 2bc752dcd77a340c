"""Answers that wait for something to happen in a world (long polls)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chatsim.core.audience import Audience

if TYPE_CHECKING:
    from collections.abc import Hashable

    from chatsim.core.audience import Listener
    from chatsim.core.http import Pending, Reply
    from chatsim.core.pipeline import Outcome
    from chatsim.core.world import World

_Waiter = tuple["asyncio.Future[Reply]", "Pending"]


class Waiting:
    """Who waits in which world."""

    def __init__(self) -> None:
        self._rooms: dict[World, _Room] = {}
        self._stopped = False

    async def reply(self, world: World, pending: Pending) -> Reply:
        """Wait until `pending` has its reply, or its time is over."""
        if (reply := pending.check()) is not None:
            return reply
        if self._stopped:
            return pending.expired()
        if (room := self._rooms.get(world)) is None:
            room = self._rooms[world] = _Room(world)
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        room.enter(future, pending)
        try:
            async with asyncio.timeout(pending.timeout_s):
                while True:
                    done, _ = await asyncio.wait((future,), timeout=pending.recheck_s)
                    if done:
                        return future.result()
                    if (reply := room.ask(pending)) is not None:
                        return reply
        except TimeoutError:
            return room.ask(pending) or pending.expired()
        finally:
            world.last_used = world.simulator.wall()
            room.leave(future, pending)
            if not room.count and self._rooms.get(world) is room:
                del self._rooms[world]

    def wake(self, world: World, outcome: Outcome | None = None) -> None:
        """Something happened in `world`: ask those who wait for such a thing. `outcome` is all that happened."""
        if (room := self._rooms.get(world)) is not None:
            alone = outcome is not None and not outcome.effects and outcome.plan.api is not world.simulator.control
            room.wake(entries_only=alone)

    def end(self) -> None:
        """The server stops: all have waited long enough."""
        self._stopped = True
        for room in self._rooms.values():
            room.end()

    def has(self, world: World) -> bool:
        """Whether somebody waits in `world`."""
        return world in self._rooms

    @property
    def count(self) -> int:
        """How many answers wait."""
        return sum(room.count for room in self._rooms.values())


class _Group:
    """Those who wait for the same. `seen` is how that was when they were asked last."""

    def __init__(self, seen: Hashable) -> None:
        self.waiters: dict[asyncio.Future[Reply], Pending] = {}
        self.seen = seen


class _Room:
    """Who waits in one world: for entries of the journal, or in groups for something else."""

    def __init__(self, world: World) -> None:
        self._audience = Audience(world.journal)
        self._hearing: dict[Listener, _Waiter] = {}
        self._groups: dict[str, _Group] = {}
        self.count = 0

    def enter(self, future: asyncio.Future[Reply], pending: Pending) -> None:
        """Be asked from now on."""
        self.count += 1
        if pending.listener is not None:
            self._audience.add(pending.listener)
            self._hearing[pending.listener] = (future, pending)
            return
        if (group := self._groups.get(pending.about)) is None:
            group = self._groups[pending.about] = _Group(None if pending.state is None else pending.state())
        group.waiters[future] = pending

    def leave(self, future: asyncio.Future[Reply], pending: Pending) -> None:
        """Be asked no more."""
        self.count -= 1
        if pending.listener is not None:
            self._audience.remove(pending.listener)
            del self._hearing[pending.listener]
            return
        group = self._groups[pending.about]
        del group.waiters[future]
        if not group.waiters:
            del self._groups[pending.about]

    def ask(self, pending: Pending) -> Reply | None:
        """Ask one, whatever happened."""
        self._audience.hear()
        return pending.check()

    def wake(self, *, entries_only: bool) -> None:
        """Ask those for whom something may have changed: where it was only entries, nobody who waits for else."""
        for listener in self._audience.take_concerned():
            _tell(*self._hearing[listener])
        if entries_only:
            return
        for group in list(self._groups.values()):
            state = next(iter(group.waiters.values())).state
            if state is not None:
                if (now := state()) == group.seen:
                    continue
                group.seen = now
            for future, pending in list(group.waiters.items()):
                _tell(future, pending)

    def end(self) -> None:
        """Answer all of them as if their time was over."""
        waiters = [*self._hearing.values(), *(one for group in self._groups.values() for one in group.waiters.items())]
        for future, pending in waiters:
            if not future.done():
                future.set_result(self.ask(pending) or pending.expired())


def _tell(future: asyncio.Future[Reply], pending: Pending) -> None:
    if not future.done() and (reply := pending.check()) is not None:
        future.set_result(reply)
