"""What every API's state is built from: the fixture, the world's seed and the moment of the first call, no more."""

from __future__ import annotations

from typing import Any

import pytest
from desk import NOON, Desk

from chatsim.apis import discover
from chatsim.core import snapshot


def built(api: str, tick: int) -> Any:
    """The state as a call at noon finds it, in a world whose real time went by since then."""
    desk = Desk()
    desk.time += tick
    desk.world.state(api, NOON)
    taken = snapshot.take(desk.world)
    return taken["states"], taken["identity"]


@pytest.mark.parametrize("api", [one.name for one in discover()])
def test_no_state_reads_the_clock(api: str) -> None:
    """Who asks again at the same moment gets the same, however long the building takes."""
    assert built(api, 0) == built(api, 1_000_000)
