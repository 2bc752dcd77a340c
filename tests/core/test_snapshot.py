"""Snapshots: a world goes on as if nothing had happened, and a hostile document does nothing."""

from __future__ import annotations

from typing import Any

import pytest
from desk import Answer, Desk
from sample import SAMPLE

from chatsim.core.errors import Invalid
from chatsim.core.faults import Act, Fault
from chatsim.core.json import decode, encode
from chatsim.core.match import Match
from chatsim.core.snapshot import read, restore, take

GOOD = {"status": "ok", "version": "1"}


@pytest.fixture
def desk() -> Desk:
    """A simulator of the sample API, where somebody was greeted already."""
    made = Desk(apis=[SAMPLE])
    made.world.clock.freeze()
    greet(made)
    return made


def greet(desk: Desk) -> Answer:
    """Greet once more."""
    return desk.ask("POST", "/sample/a", GOOD, token="good")


def travelled(desk: Desk) -> Any:
    """The default world's document, after a way through bytes."""
    return decode(encode(take(desk.world)))


def test_a_restored_world_goes_on(desk: Desk) -> None:
    """State, timers, ids and overrides are those of the moment it was taken."""
    desk.world.quirks["sample.mood"] = "wild"
    document, first = travelled(desk), desk.world.ids.uuid("x")
    greet(desk)
    desk.world.quirks.clear()
    restore(desk.world, read(desk.simulator, document))
    assert desk.world.state("sample").greeted == {"a": 1}
    assert (desk.world.quirk("sample.mood"), desk.world.ids.uuid("x")) == ("wild", first)
    assert len(desk.move(5)) == 1


def test_a_world_can_be_restored_under_another_name(desk: Desk) -> None:
    """A fork keeps its own name."""
    fork = desk.make_world("fork")
    restore(fork, read(desk.simulator, travelled(desk)))
    assert (fork.name, fork.state("sample").greeted) == ("fork", {"a": 1})


def test_faults_keep_what_is_left_of_them(desk: Desk) -> None:
    """One that hit once of twice hits once more."""
    desk.world.faults.add(Fault("f", Match.parse({"path": "/sample/*"}), Act(status=503), times=2))
    statuses = [greet(desk).status]
    restore(desk.world, read(desk.simulator, travelled(desk)))
    statuses += [greet(desk).status, greet(desk).status]
    assert statuses == [503, 503, 200]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda document: None, "a snapshot is an object"),
        (lambda document: [], "a snapshot is an object"),
        (lambda document: document | {"format": 99}, "format 99"),
        (lambda document: document | {"more": 1}, "cannot be read"),
        (lambda document: document | {"counts": {"a": "b"}}, "cannot be read"),
        (lambda document: document | {"states": {"nobody": {}}}, "not here: nobody"),
    ],
    ids=["null", "list", "later", "member", "type", "api"],
)
def test_what_cannot_be_read_is_refused(desk: Desk, spoil: Any, says: str) -> None:
    """With the reason."""
    with pytest.raises(Invalid, match=says):
        read(desk.simulator, spoil(travelled(desk)))


def test_a_bad_state_leaves_the_world_as_it_was(desk: Desk) -> None:
    """Everything is read before anything changes."""
    document = travelled(desk)
    document["states"]["sample"] = {"greeted": "nobody"}
    snapshot = read(desk.simulator, document)
    with pytest.raises(Invalid, match="the state of sample"):
        restore(desk.world, snapshot)
    assert desk.world.state("sample").greeted == {"a": 1}
