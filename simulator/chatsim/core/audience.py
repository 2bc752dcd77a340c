"""Who waits for entries of a journal: finds those whom a new entry may concern without asking everybody.

Each names what an entry that concerns it has to have, as far as that is one exact value; the entry's own values are
looked up. A thousand that wait for a thousand paths cost an entry one look.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from chatsim.core.match import value_of

if TYPE_CHECKING:
    from chatsim.core.journal import Entry, Journal
    from chatsim.core.match import Key


class Listener(Protocol):
    """One that waits."""

    @property
    def keys(self) -> Sequence[Key | None]:
        """One of these values an entry that concerns it has; None is any."""
        ...

    def hear(self, entry: Entry) -> bool:
        """Take notice of a new entry; whether it is worth asking again."""
        ...


class Audience:
    """The listeners of one journal. They know what was listed before they came."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._listed = journal.listed
        self._clears = journal.clears
        self._all: dict[Listener, None] = {}
        self._any: dict[Listener, None] = {}
        self._by_value: dict[tuple[str, str], dict[Any, dict[Listener, None]]] = {}
        self._concerned: dict[Listener, None] = {}

    def __len__(self) -> int:
        return len(self._all)

    def add(self, listener: Listener) -> None:
        """Tell it of entries from now on."""
        self.hear()
        self._all[listener] = None
        for key in listener.keys:
            self._place(key)[listener] = None

    def remove(self, listener: Listener) -> None:
        """Tell it of nothing any more."""
        self._all.pop(listener, None)
        self._concerned.pop(listener, None)
        for key in listener.keys:
            self._place(key).pop(listener, None)
            self._tidy(key)

    def hear(self) -> None:
        """Tell of what was listed since the last time."""
        journal = self._journal
        if journal.clears != self._clears:  # what they know of may be gone
            self._clears, self._listed = journal.clears, journal.listed
            self._concerned = dict.fromkeys(self._all)
            return
        if journal.listed == self._listed:
            return
        new = journal.newest(journal.listed - self._listed)
        self._listed = journal.listed
        for entry in new:
            for listener in self._reached(entry):
                if listener.hear(entry):
                    self._concerned[listener] = None

    def take_concerned(self) -> list[Listener]:
        """Those for whom something has changed since this was last asked."""
        self.hear()
        if not self._concerned:
            return []
        concerned, self._concerned = list(self._concerned), {}
        return concerned

    def _reached(self, entry: Entry) -> dict[Listener, None]:
        reached = dict(self._any)
        for (member, name), values in self._by_value.items():
            reached |= values.get(value_of(entry, member, name), {})
        return reached

    def _place(self, key: Key | None) -> dict[Listener, None]:
        if key is None:
            return self._any
        member, name, value = key
        return self._by_value.setdefault((member, name), {}).setdefault(value, {})

    def _tidy(self, key: Key | None) -> None:
        if key is None or self._place(key):
            return
        member, name, value = key
        values = self._by_value[member, name]
        del values[value]
        if not values:
            del self._by_value[member, name]
