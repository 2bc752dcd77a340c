"""A world's time: standing still, moving on, real again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from chatsim.client.blocking.world import World


class Clock:
    """The clock of a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def show(self) -> dict[str, Any]:
        """Mode, time and how many timers wait."""
        return cast("dict[str, Any]", self._world.call("GET", "/clock"))

    def freeze(self, at: str | None = None) -> dict[str, Any]:
        """Stand still, at an RFC 3339 time or now."""
        body = {"mode": "frozen"} if at is None else {"mode": "frozen", "at": at}
        return cast("dict[str, Any]", self._world.call("POST", "/clock", body))

    def run(self) -> dict[str, Any]:
        """Follow real time, without any shift."""
        return cast("dict[str, Any]", self._world.call("POST", "/clock", {"mode": "real"}))

    def advance(self, seconds: float) -> dict[str, Any]:
        """Move on, run what falls due on the way, wait for its deliveries; lists what ran."""
        body = {"advance_s": seconds}
        return cast("dict[str, Any]", self._world.call("POST", "/clock", body, patience_s=60.0))
