"""What the records of a state owe each other: the rules that a state declares, and what of it breaks them.

A path names members, `*` stands for every value of a dict or every item of a list. A problem is the JSON Pointer of
what is wrong, and why. Rules are looked at once, when a state is read from a document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import msgspec

from chatsim.core.clock import END, FIRST
from chatsim.core.dialect import escape
from chatsim.core.ids import Ids

Problem = tuple[str, str]
"""Where, as a JSON Pointer, and what."""


class Rule(Protocol):
    """Something that holds in every state of a kind."""

    def problems(self, root: Any) -> Iterator[Problem]:
        """What breaks it."""
        ...


class Each(msgspec.Struct, frozen=True):
    """Every value at `path` passes `test`."""

    path: str
    test: Callable[[Any], object]
    words: str

    def problems(self, root: Any) -> Iterator[Problem]:
        """The values that do not."""
        for where, value in walk(root, self.path):
            if not self.test(value):
                yield where, f"{value!r:.80} {self.words}"


class Shown(msgspec.Struct, frozen=True):
    """Every value at `path` can be shown: `show(root, value)` raises nothing, and answers nothing or what is wrong."""

    path: str
    show: Callable[[Any, Any], str | None]

    def problems(self, root: Any) -> Iterator[Problem]:
        """The values that cannot."""
        for where, value in walk(root, self.path):
            try:
                wrong = self.show(root, value)
            except (ValueError, TypeError, LookupError, AttributeError, OverflowError, OSError) as error:
                wrong = f"it cannot be shown: {error}"
            if wrong:
                yield where, wrong


class Keyed(msgspec.Struct, frozen=True):
    """The records of every dict at `path` stand under the key that `of` makes of them."""

    path: str
    of: Callable[[Any], Any]

    def problems(self, root: Any) -> Iterator[Problem]:
        """The records under another key."""
        for where, records in walk(root, self.path):
            for key, record in records.items():
                if self.of(record) != key:
                    yield f"{where}/{escape(str(key))}", f"this is the record of {self.of(record)!r:.80}"


class Refers(msgspec.Struct, frozen=True):
    """Every value at `path` that is not None is a key of the dict at `to`."""

    path: str
    to: str

    def problems(self, root: Any) -> Iterator[Problem]:
        """The values that lead nowhere."""
        known = next(value for _, value in walk(root, self.to))
        for where, value in walk(root, self.path):
            if value is not None and value not in known:
                yield where, f"there is no {value!r:.80} in /{self.to}"


class Owns(msgspec.Struct, frozen=True):
    """Every record at `records` is named once, by the owner that it names itself.

    `lists` is the path of the lists of names below each of the dict `owners`; empty where they are its values.
    `owner` is the owner's key that a record names; `free` are records that may be named by nobody.
    """

    owners: str
    lists: str
    records: str
    owner: Callable[[Any], Any]
    free: Callable[[Any], bool] = lambda record: False

    def problems(self, root: Any) -> Iterator[Problem]:
        """Names that lead nowhere, to what is another's, or twice to the same; and records that nobody names."""
        records = next(value for _, value in walk(root, self.records))
        named = set()
        for where, owners in walk(root, self.owners):
            for key, owner in owners.items():
                for here, name in walk(owner, f"{self.lists}/*".lstrip("/")):
                    pointer = f"{where}/{escape(str(key))}{here}"
                    if name not in records:
                        yield pointer, f"there is no {name!r:.80} in /{self.records}"
                    elif self.owner(records[name]) != key:
                        yield pointer, f"{name!r:.80} belongs to {self.owner(records[name])!r:.80}"
                    elif name in named:
                        yield pointer, f"{name!r:.80} stands here twice"
                    named.add(name)
        for name, record in records.items():
            if name not in named and not self.free(record):
                yield f"/{self.records}/{escape(str(name))}", f"/{self.owners} does not list it"


class Unique(msgspec.Struct, frozen=True):
    """No two records at `path` have the same `of`; None counts for none."""

    path: str
    of: Callable[[Any], Any]

    def problems(self, root: Any) -> Iterator[Problem]:
        """The second of each two."""
        seen = set()
        for where, record in walk(root, self.path):
            if (mark := self.of(record)) is not None:
                if mark in seen:
                    yield where, f"there are two of {mark!r:.80}"
                seen.add(mark)


class Fresh(msgspec.Struct, frozen=True):
    """The next ids of `kind`, as `make` makes them, are not among `taken`: the world's numbers are not behind.

    Only of kinds whose ids nobody can choose: who sets up what another world of the same seed made breaks nothing.
    """

    kind: str
    taken: Callable[[Any], Iterable[str]]
    make: Callable[[Ids, str], str] = Ids.uuid

    def behind(self, root: Any, ids: Ids) -> bool:
        """Whether an id would be given again; `ids` are used up by asking."""
        taken = set(self.taken(root))
        return any(self.make(ids, self.kind) in taken for _ in range(len(taken) + 1))


class Args(msgspec.Struct, frozen=True):
    """What a timer's arguments are: a type by name, or the path of the dict that they are a key of."""

    operation: str
    wants: dict[str, type | str]

    def problems(self, root: Any, args: dict[str, Any]) -> Iterator[Problem]:
        """The arguments that are missing, of another type, or lead nowhere."""
        for name, wanted in self.wants.items():
            value = args.get(name)
            if isinstance(wanted, type):
                good = isinstance(value, wanted)
            else:
                good = isinstance(value, (str, int)) and value in next(found for _, found in walk(root, wanted))
            if not good:
                yield f"/{escape(str(name))}", f"{value!r:.80} is nothing that {self.operation!r} can work with"


def walk(root: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every value at a path, with its pointer."""
    found: Iterable[tuple[str, Any]] = [("", root)]
    for part in path.split("/"):
        found = _inside(found) if part == "*" else _members(found, part)
    yield from found


def _inside(found: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for where, value in found:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield f"{where}/{escape(str(key))}", inner


def _members(found: Iterable[tuple[str, Any]], name: str) -> Iterator[tuple[str, Any]]:
    for where, value in found:
        yield f"{where}/{name}", getattr(value, name)


def moment(path: str) -> Each:
    """Every value at the path is a moment in nanoseconds that can be written as a date, or None."""
    return Each(path, lambda value: value is None or FIRST <= value <= END, "is no moment between 1970 and 9999")


def within(path: str, least: int, most: int) -> Each:
    """Every value at the path is None or lies in these bounds."""
    return Each(path, lambda value: value is None or least <= value <= most, f"is not within {least} to {most}")


def broken(rules: Iterable[Rule], root: Any) -> Problem | None:
    """The first problem."""
    return next((problem for rule in rules for problem in rule.problems(root)), None)


class Ties(msgspec.Struct, frozen=True):
    """All that an API declares: rules of its state, ids that it gives, and what its timers work with."""

    rules: tuple[Rule, ...] = ()
    fresh: tuple[Fresh, ...] = ()
    timers: tuple[Args, ...] = ()
