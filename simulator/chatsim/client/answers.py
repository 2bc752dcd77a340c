"""What the control API answers, and how a failure reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypedDict

WAIT_S: Final = 5.0
"""How long the verbs wait that wait, where nothing is said."""
GONE: Final = 410
"""The status of whatever is asked about a world that was deleted."""


class Message(TypedDict, total=False):
    """One side of an entry; `body` is JSON data, text, or None."""

    method: str
    path: str
    query: str
    status: int
    headers: list[list[str]]
    body: Any
    size: int


class Entry(TypedDict, total=False):
    """One line of the journal, as `docs/control.md` describes it."""

    seq: int
    at: str
    kind: str
    cause: int | None
    api: str
    operation: str
    principal: str
    request: Message
    response: Message
    violations: list[dict[str, str]]
    notes: list[dict[str, str]]
    fault: str | None
    bug: str | None
    duration_ms: float
    socket: str
    command: str
    recipients: list[str]
    url: str


@dataclass(frozen=True, slots=True)
class File:
    """A file to send with a trigger."""

    name: str
    data: bytes
    content_type: str = "application/octet-stream"


class ChatsimError(Exception):
    """The simulator refused a call. `problem` is its RFC 9457 document, `status` the HTTP status."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = dict(problem)
        lines = [str(problem.get("detail") or problem.get("title") or f"status {status}")]
        lines += [
            f"  {one.get('pointer')}: {one.get('detail')}"
            for one in problem.get("errors", ())
            if isinstance(one, Mapping)
        ]
        super().__init__(printable("\n".join(lines)))


class NotSeen(AssertionError):
    """What a test waited for did not happen; the text shows what came nearest."""

    def __init__(self, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> None:
        self.wanted = dict(wanted)
        self.entries: list[Entry] = list(found.get("entries", ()))
        self.near_misses: list[dict[str, Any]] = list(found.get("near_misses", ()))
        count = found.get("found", len(self.entries))
        super().__init__(printable("\n".join(_story(self.wanted, count, self.entries, self.near_misses))))


def _story(
    wanted: Mapping[str, Any], found: int, entries: Sequence[Entry], misses: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    yield f"wanted {json.dumps(wanted, ensure_ascii=False)}, found {found}"
    for entry in entries:
        yield f"  found {line(entry)}"
    for miss in misses:
        yield f"  near: {miss.get('text')}"


def line(entry: Mapping[str, Any]) -> str:
    """An entry in one line: what it was, what was answered, and what was wrong or noteworthy about it."""
    request, response = entry.get("request") or {}, entry.get("response") or {}
    where = entry.get("url") or request.get("path")
    what = f"{request.get('method')} {where}" if where else entry.get("operation")
    named = [entry.get(name) for name in ("kind", "api")]
    parts = [f"#{entry.get('seq')}", *named, what, response.get("status")]
    remarks = [f"{one['pointer']} {one['message']}".strip() for one in entry.get("violations") or ()]
    remarks += [str(one["text"]) for one in entry.get("notes") or ()]
    remarks += [f"{name} {_last_line(entry[name])}" for name in ("fault", "bug") if entry.get(name)]
    text = " ".join(str(one) for one in parts if one)
    return printable(f"{text} ({'; '.join(remarks)})" if remarks else text)


def printable(text: str) -> str:
    """Half a surrogate pair, which no terminal and no file takes, as JSON would escape it."""
    return text.encode("utf-8", "backslashreplace").decode()


def _last_line(text: str) -> str:
    """What a traceback comes to."""
    return text.rstrip().rpartition("\n")[2]


class Later(Mapping[str, Any]):
    """The entry that a `with journal.expect(…)` block waits for: empty inside the block, the entry after it."""

    def __init__(self) -> None:
        self._entry: Mapping[str, Any] | None = None

    def arrive(self, entry: Mapping[str, Any]) -> None:
        """It is there."""
        self._entry = entry

    def _there(self) -> Mapping[str, Any]:
        if self._entry is None:
            raise LookupError("the entry is known after the with block")
        return self._entry

    def __getitem__(self, name: str) -> Any:
        return self._there()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._there())

    def __len__(self) -> int:
        return len(self._there())
