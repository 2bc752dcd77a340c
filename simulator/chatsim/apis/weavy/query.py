"""The grammar of query strings: names, tri-state booleans, numbers, GUIDs, sort orders and pages.

Knows no endpoint. The document gives the names; what the values mean follows ASP.NET Core's model
binding and the parameter descriptions of release 17.2 [source].
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

Parser = Callable[[str], Any]
"""Text to value; None is "unset", ValueError is "the value 'x' is not valid"."""

Order = tuple[tuple[str, bool], ...]
"""Sort fields, each with whether it runs downwards."""

TOP_DEFAULT: Final = 25
TOP_LIMIT: Final = 100
INT32: Final = range(-(2**31), 2**31)

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,12}")
_GUID: Final = re.compile(
    r"(?P<open>[{(]?)([0-9a-f]{8})(?P<dash>-?)([0-9a-f]{4})(?P=dash)([0-9a-f]{4})(?P=dash)([0-9a-f]{4})"
    r"(?P=dash)([0-9a-f]{12})(?P<close>[)}]?)"
)
_BRACKETS: Final = {("", ""), ("{", "}"), ("(", ")")}
_FLAGS: Final = {"true": True, "false": False, "null": None, "": None}
_DIRECTIONS: Final = {"": False, "asc": False, "desc": True}


class QueryError(ValueError):
    """Values that no parser accepts; `errors` has one sentence for each parameter."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in errors.items()))
        self.errors = dict(errors)


class Page(msgspec.Struct, frozen=True):
    """The part of a list that is wanted."""

    top: int = TOP_DEFAULT
    skip: int = 0
    count: bool = True
    count_only: bool = False


def fold(name: str) -> str:
    """The form in which names compare: `order_by`, `orderBy` and `ORDERBY` are one parameter [source]."""
    return name.replace("_", "").lower()


def integer(text: str) -> int | None:
    """A 32-bit integer; empty is unset."""
    text = text.strip()
    if not text:
        return None
    if not _INTEGER.fullmatch(text) or int(text) not in INT32:
        raise ValueError(f"The value '{text}' is not valid; a 32-bit integer is expected, such as 25.")
    return int(text)


def flag(text: str) -> bool | None:
    """A tri-state boolean; empty and `null` are unset."""
    try:
        return _FLAGS[text.strip().lower()]
    except KeyError:
        raise ValueError(f"The value '{text}' is not valid; true, false or null is expected.") from None


def states(text: str) -> tuple[bool, ...]:
    """A filter of two states: true, false, or `null` (also empty) for both, as the service's description says."""
    value = flag(text)
    return (False, True) if value is None else (value,)


def guid(text: str) -> str | None:
    """A GUID in any of the usual spellings, as lower case with dashes; empty is unset."""
    text = text.strip()
    if not text:
        return None
    match = _GUID.fullmatch(text.lower())
    if match is None or (match["open"], match["close"]) not in _BRACKETS:
        raise ValueError(f"The value '{text}' is not valid; a GUID is expected.")
    return "-".join(match.group(2, 4, 5, 6, 7))


def text(text: str) -> str | None:
    """A search text; empty is unset."""
    return text.strip() or None


def order(fields: Sequence[str]) -> Parser:
    """A parser of `field[ asc|desc]`, comma-separated, for these fields in snake_case."""
    known = {fold(field): field for field in fields}

    def parse(text: str) -> Order | None:
        found = []
        for clause in filter(None, map(str.strip, text.split(","))):
            name, _, direction = clause.partition(" ")
            way = direction.strip().lower()
            if fold(name) not in known or way not in _DIRECTIONS:
                raise ValueError(f"The value '{clause}' is not valid; expected is one of {', '.join(fields)}, "
                                 f"then nothing, asc or desc.")  # fmt: skip
            found.append((known[fold(name)], _DIRECTIONS[way]))
        return tuple(found) or None

    return parse


PAGE: Final[Mapping[str, Parser]] = {"top": integer, "skip": integer, "count": flag, "count_only": flag}
"""The parameters of every list."""


class Parameters:
    """The parameters of an endpoint, by the form in which names compare."""

    def __init__(self, parsers: Mapping[str, Parser]) -> None:
        self.by_folded = {fold(name): (name, parse) for name, parse in parsers.items()}


def read(pairs: Iterable[tuple[str, str]], parameters: Parameters) -> dict[str, Any]:
    """The set parameters by their snake_case name; unknown names are ignored, the first of equal names counts.

    Raises QueryError with every value that is not valid.
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    seen = set()
    for written, raw in pairs:
        name, parse = parameters.by_folded.get(fold(written), ("", text))
        if not name or name in seen:
            continue
        seen.add(name)
        try:
            value = parse(raw)
        except ValueError as refused:
            errors[name] = str(refused)
            continue
        if value is not None:
            values[name] = value
    if errors:
        raise QueryError(errors)
    return values


def page(values: Mapping[str, Any]) -> Page:
    """The page that these parameters ask for; numbers out of range are clamped, as the real clients need it."""
    return Page(
        top=min(max(values.get("top", TOP_DEFAULT), 0), TOP_LIMIT),
        skip=max(values.get("skip", 0), 0),
        count=values.get("count", True),
        count_only=values.get("count_only", False),
    )


def envelope(items: Sequence[Any], total: int, page: Page) -> dict[str, Any]:
    """The body of a list: `start` and `end` are one-based and left out with an empty page [guess A15]."""
    if page.count_only:
        return {"count": total}
    body: dict[str, Any] = {"data": items}
    if items:
        body |= {"start": page.skip + 1, "end": page.skip + len(items)}
    if page.count:
        body["count"] = total
    return body
