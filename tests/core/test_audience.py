"""Who waits for entries hears of those that may concern them, and of no others."""

from collections.abc import Sequence
from typing import Any

import pytest

from chatsim.core.audience import Audience
from chatsim.core.journal import Entry, Journal
from chatsim.core.match import Key, Match


class Ear:
    """Remembers what it heard."""

    def __init__(self, **wanted: Any) -> None:
        self.match = Match(wanted)
        self.keys: Sequence[Key | None] = [self.match.key]
        self.heard: list[int] = []

    def hear(self, entry: Entry) -> bool:
        """An entry that fits is worth asking for."""
        self.heard.append(entry.seq)
        return self.match.matches(entry)


def happen(journal: Journal, path: str = "/a", method: str = "GET") -> None:
    """One more entry."""
    entry = journal.open(0, "request", "woven")
    entry.path, entry.method, entry.status = path, method, 200
    journal.add(entry)


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        ({"path": "/a"}, [1]),
        ({"path": "/%61"}, [1]),
        ({"path": "/*", "method": "post"}, [2]),
        ({"path": "/*"}, [1, 2]),
        ({"path": "/%2A"}, [1, 2]),
        ({"status": 201}, []),
        ({"api": "woven"}, [1, 2]),
        ({"header": {"X": "1"}}, []),
        ({"header": {"X": "*"}, "kind": "request"}, [1, 2]),
        ({"valid": True}, [1, 2]),
        ({}, [1, 2]),
    ],
)
def test_only_what_may_concern(wanted: dict[str, Any], heard: list[int]) -> None:
    """The rarest exact value decides who hears of an entry; what is no exact value hears of all."""
    journal = Journal()
    audience, ear = Audience(journal), Ear(**wanted)
    audience.add(ear)
    happen(journal)
    happen(journal, "/b", "POST")
    audience.hear()
    assert ear.heard == heard


def test_whoever_comes_later() -> None:
    """Nobody hears of what was listed before they came, and those who were there hear of it all the same."""
    journal = Journal()
    audience, first, second = Audience(journal), Ear(), Ear()
    audience.add(first)
    happen(journal)
    audience.add(second)
    happen(journal)
    assert audience.take_concerned() == [first, second]
    assert (first.heard, second.heard) == ([1, 2], [2])


def test_nobody_is_concerned_twice() -> None:
    """Who was asked is not asked again before something new fits."""
    journal = Journal()
    audience, ear = Audience(journal), Ear(path="/a")
    audience.add(ear)
    happen(journal)
    assert audience.take_concerned() == [ear]
    happen(journal, "/b")
    assert audience.take_concerned() == []


def test_clearing_concerns_everybody() -> None:
    """What they know of may be gone."""
    journal = Journal()
    audience, ear = Audience(journal), Ear(path="/b")
    audience.add(ear)
    happen(journal)
    journal.clear()
    assert (audience.take_concerned(), ear.heard) == ([ear], [])


def test_whoever_has_left() -> None:
    """They hear of nothing, and nothing is kept of them."""
    journal = Journal()
    audience, ears = Audience(journal), [Ear(path="/a"), Ear(header={"X": "1"}), Ear()]
    for ear in ears:
        audience.add(ear)
    for ear in ears:
        audience.remove(ear)
    happen(journal)
    assert (audience.take_concerned(), len(audience), [ear.heard for ear in ears]) == ([], 0, [[], [], []])
