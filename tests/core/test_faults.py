"""Faults: how often they hit, which wins, how long they live."""

from __future__ import annotations

from typing import Any

import pytest

from chatsim.core.clock import SECOND
from chatsim.core.faults import Act, Fault, Faults
from chatsim.core.ids import Ids
from chatsim.core.journal import Entry
from chatsim.core.match import Match


def request(path: str = "/a") -> Entry:
    """What a fault looks at."""
    entry = Entry(1, 0, "request")
    entry.path = path
    return entry


def planned(*given: dict[str, Any]) -> Faults:
    """Faults on path /a that answer with a status of their own."""
    faults = Faults(Ids("seed", "w"))
    for number, options in enumerate(given):
        match = options.pop("match", {"path": "/a"})
        act = options.pop("act", Act(status=500 + number))
        faults.add(Fault(f"f{number}", Match.parse(match), act, **options))
    return faults


def hits(faults: Faults, count: int, now: int = 0) -> list[str | None]:
    """Which fault hits each of so many requests."""
    drawn = [faults.draw(request(), now) for _ in range(count)]
    return [one.fault if one else None for one in drawn]


def test_it_hits_as_often_as_planned() -> None:
    """After those it skips, then never again."""
    assert hits(planned({"skip": 1, "times": 2}), 5) == [None, "f0", "f0", None, None]


def test_the_newest_wins() -> None:
    """When it is spent the older one hits."""
    assert hits(planned({"times": None}, {"times": 1}), 3) == ["f1", "f0", "f0"]


def test_it_ends_with_its_time() -> None:
    """On the world's clock."""
    faults = planned({"times": None, "expires": 10 * SECOND})
    assert hits(faults, 1, 9 * SECOND) + hits(faults, 1, 10 * SECOND) == ["f0", None]


def test_chance_is_the_seeds() -> None:
    """Half of the time, and the same half at every run."""
    one, two = (hits(planned({"times": None, "probability": 0.5}), 40) for _ in range(2))
    assert one == two
    assert 10 <= one.count("f0") <= 30


def test_a_delay_may_be_a_range() -> None:
    """Each hit draws its own from it."""
    faults = planned({"times": None, "act": Act(delay_s={"min": 1, "max": 2})})
    delays = [drawn.delay_s for _ in range(20) if (drawn := faults.draw(request(), 0))]
    assert len(set(delays)) > 10
    assert all(1 <= delay <= 2 for delay in delays)


def test_what_does_not_match_is_left_alone() -> None:
    """A fault on another path does not even count it."""
    faults = planned({"skip": 1})
    assert faults.draw(request("/b"), 0) is None
    assert faults.all["f0"].seen == 0


@pytest.mark.parametrize(
    ("act", "match", "kinds"),
    [
        (Act(status=503), {}, {"request", "handshake"}),
        (Act(status=503), {"kind": "callback"}, {"callback"}),
        (Act(status=503), {"url": "*"}, {"callback"}),
        (Act(lose=True), {}, {"callback"}),
        (Act(lose=True), {"kind": "push"}, {"push"}),
        (Act(mute=True), {}, {"socket"}),
        (Act(mute=True), {"kind": "request"}, {"handshake"}),
        (Act(mute=True), {"kind": "push"}, {"push"}),
        (Act(refuse=503), {}, {"handshake"}),
        (Act(truncate=True), {}, {"request"}),
        (Act(delay_s=1), {}, {"request", "handshake", "socket"}),
        (Act(delay_s=1), {"kind": "push"}, {"push"}),
        (Act(repeat=2), {}, {"callback"}),
    ],
)
def test_what_it_is_drawn_for(act: Act, match: dict[str, Any], kinds: set[str]) -> None:
    """Callbacks and pushes have to be named, handshakes where something is done to sockets."""
    seen = set()
    for kind in ("request", "handshake", "socket", "push", "callback"):
        entry = Entry(1, 0, "request" if kind == "handshake" else kind)
        entry.url = "http://receiver" if kind == "callback" else ""
        faults = Faults(Ids("seed", "w"))
        faults.add(Fault("f", Match.parse(match), act))
        if faults.draw(entry, 0, handshake=kind == "handshake"):
            seen.add(kind)
    assert seen == kinds
