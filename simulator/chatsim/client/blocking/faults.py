"""Planned misbehaviour of a world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

if TYPE_CHECKING:
    from chatsim.client.blocking.world import World


class Faults:
    """The faults of a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def add(self, act: Mapping[str, Any], **plan: Any) -> dict[str, Any]:
        """Plan a fault: `add({"status": 503}, match={"path": "/chat/*"}, times=2)`; without `times` it hits once."""
        return cast("dict[str, Any]", self._world.call("POST", "/faults", {**plan, "act": dict(act)}))

    def all(self) -> list[dict[str, Any]]:
        """The faults, with their hits."""
        return self._world.all_of("/faults", "faults")

    def clear(self) -> None:
        """Plan nothing any more."""
        self._world.call("DELETE", "/faults")

    def remove(self, fault_id: str) -> None:
        """Take one back."""
        self._world.call("DELETE", f"/faults/{quote(fault_id, safe='')}")
