"""A world's time."""

from __future__ import annotations

from chatsim.client import World


def test_it_stands_moves_and_runs(world: World) -> None:
    """As told."""
    assert world.clock.freeze("2026-05-01T00:00:00Z")["now"] == "2026-05-01T00:00:00.000000Z"
    assert world.clock.advance(3600)["now"] == "2026-05-01T01:00:00.000000Z"
    assert world.clock.freeze()["mode"] == "frozen"
    assert (world.clock.run()["mode"], world.clock.show()["shift_s"]) == ("real", 0)
