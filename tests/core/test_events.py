"""What listeners are told, what they may ask for again, and that nothing grows meanwhile."""

from __future__ import annotations

import json
from typing import Any

from chatsim.core.events import AT_ONCE, Events, Reader
from chatsim.core.journal import Journal


def told(count: int, **limits: int) -> Events:
    """Events 1 to `count` of world a."""
    events = Events(**limits)
    for number in range(1, count + 1):
        events.tell("a", "clock", {"number": number})
    return events


def read(reader: Reader) -> list[tuple[int, str, Any]]:
    """Everything that there is: ids, kinds and data."""
    found = []
    while (chunks := reader.read()) is not None:
        for chunk in chunks:
            number, kind, data, *rest = chunk.decode().split("\n")
            assert rest == ["", ""]
            found.append(
                (
                    int(number.removeprefix("id: ")),
                    kind.removeprefix("event: "),
                    json.loads(data.removeprefix("data: ")),
                )
            )
    return found


def test_a_listener_hears_what_comes_after_it() -> None:
    """In the form of server-sent events, numbered."""
    events = told(3)
    reader = Reader(events, None, None)
    events.tell("a", "clock", {"mode": "frozen"})
    assert read(reader) == [(4, "clock", {"world": "a", "mode": "frozen"})]


def test_a_listener_that_comes_back_hears_what_it_missed() -> None:
    """In pieces, whole and in order."""
    events = told(AT_ONCE + 10)
    assert [number for number, *_ in read(Reader(events, None, 5))] == list(range(6, AT_ONCE + 11))


def test_a_listener_of_one_world_hears_only_of_it() -> None:
    """Ids go on counting for all."""
    events = told(1)
    events.tell("b", "clock", {})
    events.tell("a", "clock", {})
    assert [number for number, *_ in read(Reader(events, "b", 0))] == [2]


def test_a_slow_listener_is_told_how_much_it_lost() -> None:
    """Once, and goes on with what is left."""
    reader = Reader(events := told(2, max_events=3), None, 1)
    for _ in range(4):
        events.tell("a", "clock", {})
    found = read(reader)
    assert found[0] == (3, "lost", {"after": 1, "until": 3, "count": 2})
    assert [number for number, *_ in found[1:]] == [4, 5, 6]


def test_an_id_of_an_earlier_run_is_a_loss_too() -> None:
    """The server counts from one again after a restart."""
    found = read(Reader(told(2), None, 900))
    assert [(number, kind) for number, kind, _ in found] == [(0, "lost"), (1, "clock"), (2, "clock")]


def test_an_id_of_an_earlier_run_before_anything_happened() -> None:
    """The marker comes alone."""
    assert [kind for _, kind, _ in read(Reader(Events(), None, 7))] == ["lost"]


def test_what_is_kept_is_bounded_by_bytes() -> None:
    """Entries with large bodies push the older ones out."""
    events = Events(max_bytes=150_000)
    journal = Journal(tell=events.enter)
    for _ in range(20):
        entry = journal.open(0, "request")
        entry.keep_request(b"x" * 60_000)
        journal.add(entry)
    found = read(Reader(events, None, 0))
    assert [kind for _, kind, _ in found] == ["lost", "entry", "entry"]


def test_a_listener_is_woken_only_inside_its_block() -> None:
    """By every event."""
    events, woken = Events(), []
    with events.waking(lambda: woken.append(events.last)):
        events.tell("a", "clock", {})
    events.tell("a", "clock", {})
    assert woken == [1]
