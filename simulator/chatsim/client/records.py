"""What a client keeps of the worlds that it made, for whoever wants to look at them later: the pytest plugin."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chatsim.client.answers import Entry

SHOWN: Final = 20
"""Entries of a world in the report of a failed test."""


@dataclass(slots=True)
class Record:
    """One world: how far its journal was read, and what was left of it at its end."""

    name: str
    base_url: str
    labels: Mapping[str, str]
    seen: int = 0
    fresh: list[Entry] = field(default_factory=list)
    """Entries that nobody judged yet."""
    recent: deque[Entry] = field(default_factory=lambda: deque(maxlen=SHOWN))
    happened: bool = False
    """Whether there were entries since the test began."""
    ended: bool = False
    lost: bool = False
    """Whether it was deleted by other means than its own verb, unread entries with it."""
    bundle: dict[str, Any] | None = None

    def note(self, entries: Iterable[Entry]) -> None:
        """Take in entries that came after those seen so far."""
        for entry in entries:
            self.seen = max(self.seen, entry["seq"])
            self.fresh.append(entry)
            self.recent.append(entry)
            self.happened = True


class Records:
    """The worlds of a client. `options` are those of all where nothing else is said; a fork has its world's labels."""

    def __init__(self, options: Mapping[str, Any], *, bundles: bool) -> None:
        self.options = options
        self.bundles = bundles
        self.worlds: dict[str, Record] = {}

    def completed(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options of a world that is to be made."""
        whole = {**self.options, **options}
        source = self.worlds.get(str(options.get("copy_of")))
        if source is not None and source.labels:
            whole["labels"] = {**source.labels, **options.get("labels", {})}
        return whole

    def add(self, shown: Mapping[str, Any], labels: Mapping[str, str]) -> None:
        """A world was made."""
        name = str(shown["name"])
        self.worlds[name] = Record(name, str(shown["base_url"]), labels)
