"""What happened in a world: looked at, held to something, waited for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from chatsim.client.answers import WAIT_S, Entry, Later, NotSeen

if TYPE_CHECKING:
    from chatsim.client.blocking.world import World

_COUNTS: Final = ("count", "min", "max", "since", "sequence")


class Journal:
    """What happened in a world. Matches are written as keywords: `path="/a/*"`, `status=200`, `body={…}`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def entries(self, **filters: Any) -> list[Entry]:
        """The entries, oldest first; filters are those of `GET …/journal`."""
        return cast("list[Entry]", self._world.all_of("/journal", "entries", **filters))

    def last_seq(self) -> int:
        """The number of the newest entry, 0 where there is none."""
        return int((self._world.call("GET", "/journal", limit=1))["last"])

    def clear(self) -> None:
        """Forget the entries."""
        self._world.call("DELETE", "/journal")

    def verify(self, **question: Any) -> list[Entry]:
        """Hold the journal to something that must be true now; see `wait` for what can be asked.

        Raises:
            NotSeen: it is not true.
        """
        body = _question(question)
        _, answer = self._world.ask("/journal/verify", body, 0)
        if not answer["ok"]:
            raise NotSeen(body, answer)
        return cast("list[Entry]", answer["entries"])

    def wait(self, *, timeout_s: float = WAIT_S, for_s: float | None = None, **question: Any) -> list[Entry]:
        """Wait until something is true, entries already there included, and give the entries that make it so.

        `count`, `min` and `max` say how many (none: at least one), `since` which later ones, `sequence` is a list of
        matches in order; all other keywords are the match. `for_s`: it must stay true so long.

        Raises:
            NotSeen: it did not happen in `timeout_s` seconds.
        """
        body = {**_question(question), "timeout_s": timeout_s}
        if for_s is not None:
            body["for_s"] = for_s
        ok, answer = self._world.ask("/journal/wait", body, timeout_s)
        if not ok:
            raise NotSeen(body, answer)
        return cast("list[Entry]", answer["entries"])

    def one(self, *, timeout_s: float = WAIT_S, **question: Any) -> Entry:
        """Wait for exactly one entry.

        Raises:
            NotSeen: there is none, or there are several.
        """
        entries = self.wait(timeout_s=timeout_s, **question)
        if len(entries) != 1:
            raise NotSeen({**_question(question), "count": 1}, {"entries": entries})
        return entries[0]

    @contextmanager
    def expect(self, *, timeout_s: float = WAIT_S, **match: Any) -> Iterator[Later]:
        """Wait at the end of the block for one entry that came after its beginning.

        Raises:
            NotSeen: there is none, or there are several.
        """
        since = self.last_seq()
        later = Later()
        yield later
        later.arrive(self.one(timeout_s=timeout_s, since=since, **match))

    def har(self) -> dict[str, Any]:
        """HTTP Archive 1.2, for a browser's tools."""
        return cast("dict[str, Any]", self._world.call("GET", "/journal.har"))


def _question(given: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: given[name] for name in _COUNTS if given.get(name) is not None}
    match = {name: value for name, value in given.items() if name not in _COUNTS}
    return named if "sequence" in named and not match else {"match": match, **named}
