"""Snapshots whose types are right and whose content cannot be."""

from typing import Any

import pytest
from desk import Desk

from chatsim.core import snapshot
from chatsim.core.errors import Invalid

FAULT = {
    "id": "f",
    "match": {},
    "act": {"delay_s": {"min": 1}},
    "skip": 0,
    "times": 1,
    "probability": 1.0,
    "expires": None,
    "seen": 0,
    "hits": 0,
}
TIMER = {"due": 0, "seq": 1, "api": "keycloak", "operation": "nope", "args": {}, "cause": None}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quirks": {"a.b": "c"}}, "there is no quirk 'a.b'"),
        ({"settings": {"a.b": 1}}, "there is no setting 'a.b'"),
        ({"options": {"settings": {"a.b": 1}}}, "there is no setting 'a.b'"),
        ({"options": {"truth": "both"}}, "truth is one of document, service"),
        ({"options": {"accounts": "none"}}, "accounts is one of open, listed"),
        ({"options": {"fixture": "other"}}, "there is no fixture 'other'"),
        ({"options": {"clock": {"mode": "stopped"}}}, "a clock is frozen or real"),
        ({"options": {"clock": {"mode": "frozen", "at": 5}}}, "the clock begins at no moment"),
        ({"at": 10**21}, "not between 1970 and 9100"),
        ({"shift": -(10**21)}, "beyond every calendar"),
        ({"timers": [TIMER]}, "there is no timer 'nope'"),
        ({"faults": [FAULT]}, "fault 'f' could not be planned"),
        ({"faults": [{**FAULT, "act": {"status": 204, "body": "x"}}]}, "fault 'f' could not be planned"),
    ],
)
def test_what_cannot_be(desk: Desk, changes: dict[str, Any], words: str) -> None:
    """It is refused before anything changes, with the reason."""
    document = snapshot.take(desk.world)
    options = {**document["options"], **changes.pop("options", {})}
    with pytest.raises(Invalid, match=words):
        snapshot.read(desk.simulator, {**document, "options": options, **changes})
