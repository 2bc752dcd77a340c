"""What happened in a world: one entry per request, socket frame, push, callback attempt, trigger and timer.

Entries keep raw bytes; they are decoded when somebody asks. The journal is bounded by entries and by bytes.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import msgspec

from chatsim.core.clock import rfc3339
from chatsim.core.http import numbered
from chatsim.core.json import BadJson, decode

if TYPE_CHECKING:
    from chatsim.core.http import Headers
    from chatsim.core.schemas import Violation

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
MAX_ENTRIES: Final = 10_000
MAX_BYTES: Final = 64 * 1024 * 1024
KEPT_BODY: Final = 64 * 1024
REFERENCE: Final = 8  # what one of many receivers weighs in the entry of a push
ENTRY_COST: Final = 1024  # what an entry weighs beside its bodies, roughly


class Note:
    """A remark on an entry: a tolerance that was used (its code), or something a reader should know."""

    __slots__ = ("code", "text")

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        self.text = text


class Entry(msgspec.Struct, eq=False, gc=False):
    """One line of the journal; filled in while its request is under way.

    `kind` is request, socket, push, callback, trigger or timer. `cause` is the entry that led to this one.
    `bug` holds the text of our own mistake: an exception, or an answer that breaks its schema. `response_headers`
    hold `NUMBER` where its own number belongs. Once it is listed, `world` is the name of its world and `weight` the
    bytes that it occupies, roughly.
    """

    seq: int
    at: int
    kind: str
    api: str = ""
    cause: int | None = None
    operation: str = ""
    principal: str = ""
    method: str = ""
    path: str = ""
    query: str = ""
    url: str = ""
    request_headers: Headers | None = None
    request_body: bytes = b""
    request_size: int = 0
    sha256: str = ""
    status: int = 0
    response_headers: Iterable[tuple[str, str]] = ()
    response_body: bytes = b""
    response_size: int = 0
    violations: tuple[Violation, ...] = ()
    notes: tuple[Note, ...] = ()
    fault: str | None = None
    bug: str = ""
    duration_ns: int = 0
    direction: str = ""
    command: str = ""
    socket: str = ""
    recipients: tuple[str, ...] = ()
    world: str = ""
    weight: int = 0

    def note(self, code: str, text: str) -> None:
        """Add a remark."""
        self.notes = (*self.notes, Note(code, text))

    def keep_request(self, body: bytes, size: int | None = None) -> None:
        """Keep the request's body: whole up to 64 KiB, else its head, length and hash."""
        length = len(body)
        self.request_size = length if size is None else size
        if length > KEPT_BODY:
            self.sha256 = hashlib.sha256(body).hexdigest()
            body = body[:KEPT_BODY]
        self.request_body = body

    def keep_response(self, body: bytes) -> None:
        """Keep the answer's body: whole up to 64 KiB, else its head and length."""
        self.response_size = length = len(body)
        self.response_body = body if length <= KEPT_BODY else body[:KEPT_BODY]

    @property
    def valid(self) -> bool:
        """Whether the request kept the contract."""
        return not self.violations

    def header(self, name: str) -> str | None:
        """A header of the request."""
        return None if self.request_headers is None else self.request_headers.get(name)

    @property
    def body(self) -> Any:
        """The request's body decoded: the parameters of a form (of equal names the first; files by name, type and
        size), JSON data, else text; None where there is none, or a form is not whole.
        """
        kind = (self.header("Content-Type") or "").partition(";")[0].strip().lower()
        if kind == FORM and self.request_body:
            parameters: dict[str, str] = {}
            for name, value in parse_qsl(self.request_body.decode("utf-8", "replace"), keep_blank_values=True):
                parameters.setdefault(name, value)
            return parameters
        if kind == MULTIPART and self.request_body:
            return self._parts()
        return _readable(self.request_body)

    def _parts(self) -> dict[str, Any] | None:
        from chatsim.core.multipart import BadMultipart, summary

        try:
            return summary(self.request_body, self.header("Content-Type") or "")
        except BadMultipart:
            return None

    @property
    def request_base64(self) -> str:
        """What is kept of the request's body, as it came."""
        return b64encode(self.request_body).decode()

    @property
    def answer_headers(self) -> list[tuple[str, str]]:
        """The headers of the answer, as they were sent."""
        return numbered(self.response_headers, self.seq)

    def as_json(self) -> dict[str, Any]:
        """The entry as the control API shows it."""
        shown: dict[str, Any] = {
            "seq": self.seq,
            "at": rfc3339(self.at, 6),
            "kind": self.kind,
            "cause": self.cause,
            "api": self.api,
            "operation": self.operation,
            "principal": self.principal,
            "client": {name: value for name in _CLIENT_HEADERS if (value := self.header(name)) is not None},
            "request": {
                "method": self.method,
                "path": self.path,
                "query": self.query,
                "headers": [[str(name), value] for name, value in (self.request_headers or {}).items()],
                "body": self.body,
                "size": self.request_size,
            },
            "response": {
                "status": self.status,
                "headers": [[str(name), value] for name, value in self.answer_headers],
                "body": _readable(self.response_body),
                "size": self.response_size,
            },
            "violations": [_violation(one) for one in self.violations],
            "notes": [{"code": one.code, "text": one.text} for one in self.notes],
            "fault": self.fault,
            "bug": self.bug or None,
            "duration_ms": round(self.duration_ns / 1_000_000, 3),
        }
        if self.sha256:
            shown["request"]["sha256"] = self.sha256
        for name in ("url", "direction", "command", "socket"):
            if value := getattr(self, name):
                shown[name] = value
        if self.kind == "push":
            shown["recipients"] = list(self.recipients)
        return shown


_CLIENT_HEADERS: Final = ("traceparent", "X-Request-Id", "User-Agent")


def _readable(body: bytes) -> Any:
    if not body:
        return None
    try:
        return decode(body)
    except BadJson:
        return body.decode("utf-8", "replace")


def _violation(violation: Violation) -> dict[str, str]:
    return {
        "pointer": violation.pointer,
        "message": violation.message,
        "keyword": violation.keyword,
        "schema": violation.schema,
    }


class Journal:
    """The entries of one world, oldest first; the oldest fall out when it is full, and `dropped` counts them.

    `tell` is told of each entry when it is listed. `listed` counts all that ever were, `clears` how often some were
    forgotten: who has read up to a count only needs `newest`, unless something was cleared since.
    """

    __slots__ = ("_bytes", "_entries", "_max_bytes", "_max_entries", "_tell", "clears", "dropped", "listed", "seq")

    def __init__(
        self,
        max_entries: int = MAX_ENTRIES,
        max_bytes: int = MAX_BYTES,
        tell: Callable[[Entry], None] | None = None,
    ) -> None:
        self._entries: deque[Entry] = deque()
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._tell = tell
        self._bytes = 0
        self.seq = 0
        self.dropped = 0
        self.listed = 0
        self.clears = 0

    def open(self, at: int, kind: str, api: str = "", cause: int | None = None) -> Entry:
        """Begin an entry; it has its number at once and is listed when `add` gets it."""
        self.seq += 1
        return Entry(self.seq, at, kind, api, cause)

    def number(self, entry: Entry) -> Entry:
        """Give an entry its number, where it was made before it was known to be worth one."""
        self.seq += 1
        entry.seq = self.seq
        return entry

    def add(self, entry: Entry) -> None:
        """List a finished entry."""
        entries = self._entries
        entries.append(entry)
        self.listed += 1
        bodies = len(entry.request_body) + len(entry.response_body)
        self._bytes += (weight := ENTRY_COST + bodies + REFERENCE * len(entry.recipients))
        entry.weight = weight
        while len(entries) > self._max_entries or (self._bytes > self._max_bytes and len(entries) > 1):
            self._bytes -= entries.popleft().weight
            self.dropped += 1
        if self._tell is not None:
            self._tell(entry)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def since(self, seq: int) -> Iterator[Entry]:
        """The entries with a higher number than `seq`, in the order they were finished."""
        return (entry for entry in self._entries if entry.seq > seq)

    def newest(self, count: int) -> list[Entry]:
        """The last `count` entries, in the order they were finished."""
        found = list(islice(reversed(self._entries), count))
        found.reverse()
        return found

    def find(self, seq: int) -> Entry | None:
        """The entry with that number, or None."""
        return next((entry for entry in self._entries if entry.seq == seq), None)

    def clear(self, since: int = 0, until: int | None = None) -> None:
        """Forget the entries with numbers from `since` up to `until`, both included; numbers go on."""
        kept = [one for one in self._entries if one.seq < since or (until is not None and one.seq > until)]
        self._entries = deque(kept)
        self.clears += 1
        self._bytes = sum(one.weight for one in kept)

    def restart(self) -> None:
        """Forget everything and count from one again."""
        self.clear()
        self.seq = 0
        self.dropped = 0
