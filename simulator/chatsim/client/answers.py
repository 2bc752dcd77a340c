"""What the control API answers, and how a failure reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict


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
        lines += [f"  {one.get('pointer')}: {one.get('detail')}" for one in problem.get("errors", ())]
        super().__init__("\n".join(lines))


class NotSeen(AssertionError):
    """What a test waited for did not happen; the text shows what came nearest."""

    def __init__(self, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> None:
        self.wanted = dict(wanted)
        self.entries: list[Entry] = list(found.get("entries", ()))
        self.near_misses: list[dict[str, Any]] = list(found.get("near_misses", ()))
        super().__init__("\n".join(_story(self.wanted, self.entries, self.near_misses)))


def _story(wanted: Mapping[str, Any], entries: Sequence[Entry], misses: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield f"wanted {json.dumps(wanted, ensure_ascii=False)}, found {len(entries)}"
    for entry in entries:
        yield f"  found {line(entry)}"
    for miss in misses:
        yield f"  near: {miss.get('text')}"


def line(entry: Mapping[str, Any]) -> str:
    """An entry in one line."""
    request, response = entry.get("request") or {}, entry.get("response") or {}
    what = " ".join(str(one) for one in (request.get("method"), request.get("path")) if one) or entry.get("operation")
    first = next(iter(entry.get("violations") or ()), None)
    parts = [f"#{entry.get('seq')}", entry.get("kind"), entry.get("api"), what, response.get("status") or ""]
    text = " ".join(str(one) for one in parts if one)
    return f"{text} ({first['message']})" if first else text


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
