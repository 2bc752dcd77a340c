"""Worlds: made on first use, reset, dropped; options and overrides."""

from __future__ import annotations

import pytest
from desk import NOON, Desk
from sample import SAMPLE

from chatsim.core.errors import Gone, NotFound, Unavailable
from chatsim.core.snapshot import read, restore, take
from chatsim.core.world import World


def desk(**options: object) -> Desk:
    """A simulator of the sample API."""
    return Desk(apis=[SAMPLE], **options)


def test_a_world_comes_into_being_when_used() -> None:
    """A test needs no set-up call."""
    one = desk()
    one.simulator.enter("mine")
    assert set(one.simulator.worlds) == {"default", "mine"}


def test_only_listed_worlds_where_the_server_says_so() -> None:
    """A typo is found then."""
    with pytest.raises(NotFound):
        desk(worlds="listed").simulator.enter("typo")


@pytest.mark.parametrize("name", ["", "Upper", "-a", "a/b", "a" * 64, "ü"])
def test_a_bad_name_makes_no_world(name: str) -> None:
    """Names are lower-case words."""
    with pytest.raises(NotFound):
        desk().simulator.enter(name)


def test_a_deleted_world_is_gone_until_made_again() -> None:
    """Its late clients are told so instead of finding a fresh world."""
    simulator = desk().simulator
    simulator.enter("mine")
    simulator.drop("mine")
    with pytest.raises(Gone):
        simulator.enter("mine")
    simulator.create("mine", simulator.default_options())
    assert simulator.enter("mine").name == "mine"


def test_there_is_an_end_to_worlds() -> None:
    """A loop that makes them cannot fill the memory."""
    with pytest.raises(Unavailable):
        desk(max_worlds=1).simulator.enter("one-more")


def test_a_reset_world_is_like_new() -> None:
    """State, ids, clock, overrides and journal go back."""
    one = desk()
    world = one.world
    first = world.ids.uuid("x")
    world.state("sample").greeted["a"] = 1
    world.quirks["sample.mood"] = "wild"
    world.settings["sample.greeting"] = "ho"
    world.clock.freeze(0)
    one.ask("GET", "/sample/a")
    world.reset()
    assert world.state("sample").greeted == {}
    assert (world.quirk("sample.mood"), world.setting("sample.greeting")) == ("calm", "hello")
    assert (world.clock.now(), len(world.journal), world.ids.uuid("x")) == (NOON, 0, first)


def secret(world: World) -> bytes:
    """What only this world knows at this time."""
    return world.ids.secret_bytes("key", "")


def test_a_world_that_begins_anew_has_other_secrets() -> None:
    """After each reset, and made again; ids are those of the first time, and so are all of them after a restart."""
    one = desk()
    seen = [secret(one.world)]
    for _ in range(2):
        one.world.reset()
        seen.append(secret(one.world))
    one.simulator.drop("default")
    seen.append(secret(one.make_world("default")))
    assert len(set(seen)) == 4
    assert one.world.ids.uuid("x") == desk().world.ids.uuid("x")
    assert secret(desk().world) == seen[0]


def test_a_snapshot_brings_its_secrets_back_once() -> None:
    """Where it was taken what it knows is good again; the next reset is one that never was."""
    one = desk()
    document = take(one.world)
    seen = [secret(one.world)]
    one.world.reset()
    seen.append(secret(one.world))
    restore(one.world, read(one.simulator, document))
    assert secret(one.world) == seen[0]
    one.world.reset()
    assert secret(one.world) not in seen


def test_a_world_of_another_name_keeps_to_its_own_secrets() -> None:
    """How often the other one began anew is nothing to it."""
    one = desk()
    other = one.make_world("other")
    other.reset()
    before = secret(other)
    restore(other, read(one.simulator, take(one.world)))
    assert secret(other) == before


def test_a_world_that_could_not_be_made_leaves_its_name_as_it_was() -> None:
    """Gone, and with the number of its lives."""
    one = desk()
    first = secret(one.make_world("a"))
    one.simulator.drop("a")
    one.simulator.withdraw(one.make_world("a"))
    with pytest.raises(Gone):
        one.simulator.enter("a")
    assert secret(one.make_world("a")) != first


def test_truth_sets_every_quirk() -> None:
    """A world of the service's truth behaves as measured, unless a quirk is set by hand."""
    one = desk()
    service = one.make_world("a", truth="service")
    by_hand = one.make_world("b", truth="service", quirks={"sample.mood": "calm"})
    assert (service.quirk("sample.mood"), by_hand.quirk("sample.mood")) == ("wild", "calm")


def test_a_world_may_begin_frozen() -> None:
    """At the moment its options name, again after a reset."""
    world = desk().make_world("a", clock={"mode": "frozen", "at": "2026-05-01T00:00:00Z"})
    began = world.clock.now()
    world.clock.move(5)
    world.reset()
    assert world.clock.now() == began == 1_777_593_600_000_000_000
