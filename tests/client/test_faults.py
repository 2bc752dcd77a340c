"""Planned misbehaviour."""

from __future__ import annotations

from sending import ask

from chatsim.client import World

REALM = "/auth/realms/woven"


def test_a_fault_hits_and_is_over(world: World) -> None:
    """Once, where nothing else is said."""
    world.faults.add({"status": 503}, match={"path": REALM})
    assert [ask("GET", world.base_url + REALM).status for _ in range(2)] == [503, 200]
    assert [fault["hits"] for fault in world.faults.all()] == [1]


def test_faults_are_taken_back(world: World) -> None:
    """One, or all."""
    first = world.faults.add({"status": 503}, times=None)
    world.faults.add({"delay_s": 1}, times=None)
    world.faults.remove(first["id"])
    assert [fault["act"] for fault in world.faults.all()] == [{"delay_s": 1}]
    world.faults.clear()
    assert world.faults.all() == []
