"""People and what they said, as one API after the other is filled with them. Plain values, made up elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


class Person(msgspec.Struct, frozen=True):
    """Somebody. `handle` is ASCII, unlike the name, and nobody else's; `id` a UUID that goes with it."""

    name: str
    handle: str
    email: str
    id: str


class Line(msgspec.Struct, frozen=True):
    """What one of the people (their number) said at a moment, in nanoseconds UTC."""

    at: int
    author: int
    text: str


class Talk(msgspec.Struct, frozen=True):
    """A conversation of people (their numbers, each once), its lines from the oldest to the newest."""

    title: str
    members: tuple[int, ...]
    lines: tuple[Line, ...]


class Population(msgspec.Struct, frozen=True):
    """People and their conversations. `since` is before everything that was said."""

    people: tuple[Person, ...]
    talks: tuple[Talk, ...]
    since: int

    def lines(self) -> Iterator[tuple[int, Line]]:
        """Every line with the number of its conversation, from the oldest to the newest of all."""
        every = ((line.at, number, line) for number, talk in enumerate(self.talks) for line in talk.lines)
        for _, number, line in sorted(every, key=lambda one: one[:2]):
            yield number, line
