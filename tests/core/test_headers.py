"""Headers that a person gives for an answer."""

from __future__ import annotations

import pytest

from chatsim.core.headers import merged, problems


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("X-A", "a\r\nX-B: b", "line breaks"),
        ("X-A", "a\nb", "line breaks"),
        ("X-A", "a\0b", "control characters"),
        ("X-A", "a\x7f", "control characters"),
        ("X-A", "日本", "Latin-1"),
        ("X-A", "\udce9", "Latin-1"),
        ("X A", "a", "no name of a header"),
        ("X-A:", "a", "no name of a header"),
        ("X-A\r\n", "a", "no name of a header"),
        ("Größe", "a", "no name of a header"),
        ("", "a", "no name of a header"),
        ("content-length", "3", '{"truncate":true}'),
        ("Transfer-Encoding", "chunked", "no act sends one in chunks"),
        ("Connection", "keep-alive", "expected close"),
        ("Connection", "close, upgrade", "expected close"),
        ("X-Sim-Entry", "7", "the simulator's own"),
        ("x-sim-world", "a", "the simulator's own"),
    ],
)
def test_what_cannot_stand_in_an_answer(name: str, value: str, words: str) -> None:
    """It is named, with the reason."""
    [(found, reason)] = problems({name: value})
    assert found == name
    assert words in reason


def test_what_can() -> None:
    """Every character of a token, Latin-1, tabs, nothing at all, and the end of the connection."""
    good = {"!#$%&'*+-.^_`|~aZ09": "", "X-A": "caf\xe9\ta", "connection": "Close", "Server": "nginx"}
    assert list(problems(good)) == []


def test_a_name_in_two_ways_is_one_too_many() -> None:
    """Both would be sent, or one of them lost."""
    assert [name for name, _ in problems({"X-A": "1", "x-a": "2"})] == ["x-a"]


def test_given_ones_replace_ours() -> None:
    """In any case of letters; what is not given stays."""
    assert merged((("Vary", "Origin"), ("Content-Type", "a/b")), {"content-type": "c/d"}) == (
        ("Vary", "Origin"),
        ("content-type", "c/d"),
    )


def test_latin_1_goes_out_as_such() -> None:
    """One byte, not UTF-8's two."""
    [(_, value)] = merged((), {"X-A": "caf\xe9"})
    assert value.encode("utf-8", "surrogateescape") == b"caf\xe9"
