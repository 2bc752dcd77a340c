"""Which requests, callbacks and frames somebody means: by members of an entry, each exact or with `*`.

One value serves the journal's questions, waits and faults; it knows neither of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, Protocol
from urllib.parse import unquote

from chatsim.core.dialect import escape
from chatsim.core.errors import Invalid
from chatsim.core.schemas import Violation

Key = tuple[str, str, Any]
"""A member, the name of the header where it is one, and the value it has to have."""

KINDS: Final = ("request", "socket", "push", "callback", "trigger", "timer")


class View(Protocol):
    """What a match looks at. `body` is asked for only where everything else fits: decoding it costs."""

    @property
    def api(self) -> str: ...
    @property
    def operation(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def valid(self) -> bool: ...
    @property
    def body(self) -> Any: ...
    def header(self, name: str, /) -> str | None:
        """The request header of that name in any case, or None."""
        ...


class Match:
    """Members that must all fit; none fits everything.

    `path`, `url` and the values of `header` may hold `*` for any text; `body` fits by member where both are
    objects, all else must be equal (1 is 1.0, but not true).
    """

    __slots__ = ("wanted",)

    def __init__(self, wanted: Mapping[str, Any]) -> None:
        self.wanted = {member: wanted[member] for member in _MEMBERS if member in wanted}

    @classmethod
    def parse(cls, data: Any, pointer: str = "") -> Match:
        """Read a `match` object; `pointer` says where in a body it stands.

        Raises:
            Invalid: an unknown member, or a value of the wrong type; with a violation for each.
        """
        if not isinstance(data, dict):
            raise _refused([_violation(pointer, "expected an object with members to match", "type")])
        found = [one for member, value in data.items() for one in _problems(member, value, pointer)]
        if found:
            raise _refused(found)
        return cls(data)

    @property
    def needs_body(self) -> bool:
        """Whether it can be decided only after the body was read."""
        return "body" in self.wanted

    def matches(self, view: View) -> bool:
        """Whether every member fits."""
        return all(_fits(member, expected, _actual(member, expected, view)) for member, expected in self.wanted.items())

    def score(self, view: View) -> int:
        """How many members fit."""
        return sum(_fits(member, expected, _actual(member, expected, view)) for member, expected in self.wanted.items())

    def compare(self, view: View) -> dict[str, dict[str, Any]]:
        """Each member with `expected`, `actual` and `matched`; of the headers only those asked for."""
        compared = {}
        for member, expected in self.wanted.items():
            actual = _actual(member, expected, view)
            compared[member] = {"expected": expected, "actual": actual, "matched": _fits(member, expected, actual)}
        return compared

    @property
    def key(self) -> Key | None:
        """One exact value that all that fits has, the rarest there is: for finding who is meant without asking."""
        header = self.wanted.get("header", {})
        if name := next((name for name, value in header.items() if "*" not in value), None):
            return "header", name.lower(), header[name]
        for member in _KEYS:
            if member not in self.wanted:
                continue
            value = _KEYS[member](self.wanted[member])
            if member not in _LIKE or "*" not in value:
                return member, "", value
        return None

    def as_json(self) -> dict[str, Any]:
        """The object it was read from."""
        return dict(self.wanted)


def value_of(view: View, member: str, name: str) -> Any:
    """What a view has where a `Key` has its value; `name` is that of the header."""
    return view.header(name) if member == "header" else _KEYS[member](getattr(view, member))


def _actual(member: str, expected: Any, view: View) -> Any:
    if member == "header":
        return {name: view.header(name) for name in expected}
    return getattr(view, member)


def _fits(member: str, expected: Any, actual: Any) -> bool:
    return _MEMBERS[member].fits(expected, actual)


def _same(expected: Any, actual: Any) -> bool:
    return bool(expected == actual)


def _same_method(expected: str, actual: str) -> bool:
    return expected.upper() == actual.upper()


def _same_url(expected: str, actual: str) -> bool:
    """Only callbacks have one."""
    return actual != "" and _like(expected, actual)


def _like(expected: str, actual: str) -> bool:
    """Percent-encoding aside, since `%40` and `@` name the same thing."""
    if expected == actual:
        return True
    if "%" in expected or "%" in actual:
        expected, actual = unquote(expected), unquote(actual)
    return _pattern(expected).fullmatch(actual) is not None


@lru_cache(1024)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.split("*")), re.DOTALL)


def _headers_fit(expected: Mapping[str, str], actual: Mapping[str, str | None]) -> bool:
    for name, value in expected.items():
        found = actual[name]
        if found is None or not (value == found or _pattern(value).fullmatch(found)):
            return False
    return True


def _body_fits(expected: Any, actual: Any) -> bool:
    if isinstance(expected, dict) and isinstance(actual, dict):
        return all(name in actual and _body_fits(value, actual[name]) for name, value in expected.items())
    return _equal(expected, actual)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(value, other[name]) for name, value in one.items())
    return bool(one == other)


class _Member:
    """One member: which values it can have, in words, and how it is compared."""

    def __init__(self, wants: str, accepts: Callable[[Any], bool], fits: Callable[[Any, Any], bool] = _same) -> None:
        self.wants = wants
        self.accepts = accepts
        self.fits = fits


def _itself(value: Any) -> Any:
    return value


_KEYS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "path": unquote,
    "url": unquote,
    "operation": _itself,
    "status": _itself,
    "method": str.upper,
    "api": _itself,
    "kind": _itself,
}
"""Members with an exact value, the rarest first, and how two values that fit become the same."""
_LIKE: Final = ("path", "url")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_status(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_headers(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


# Ordered by cost: the body comes last.
_MEMBERS: Final[Mapping[str, _Member]] = {
    "kind": _Member(f"one of {', '.join(KINDS)}", lambda value: value in KINDS),
    "api": _Member("the name of an API", _is_text),
    "operation": _Member("the name of an operation", _is_text),
    "method": _Member("an HTTP method", _is_text, _same_method),
    "status": _Member("a status as a number", _is_status),
    "valid": _Member("true or false", lambda value: isinstance(value, bool)),
    "path": _Member("a path, exact or with *", _is_text, _like),
    "url": _Member("a URL, exact or with *", _is_text, _same_url),
    "header": _Member("an object of texts", _are_headers, _headers_fit),
    "body": _Member("any JSON", lambda _: True, _body_fits),
}


def _problems(member: str, value: Any, pointer: str) -> list[Violation]:
    where = f"{pointer}/{escape(member)}"
    known = _MEMBERS.get(member)
    if known is None:
        return [
            _violation(where, f"unknown member {member!r}, known are {', '.join(_MEMBERS)}", "additionalProperties")
        ]
    return [] if known.accepts(value) else [_violation(where, f"expected {known.wants}, got {value!r:.60}", "type")]


def _violation(pointer: str, message: str, keyword: str) -> Violation:
    return Violation(pointer, message, keyword, "_sim/match#")


def _refused(violations: list[Violation]) -> Invalid:
    return Invalid(violations[0].message, violations=violations)
