"""Worlds: made on first use, reset, dropped; options and overrides."""

from __future__ import annotations

import pytest
from desk import NOON, Desk
from sample import SAMPLE

from chatsim.core.errors import Gone, NotFound, Unavailable


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
