"""Planned misbehaviour of a world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

if TYPE_CHECKING:
    from chatsim.client.awaited.world import AsyncWorld


class AsyncFaults:
    """The faults of a world."""

    def __init__(self, world: AsyncWorld) -> None:
        self._world = world

    async def add(self, act: Mapping[str, Any], **plan: Any) -> dict[str, Any]:
        """Plan a fault: `add({"status": 503}, match={"path": "/chat/*"}, times=2)`; without `times` it hits once."""
        return cast("dict[str, Any]", await self._world.call("POST", "/faults", {**plan, "act": dict(act)}))

    async def all(self) -> list[dict[str, Any]]:
        """The faults, with their hits."""
        return await self._world.all_of("/faults", "faults")

    async def clear(self) -> None:
        """Plan nothing any more."""
        await self._world.call("DELETE", "/faults")

    async def remove(self, fault_id: str) -> None:
        """Take one back."""
        await self._world.call("DELETE", f"/faults/{quote(fault_id, safe='')}")
