"""A bundle as it is read from a file: what each part of it has to be, looked at once, so that nobody stumbles later."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any, Final, NotRequired, TypedDict, cast, final

import msgspec

from chatsim.core.clock import parse_rfc3339

FORMAT: Final = 1
_WHERE: Final = re.compile(r"^(.*?)(?: - at `\$(.*)`)?$", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[([^\]]*)\]")


class BadBundle(ValueError):
    """A part of a bundle is missing, or is none; the text begins with its JSON Pointer."""


class OtherFormat(Exception):
    """The bundle was written by a version that this one does not understand; the text says which."""


class Asked(TypedDict):
    """What was sent, by somebody or again."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: Any
    size: int
    base64: NotRequired[str | None]


class Answered(TypedDict):
    """What was answered."""

    status: int
    body: Any
    size: int


class Violation(TypedDict):
    """What broke a schema."""

    pointer: str
    message: str


class Note(TypedDict):
    """A remark."""

    text: str


@final
class Entry(TypedDict):
    """One line of the journal."""

    seq: int
    at: str
    kind: str
    api: str
    operation: str
    request: Asked
    response: Answered
    violations: list[Violation]
    notes: list[Note]
    fault: str | None
    bug: str | None
    url: NotRequired[str]


@final
class Step(TypedDict):
    """One control call; `behind` is the entry that was finished last when it came."""

    after: int
    behind: NotRequired[int]
    at: str
    then: str
    method: str
    path: str
    query: str
    body: Any
    size: int
    base64: NotRequired[str | None]


class Delivery(TypedDict):
    """One callback."""

    state: str
    api: str
    about: str
    url: str
    attempts: list[dict[str, Any]]


class Fault(TypedDict):
    """One planned fault."""

    id: str
    hits: int
    act: dict[str, Any]
    match: dict[str, Any]


class First(TypedDict):
    """The beginning: a snapshot, of which the simulator knows more."""

    options: dict[str, Any]


class Bundle(TypedDict):
    """All of it, as far as it is made use of."""

    format: int
    chatsim: str
    world: str
    at: str
    seed: str
    redacted: bool
    first: First
    since: NotRequired[int]
    journal: list[Entry]
    dropped: int
    steps: NotRequired[list[Step]]
    steps_dropped: NotRequired[int]
    deliveries: list[Delivery]
    faults: list[Fault]


def checked(data: Any) -> Bundle:
    """The same data, known to be a bundle.

    Raises:
        BadBundle, OtherFormat: as their names say.
    """
    if isinstance(data, dict) and isinstance(data.get("format"), int) and data["format"] != FORMAT:
        raise OtherFormat(f"has format {data['format']} (chatsim {data.get('chatsim')}); this reads {FORMAT}")
    try:
        msgspec.convert(data, Bundle)
    except msgspec.ValidationError as error:
        raise BadBundle(_pointed(str(error))) from error
    bundle = cast("Bundle", data)
    for where, one in _timed(bundle):
        _check(where, one)
    return bundle


def _timed(bundle: Bundle) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What has a moment and bytes, with its pointer."""
    for place, entry in enumerate(bundle["journal"]):
        yield f"/journal/{place}", {"at": entry["at"]}
        yield f"/journal/{place}/request", entry["request"]
    for place, step in enumerate(bundle.get("steps", [])):
        yield f"/steps/{place}", step
        if step["path"].endswith("/clock") and not isinstance(step["body"], dict):
            raise BadBundle(f"/steps/{place}/body: expected an object that says how the clock was moved")


def _check(where: str, one: Mapping[str, Any]) -> None:
    for name in ("at", "then"):
        if name in one:
            try:
                parse_rfc3339(one[name])
            except ValueError as error:
                raise BadBundle(f"{where}/{name}: {one[name]!r} is no moment: {error}") from error
    try:
        b64decode(one.get("base64") or "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadBundle(f"{where}/base64: {error}") from error


def _pointed(text: str) -> str:
    """What msgspec says, behind a JSON Pointer instead of its own way of writing one."""
    found = _WHERE.match(text)
    assert found is not None
    steps = _STEP.findall(found[2] or "")
    return f"{''.join(f'/{name or index}' for name, index in steps) or 'the document'}: {found[1]}"


__all__ = ["Asked", "BadBundle", "Bundle", "Entry", "OtherFormat", "Step", "checked"]
