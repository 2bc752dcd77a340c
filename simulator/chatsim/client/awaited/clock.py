"""A world's time: standing still, moving on, real again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from chatsim.client.awaited.world import AsyncWorld


class AsyncClock:
    """The clock of a world."""

    def __init__(self, world: AsyncWorld) -> None:
        self._world = world

    async def show(self) -> dict[str, Any]:
        """Mode, time and how many timers wait."""
        return cast("dict[str, Any]", await self._world.call("GET", "/clock"))

    async def freeze(self, at: str | None = None) -> dict[str, Any]:
        """Stand still, at an RFC 3339 time or now."""
        body = {"mode": "frozen"} if at is None else {"mode": "frozen", "at": at}
        return cast("dict[str, Any]", await self._world.call("POST", "/clock", body))

    async def run(self) -> dict[str, Any]:
        """Follow real time, without any shift."""
        return cast("dict[str, Any]", await self._world.call("POST", "/clock", {"mode": "real"}))

    async def advance(self, seconds: float) -> dict[str, Any]:
        """Move on, run what falls due on the way, wait for its deliveries; lists what ran."""
        body = {"advance_s": seconds}
        return cast("dict[str, Any]", await self._world.call("POST", "/clock", body, patience_s=60.0))
