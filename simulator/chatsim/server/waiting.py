"""Answers that wait for something to happen in a world (long polls)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatsim.core.http import Pending, Reply
    from chatsim.core.world import World


class Waiting:
    """Who waits in which world."""

    def __init__(self) -> None:
        self._waiters: dict[World, dict[asyncio.Future[Reply], Pending]] = {}

    async def reply(self, world: World, pending: Pending) -> Reply:
        """Wait until `pending` has its reply, or its time is over."""
        if (reply := pending.check()) is not None:
            return reply
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(world, {})[future] = pending
        try:
            async with asyncio.timeout(pending.timeout_s):
                while True:
                    done, _ = await asyncio.wait((future,), timeout=pending.recheck_s)
                    if done:
                        return future.result()
                    if (reply := pending.check()) is not None:
                        return reply
        except TimeoutError:
            return pending.check() or pending.expired()
        finally:
            world.last_used = world.simulator.wall()
            waiters = self._waiters.get(world)
            if waiters is not None:
                waiters.pop(future, None)
                if not waiters:
                    del self._waiters[world]

    def wake(self, world: World) -> None:
        """Something happened in `world`: ask everybody who waits there again."""
        if (waiters := self._waiters.get(world)) is None:
            return
        for future, pending in list(waiters.items()):
            if not future.done() and (reply := pending.check()) is not None:
                future.set_result(reply)

    def has(self, world: World) -> bool:
        """Whether somebody waits in `world`."""
        return world in self._waiters

    @property
    def count(self) -> int:
        """How many answers wait."""
        return sum(len(waiters) for waiters in self._waiters.values())
