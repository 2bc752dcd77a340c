"""Makes up people and their conversations: names by Faker, what they say from phrase files. The seed decides all of it.

Faker is imported at the first use: it takes a third of a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from chatsim.core import data
from chatsim.core.clock import SECOND, seconds
from chatsim.core.json import decode
from chatsim.core.population import Line, Person, Population, Talk

if TYPE_CHECKING:
    from random import Random  # noqa: TID251 - only the type: Faker gives one that is seeded

    from faker import Faker

LANGUAGES: Final = ("en", "de", "ja")
EDGE: Final = "edge"
CROWD: Final = 1_000
LONG_NAME: Final = 300
LONG_LINK: Final = 600
GROUPS: Final = 0.4
"""So many of the conversations are of more than two."""

_STEP_NS: Final = SECOND // 1000
_FAMILY_FIRST: Final = ("ja",)


def invent(body: Mapping[str, Any], now: int) -> Population:
    """The people and conversations that a body of `…/populate` asks for, all of them before `now`.

    Raises:
        ValueError: there are no names for the locale.
    """
    fake = _faker(body["locale"])
    fake.seed_instance(body["seed"])
    chance: Random = fake.random
    edge = body["style"] == EDGE
    language = body["locale"].partition("_")[0].lower()
    size = max(body["users"], CROWD) if edge else body["users"]
    people, called = _people(fake, language, size, edge=edge)
    span = seconds(body["days"] * 86_400)
    since = max(0, now - span)
    teller = _Teller(chance, _phrases(language if language in LANGUAGES else LANGUAGES[0]), called, edge=edge)
    talks = []
    for place, length in enumerate(_lengths(chance, body["conversations"], body["messages"])):
        crowded = edge and place == 0
        members = tuple(range(size)) if crowded else _members(chance, size)
        title, said = teller.tell(members, length)
        moments = _moments(chance, len(said), since, now)
        lines = tuple(Line(at, author, text) for at, (author, text) in zip(moments, said, strict=True))
        talks.append(Talk(title, members, lines))
    return Population(people, tuple(talks), since)


def _faker(locale: str) -> Faker:
    from faker import Faker

    try:
        return Faker(locale)
    except (AttributeError, ValueError, ImportError) as error:
        raise ValueError(f"there are no names for {locale!r}; de_DE, en_US and ja_JP have some") from error


@cache
def _phrases(name: str) -> Any:
    return decode((data.fixtures() / "_phrases" / f"{name}.json").read_bytes())


def _people(fake: Faker, language: str, size: int, *, edge: bool) -> tuple[tuple[Person, ...], list[str]]:
    """People, and beside them what others call them."""
    found: list[Person] = []
    called: list[str] = []
    taken: set[str] = set()
    unusual = [*_phrases(EDGE)["names"], _stretched(_phrases(EDGE)["names"][0])] if edge else []
    for number in range(size):
        first, last = fake.first_name(), fake.last_name()
        name = f"{last} {first}" if language in _FAMILY_FIRST else f"{first} {last}"
        called.append(last if language in _FAMILY_FIRST else first)
        handle = _free(fake.user_name(), taken)
        chosen = unusual[number] if number < len(unusual) else name
        some = UUID(int=fake.random.getrandbits(128), version=4)
        found.append(Person(chosen, handle, f"{handle}@people.example", str(some)))
    return tuple(found), called


def _free(wanted: str, taken: set[str]) -> str:
    """The handle, or with the first number behind it that makes it nobody else's."""
    plain = "".join(sign for sign in wanted.lower() if sign.isascii() and (sign.isalnum() or sign in "._-")) or "user"
    if plain.isdigit():
        plain = f"u{plain}"
    names: Iterator[str] = (plain if number == 1 else f"{plain}{number}" for number in count(1))
    free = next(name for name in names if name not in taken)
    taken.add(free)
    return free


def _stretched(text: str) -> str:
    return (text + " ") * (LONG_NAME // (len(text) + 1)) + "x" * (LONG_NAME % (len(text) + 1))


def _lengths(chance: Random, conversations: int, messages: int) -> list[int]:
    """How many messages each conversation has: one at least where there are enough, most in a few of them."""
    lengths = [1 if number < messages else 0 for number in range(conversations)]
    weights = [chance.random() ** 3 + 0.01 for _ in lengths]
    for number in chance.choices(range(conversations), weights, k=max(0, messages - conversations)):
        lengths[number] += 1
    return lengths


def _members(chance: Random, size: int) -> tuple[int, ...]:
    wanted = chance.randint(3, 8) if chance.random() < GROUPS else 2
    return tuple(chance.sample(range(size), min(wanted, size)))


def _moments(chance: Random, length: int, since: int, now: int) -> list[int]:
    """When each of so many lines was said: in some sittings, each of them minutes long."""
    found: list[int] = []
    at = since
    for _ in range(length):
        if not found or chance.random() < 0.1:
            at = since + int(chance.random() * (now - since))
        at += int(chance.uniform(4, 90) * SECOND)
        found.append(at)
    found.sort()
    # What would be later than now, or at the same moment as the next line, is moved before it.
    latest = now
    for place in reversed(range(length)):
        latest = found[place] = max(0, min(found[place], latest - _STEP_NS))
    return found


class _Teller:
    """Puts dialogues of a phrase file into people's mouths."""

    def __init__(self, chance: Random, phrases: Mapping[str, Any], called: Sequence[str], *, edge: bool) -> None:
        self._chance = chance
        self._slots: Mapping[str, list[str]] = phrases["slots"]
        self._dialogues = [(one["title"], one["lines"]) for one in phrases["dialogues"]]
        self._called = called
        self._unusual: list[str] = _phrases(EDGE)["texts"] if edge else []

    def tell(self, members: Sequence[int], length: int) -> tuple[str, list[tuple[int, str]]]:
        """A title, and so many lines: who says what."""
        title, said = "", list[tuple[int, str]]()
        while len(said) < length or not title:
            heading, lines = self._fitting(len(members))
            cast = self._chance.sample(list(members), min(len(members), 4))
            words = self._words(cast)
            title = title or heading.format(**words)
            said += [(cast[who], self._maybe_unusual(text.format(**words))) for who, text in lines]
        return title, said[:length]

    def _fitting(self, size: int) -> tuple[str, list[tuple[int, str]]]:
        """A dialogue for so many people at the most."""
        while True:
            title, lines = self._chance.choice(self._dialogues)
            if max(who for who, _ in lines) < size:
                return title, lines

    def _words(self, cast: Sequence[int]) -> dict[str, str]:
        """What stands in the gaps: names of who talks, and something of each list."""
        others = [self._chance.randrange(len(self._called)) for _ in range(3)]
        names = [self._called[one] for one in [*cast, *others]][:3]
        return {
            **dict(zip("abc", names, strict=True)),
            **{name: self._chance.choice(some) for name, some in self._slots.items()},
        }

    def _maybe_unusual(self, text: str) -> str:
        if not self._unusual or self._chance.random() < 0.5:
            return text
        found: str = self._chance.choice(self._unusual)
        return found.replace("{long}", "long-" * (LONG_LINK // 5)).replace("{words}", "many words " * 180)
