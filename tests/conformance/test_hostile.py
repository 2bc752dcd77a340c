"""Snapshots that contradict themselves are refused where it is said, and never answered with our own mistake later."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest
from desk import Desk
from examples import examples
from hostile import begun, bugs, spoiled

from chatsim.core.json import decode

ALONE = {"type": "room", "members": ["nobody"]}
FAULT = {"id": "f", "match": {}, "act": {"status": 500}, "skip": 0, "times": 1, "probability": 1, "expires": None}
FAULT |= {"seen": 0, "hits": 0}


def test_a_good_snapshot_is_taken_up() -> None:
    """One of a world in which every API was used breaks no rule."""
    assert bugs(decode(begun()[0])) == (200, [])


@pytest.mark.parametrize("seed", range(examples(60)))
def test_one_thing_wrong(seed: int) -> None:
    """It is refused with where it is, or every API goes on without a mistake of ours."""
    document, what = spoiled(seed)
    status, wrong = bugs(document)
    assert (wrong, status in (200, 422)) == ([], True), what


@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        ("states/airy/conversations/*/channel_id", "x", "/states/airy/conversations/*/channel_id"),
        ("states/airy/conversations/*/message_ids", [], "/states/airy/conversations/*/message_ids"),
        ("states/airy/messages/*/id", "x", "/states/airy/messages/*"),
        ("states/kobil/messages/*/media", "x", "/states/kobil/messages/*/media"),
        ("states/kobil/messages/*/at", 10**30, "/states/kobil/messages/*/at"),
        ("states/kobil/ids/latest_ms", 0, "/states/kobil/messages/*"),
        ("states/m3o/everywhere/by_users", {}, "/states/m3o/everywhere"),
        ("states/weavy/messages/*/created_by_id", 99, "/states/weavy/messages/*/created_by_id"),
        ("states/weavy/conversations/*/messages", [], "/states/weavy/messages/1"),
        ("states/weavy/tokens/*/user_id", 99, "/states/weavy/tokens/*/user_id"),
        ("states/woven/messages/*/at", -1, "/states/woven/messages/*/at"),
        ("identity/realms/*/name", "x", "/identity/realms/*"),
        ("identity/sessions/*/sid", "x", "/identity/sessions/*"),
        ("identity/key", 10**12, "/identity/key"),
        ("outbox/queues", {}, "/outbox/deliveries/*"),
        ("outbox/queues/*/*", "x", "/outbox/queues/*"),
        ("outbox/leaving", {"x": None}, "/outbox/leaving"),
        ("outbox/due", {"x": 1}, "/outbox/due"),
        ("outbox/followers", {"x": "y"}, "/outbox/followers"),
        ("outbox/aside", {"x": None}, "/outbox/aside"),
        ("counts/airy-message", 0, "/counts/airy-message"),
        ("counts/delivery", 0, "/counts/delivery"),
        ("timers/*/args", {}, "/timers/*/args/message_id"),
        ("options/fixture", {"weavy": 5}, "/options/fixture/weavy"),
        ("options/fixture", {"weavy": {"nope": {}}}, "/options/fixture/weavy/nope"),
        ("options/fixture", {"airy": {"channels": {"x": {}}}}, "/options/fixture/airy/channels/x"),
        (
            "options/fixture",
            {"weavy": {"conversations": {"1": ALONE}}},
            "/options/fixture/weavy/conversations/1/*",
        ),
        ("options/ttl_s", -5, "/options/ttl_s"),
        ("options/ttl_s", 1e300, "/options/ttl_s"),
        ("options/clock", {"mode": "frozen", "odd": 1}, "/options/clock/odd"),
        ("faults", [FAULT, FAULT], "/faults/1/id"),
        ("faults", [{**FAULT, "seen": -5}], "/faults/0/seen"),
        ("faults", [{**FAULT, "hits": -5}], "/faults/0/hits"),
        ("settings", {"kobil.auto_reply": None}, "/settings/kobil.auto_reply"),
    ],
)
def test_the_answer_says_where(path: str, value: Any, pointer: str) -> None:
    """422 with the JSON Pointer of the member; `*` is one of several."""
    document = decode(begun()[0])
    place, names = document, path.split("/")
    for name in names[:-1]:
        place = place[first(place) if name == "*" else name]
    place[first(place) if names[-1] == "*" else names[-1]] = value
    status, found = refusal(document)
    assert (status, fnmatchcase(found, pointer)) == (422, True), found


def first(place: Any) -> Any:
    """The first key of an object, or of a list."""
    return next(iter(place)) if isinstance(place, dict) else 0


def refusal(document: Any) -> tuple[int, str]:
    """What the control API says of a snapshot."""
    desk = Desk()
    answer = desk.ask("PUT", "/_sim/worlds/default/snapshot", document)
    return answer.status, answer.data["errors"][0]["pointer"]
