"""What every API has to show, whatever it does, and the client that its script is written for.

A script is `tests/conformance/scripts/<api>.py`. It is run against the pipeline (`DeskClient`) and over HTTP
(`HttpClient`); the members that the proofs look for are listed in `Script`.
"""

from __future__ import annotations

import importlib
import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, cast
from urllib.parse import parse_qsl, urlencode

import msgspec
import sending
from samples import ROOT

from chatsim.core.http import Part
from chatsim.core.json import encode
from chatsim.core.media import Blob
from chatsim.core.snapshot import take

if TYPE_CHECKING:
    from desk import Desk

SCRIPTS: Final = ROOT / "tests" / "conformance" / "scripts"
FORM: Final = "application/x-www-form-urlencoded"
BOUNDARY: Final = "between-the-parts"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back; header names in small letters. `notes` and `bug` are the journal's, empty over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    notes: Sequence[str] = ()
    bug: str = ""

    @property
    def data(self) -> Any:
        """The body as JSON data."""
        return json.loads(self.body)


@dataclass(kw_only=True)
class Ask:
    """A request that is not sent yet. A `body` that is not bytes is sent as JSON, `form` as a form."""

    method: str
    target: str
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    token: str | None = None
    form: dict[str, Any] | None = None
    """A value that is a list is sent as several of that name."""
    parts: Sequence[tuple[str, str | None, str, bytes]] | None = None
    """Of multipart/form-data: name, file name, content type, bytes."""

    def raw(self) -> bytes:
        """The body's bytes; a content type that goes with it is added where none is given."""
        if self.form is not None:
            self.headers.setdefault("Content-Type", FORM)
            return urlencode(self.form, doseq=True).encode()
        if self.parts is not None:
            self.headers.setdefault("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
            return multipart(self.parts)
        if isinstance(self.body, bytes):
            return self.body
        self.headers.setdefault("Content-Type", "application/json")
        return json.dumps(self.body).encode()

    def all_headers(self) -> dict[str, str]:
        """The headers with the token in its usual place."""
        return self.headers | ({"Authorization": f"Bearer {self.token}"} if self.token is not None else {})


class Client:
    """Asks one world; what was asked and answered is kept in `record`."""

    base_url: str

    def __init__(self) -> None:
        self.record: list[tuple[Ask, Answer]] = []

    def ask(self, method: str, target: str, body: Any = b"", **more: Any) -> Answer:
        """Send a request; the further arguments are those of `Ask`."""
        return self.send(Ask(method=method, target=target, body=body, **more))

    def send(self, ask: Ask) -> Answer:
        """Send a prepared request."""
        answer = self._send(ask)
        self.record.append((ask, answer))
        return answer

    def _send(self, ask: Ask) -> Answer:
        raise NotImplementedError


class DeskClient(Client):
    """Asks a world of a desk through the pipeline."""

    def __init__(self, desk: Desk, world: str) -> None:
        super().__init__()
        self.desk = desk
        self.world = world
        self.base_url = f"http://localhost:8080/w/{world}"

    def _send(self, ask: Ask) -> Answer:
        raw, parts = ask.raw(), None
        if ask.parts is not None:
            raw, parts = b"", tuple(_part(*one) for one in ask.parts)
        headers = ask.all_headers()
        if raw:
            headers.setdefault("Content-Length", str(len(raw)))
        answer = self.desk.ask(ask.method, ask.target, raw, headers=headers, parts=parts, world=self.world)
        return Answer(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.headers.items()},
            body=answer.body,
            notes=answer.notes,
            bug=answer.bug,
        )


class HttpClient(Client):
    """Asks the world that answers at a base URL."""

    def __init__(self, base_url: str, trust: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.base_url = base_url
        self.trust = trust
        self.always: dict[str, str] = {}

    def _send(self, ask: Ask) -> Answer:
        raw = ask.raw()
        headers = ask.all_headers() | self.always
        answer = sending.ask(ask.method, self.base_url + ask.target, headers, raw or None, self.trust)
        return Answer(status=answer.status, headers=answer.headers, body=answer.body)


@dataclass(frozen=True, kw_only=True)
class Spoil:
    """One thing that can be wrong with a request, and the answer to it: a status, and a part of the body."""

    name: str
    do: Callable[[Ask, Client], None]
    status: int
    says: str = ""


@dataclass(frozen=True, kw_only=True)
class Order:
    """The order of an operation's checks: a good request, and what can be wrong with it, the first to be said first.

    Where two spoil the same thing, the earlier one is done last, so that it is there. `world` are options of its world.
    """

    operation: str
    good: Callable[[Client], Ask]
    spoils: tuple[Spoil, ...]
    world: Mapping[str, Any] = field(default_factory=dict)


class Script(Protocol):
    """What a script declares; only `token` and `script` are compulsory."""

    SCRIPT_WORLD: Mapping[str, Any]
    """Options of the worlds that `script` and `foreign` run in."""
    QUIRKS: Mapping[str, Callable[[Client], Any]]
    """For every quirk of the API: do what each of its values answers differently, and return what was seen."""
    TOLERANCES: Mapping[str, Callable[[Client], Answer]]
    """For every tolerance of the API: make use of it, and return the answer."""
    ORDERS: tuple[Order, ...]
    FOREIGN_URLS: tuple[str, ...]
    """How URLs begin that answers carry but that are not the simulator's: those of inputs and of documentation."""
    NO_PAGES: tuple[str, ...]
    """How URLs end that are the simulator's but nothing to fetch: bases of others, pages that are not simulated."""

    def token(self, base_url: str, name: str) -> str:
        """A token, over HTTP; for samples."""
        ...

    def script(self, client: Client) -> None:
        """A tour of the API: each route once at least, with answers of every kind."""
        ...

    def foreign(self, of: Client, to: Client) -> list[Ask]:
        """Requests to the world `to` that use tokens and ids of the world `of`, each to be refused.

        Credentials of `to` itself, where an id is all that is foreign, are got before.
        """
        ...


def script_of(api: str) -> Script:
    """The script of an API."""
    return cast("Script", importlib.import_module(f"scripts.{api}"))


def apis_with_scripts() -> list[str]:
    """The APIs whose script has a tour; one that only says how a token is got proves nothing yet."""
    names = sorted(path.stem for path in SCRIPTS.glob("*.py"))
    return [name for name in names if hasattr(script_of(name), "script")]


def multipart(parts: Sequence[tuple[str, str | None, str, bytes]]) -> bytes:
    """A multipart/form-data body; surrogates in names stand for bytes that are not UTF-8."""
    written = b""
    for name, filename, content_type, content in parts:
        file = f'; filename="{filename}"' if filename is not None else ""
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\nContent-Type: {content_type}\r\n'
        )
        written += head.encode("utf-8", "surrogateescape") + b"\r\n" + content + b"\r\n"
    return written + f"--{BOUNDARY}--\r\n".encode()


def _part(name: str, filename: str | None, content_type: str, content: bytes) -> Part:
    return Part(name=name, filename=filename, content_type=content_type, blob=Blob.of(content))


def credentials(ask: Ask, record: Sequence[tuple[Ask, Answer]]) -> list[str]:
    """The tokens in a request that were given out in one of the answers of `record`."""
    fields = [*parse_qsl(ask.target.partition("?")[2]), *(ask.form or {}).items()]
    fields += ask.body.items() if isinstance(ask.body, dict) else ()
    borne = [value for name, value in fields if isinstance(value, str) and ("token" in name or name == "id")]
    given = b"\n".join(answer.body for _, answer in record)
    return [one for one in (*borne, ask.token or "") if one and b'"%s"' % one.encode() in given]


def snapshot(desk: Desk, world: str) -> bytes:
    """Everything that a world keeps, the journal apart, in the order in which it was built up."""
    universe = desk.simulator.worlds[world]
    for api in desk.simulator.apis:
        universe.state(api)  # which otherwise is built at the first call
    return encode(take(universe))
