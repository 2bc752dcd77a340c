"""Made-up people and what they say: as many as asked for, before now, the same for the same seed."""

from __future__ import annotations

from typing import Any

import pytest
from desk import NOON

from chatsim.control.people import CROWD, LONG_NAME, invent
from chatsim.control.populate import DEFAULTS
from chatsim.core import data
from chatsim.core.json import decode
from chatsim.core.population import Population

DAY = 86_400 * 10**9


def made(**wanted: Any) -> Population:
    """A population at noon."""
    return invent({**DEFAULTS, **wanted}, NOON)


@pytest.mark.parametrize(("users", "conversations", "messages"), [(2, 1, 0), (2, 1, 1), (5, 30, 7), (50, 200, 5000)])
def test_there_are_as_many_as_asked_for(users: int, conversations: int, messages: int) -> None:
    """Of each; every conversation has a line where there are enough."""
    population = made(users=users, conversations=conversations, messages=messages)
    lengths = [len(talk.lines) for talk in population.talks]
    assert (len(population.people), len(lengths), sum(lengths)) == (users, conversations, messages)
    assert min(lengths) >= (messages >= conversations)


def test_the_same_seed_makes_the_same() -> None:
    """Another seed makes something else."""
    assert made(seed=7, locale="ja_JP") == made(seed=7, locale="ja_JP")
    assert made(seed=7).people != made(seed=8).people


@pytest.mark.parametrize("days", [0.0001, 1, 30])
def test_everything_was_said_before_now(days: float) -> None:
    """One line after the other, none earlier than it should be, give or take what did not fit."""
    population = made(days=days, messages=2_000)
    for talk in population.talks:
        moments = [line.at for line in talk.lines]
        assert moments == sorted(set(moments))
        assert all(at < NOON for at in moments)
    if days > 1:
        assert min(line.at for _, line in population.lines()) >= population.since == NOON - days * DAY


def test_lines_come_in_the_order_they_were_said() -> None:
    """Over all conversations."""
    moments = [line.at for _, line in made().lines()]
    assert moments == sorted(moments)


def test_only_members_talk() -> None:
    """And nobody is a member twice."""
    for talk in made(users=6).talks:
        assert len(set(talk.members)) == len(talk.members) >= 2
        assert {line.author for line in talk.lines} <= set(talk.members)


@pytest.mark.parametrize(("locale", "sign"), [("ja_JP", "ます"), ("de_DE", "ich"), ("en_US", "the"), ("fr_FR", "the")])
def test_people_talk_in_the_language_of_their_locale(locale: str, sign: str) -> None:
    """English where there are no phrases; no gap is left open."""
    texts = [line.text for _, line in made(locale=locale).lines()]
    assert any(sign in text for text in texts)
    assert not any("{" in text or "}" in text for text in texts)


def test_handles_are_ascii_and_nobody_else_s() -> None:
    """Whatever the names are written in."""
    handles = [person.handle for person in made(users=500, locale="ja_JP").people]
    assert len(set(handles)) == 500
    assert all(handle.isascii() and not handle.isdigit() for handle in handles)


def test_the_edge_of_what_people_send() -> None:
    """A crowd, a very long name, right-to-left, emoji sequences, very long links."""
    population = made(style="edge")
    assert len(population.people) == CROWD == len(population.talks[0].members)
    names = [person.name for person in population.people]
    assert LONG_NAME in {len(name) for name in names}
    assert any("\u0627" <= name[0] <= "\u064a" for name in names)
    texts = [line.text for _, line in population.lines()]
    assert any("\u200d" in text for text in texts)
    assert any(text.startswith("https://") and len(text) > 1_000 for text in texts)


def test_a_locale_without_names() -> None:
    """Says which there are."""
    with pytest.raises(ValueError, match="de_DE"):
        made(locale="xx_XX")


@pytest.mark.parametrize("language", ["en", "de", "ja"])
def test_phrases_fill_only_gaps_that_there_are(language: str) -> None:
    """Titles only those of the lists; some dialogues are for two."""
    phrases = decode((data.fixtures() / "_phrases" / f"{language}.json").read_bytes())
    words = dict.fromkeys([*phrases["slots"], "a", "b", "c"], "x")
    for dialogue in phrases["dialogues"]:
        assert dialogue["title"].format(**words)
        assert all(text.format(**words) for _, text in dialogue["lines"])
        assert dialogue["lines"][0][0] == 0
    assert any(max(who for who, _ in one["lines"]) == 1 for one in phrases["dialogues"])
