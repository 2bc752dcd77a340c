"""Headers that a person gives for an answer: which can stand there, and how they go beside those we would send."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

Pairs = tuple[tuple[str, str], ...]

# "token" of RFC 9110 section 5.6.2, and what its section 5.5 allows in a value: no control character but the tab.
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

_COUNTED: Final = 'counted by the simulator; {"truncate":true} sends less than was announced'
_OURS: Final = "the simulator's own, tests find the entry by it"
_NOT_GIVEN: Final[Mapping[str, str]] = {
    "content-length": _COUNTED,
    "transfer-encoding": "not for an answer that is sent whole, with its length; no act sends one in chunks",
    "x-sim-world": _OURS,
    "x-sim-entry": _OURS,
}


def problems(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each name that cannot stand in an answer, or whose value cannot, with the reason."""
    seen: dict[str, str] = {}
    for name, value in headers.items():
        lowered = name.lower()
        if _TOKEN.fullmatch(name) is None:
            yield name, f"no name of a header: {name!r:.60}; RFC 9110 takes letters, digits and !#$%&'*+-.^_`|~"
        elif lowered in _NOT_GIVEN:
            yield name, f"{name} is {_NOT_GIVEN[lowered]}"
        elif lowered in seen:
            yield name, f"{name} is there already, as {seen[lowered]}: case makes no difference"
        elif _VALUE.fullmatch(value) is None:
            yield name, f"no value of a header: {value!r:.60}; Latin-1 without line breaks and control characters"
        elif lowered == "connection" and value.strip().lower() != "close":
            yield name, f"expected close, which ends the connection after the answer, not {value!r:.60}"
        seen[lowered] = name


def merged(ours: Iterable[tuple[str, str]], given: Mapping[str, str]) -> Pairs:
    """Headers with those given in the place of any of ours that has the same name.

    Heads are written in UTF-8, with surrogates for bytes that are none: so that Latin-1 goes out as such.
    """
    names = {name.lower() for name in given}
    latin = [(name, value.encode("latin-1").decode("utf-8", "surrogateescape")) for name, value in given.items()]
    return (*(pair for pair in ours if pair[0].lower() not in names), *latin)
