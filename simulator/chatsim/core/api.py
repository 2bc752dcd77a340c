"""How an emulated service is declared: one `Api` value, with its routes, sockets, settings, quirks and triggers.

`control/`, the command line and the client build themselves from these values and name no API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qsl

import msgspec

from chatsim.core.cors import Cors
from chatsim.core.effects import Effect, Push
from chatsim.core.errors import ApiError, Invalid, Malformed
from chatsim.core.http import JSON, NO_BODY, Body, Reply, Request
from chatsim.core.json import BadJson, decode
from chatsim.core.quirks import Quirk
from chatsim.core.settings import Setting
from chatsim.core.ties import Ties

if TYPE_CHECKING:
    from chatsim.core.auth import Principal
    from chatsim.core.ids import Ids
    from chatsim.core.journal import Entry
    from chatsim.core.population import Population
    from chatsim.core.routing import Territory
    from chatsim.core.world import World

NOTHING: Final = "-nothing"
BINARY: Final = "-binary"
STREAM: Final = "-stream"
"""What `replies` says of a status whose answer has no JSON body: none at all, bytes or text, a stream."""

MEBIBYTE: Final = 1024 * 1024

State = Any  # each API has its own class of state; only its own operations know it
Operation = Callable[[State, "Call"], Reply]


class Call:
    """What an operation is given. It lives for one request (or frame, timer, trigger) and is not kept."""

    __slots__ = ("_query", "api", "base_url", "body", "entry", "now", "params", "principal", "request", "route",
                 "silent", "socket", "world")  # fmt: skip

    def __init__(
        self,
        world: World,
        api: Api,
        request: Request,
        entry: Entry,
        now: int,
        route: Route | Socket | None = None,
        params: Mapping[str, str] = {},
    ) -> None:
        self.world = world
        self.api = api
        self.request = request
        self.entry = entry
        self.now = now
        self.route = route
        self.params = params
        self.base_url = request.base_url
        self.body: Any = None
        self.principal: Principal | None = None
        self.socket = ""
        self.silent = False
        self._query: list[tuple[str, str]] | None = None

    @property
    def ids(self) -> Ids:
        """The world's ids."""
        return self.world.ids

    @property
    def link_base(self) -> str:
        """What links in answers begin with: they lead into the world from anywhere, whoever follows them.

        That is the world's public address where it has one. What a client compares with the address that it was given,
        as an issuer, begins with `base_url`.
        """
        return self.world.public_url or self.base_url + self.request.link_prefix

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's names and values, decoded, in order; empty values are kept."""
        if self._query is None:
            self._query = parse_qsl(self.request.query, keep_blank_values=True, errors="replace")
        return self._query

    def state(self, api: str) -> Any:
        """The state of an API in this world."""
        return self.world.state(api, self.now)

    def quirk(self, name: str) -> str:
        """The value of a quirk in this world."""
        return self.world.quirk(name)

    def setting(self, name: str) -> Any:
        """The value of a setting in this world."""
        return self.world.setting(name)

    def note(self, code: str, text: str) -> None:
        """Leave a remark in the journal."""
        self.entry.note(code, text)

    def tolerate(self, code: str, text: str) -> None:
        """Accept something that the document does not allow: noted, and refused in a strict world.

        Raises:
            Invalid: the world is strict.
        """
        self.entry.note(code, text)
        if self.world.options.strict:
            raise Invalid(text, code=code)


class Route(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One row of an API's table.

    `path` is a template (`/users/{id}`); `slash` serves it with and without a slash at its end, `aliases` are
    further templates with the same parameters. `body` and `query` name schemas (of the own API, or
    `other/name`); `replies` says for each status which schema its body has, `bare` which of these statuses may
    also come without that JSON: as a page for a browser, or empty. `auth` False skips `authenticate`.
    `validate` False leaves validation to the operation. `limit` is the body's limit in bytes, or the name of the
    setting that says it. `multipart` bodies
    are taken apart and spooled before `decode`.
    """

    method: str
    path: str
    operation: Operation
    replies: Mapping[int, str]
    title: str = ""
    body: str | None = None
    query: str | None = None
    auth: bool = True
    slash: bool = False
    aliases: tuple[str, ...] = ()
    validate: bool = True
    authorize: Callable[[State, Call], None] | None = None
    limit: int | str | None = None
    multipart: bool = False
    decode: Callable[[Call, Body], Any] | None = None
    bare: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The operation's name, the verb of the documents."""
        return getattr(self.operation, "__name__", "operation")

    def paths(self) -> Iterator[str]:
        """Every template under which the route answers."""
        for path in (self.path, *self.aliases):
            yield path
            if self.slash:
                yield path[:-1] if path.endswith("/") else path + "/"


class Session(Protocol):
    """One realtime connection, sans-IO: what arrives goes in, effects come out.

    `group` is what `Push(one_of=True)` picks one connection of. `beat_s` is how often `beat` is called, in seconds
    of real time (0: never).
    """

    group: str
    beat_s: float

    def opened(self, call: Call) -> Iterable[Effect]:
        """The handshake is done."""
        ...

    def received(self, call: Call, data: str | bytes) -> Iterable[Effect]:
        """One WebSocket message arrived. Name it in `call.entry.command`; `call.silent` keeps it out of the journal."""
        ...

    def pushed(self, push: Push, raw: bytes) -> Iterable[Effect]:
        """A push to a topic that this connection listens to; `raw` is its body as JSON, encoded once for all."""
        ...

    def beat(self, idle_s: float) -> Iterable[Effect]:
        """`beat_s` went by; nothing was received for `idle_s` seconds."""
        ...

    def closed(self, call: Call) -> Iterable[Effect]:
        """The connection is gone."""
        ...


class Socket(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A WebSocket endpoint. `open` gives the session, or raises an `ApiError` that refuses the handshake.

    `protocols` are the sub-protocols the server may select; the client's first one that is among them is taken;
    `any_protocol` echoes the first one offered. `plain` answers a GET that is no handshake (None: 400).
    `limit` is the longest message in bytes, `queue` how many bytes may wait for a slow reader. `overlong` ends a
    session whose client sent a longer one (None: close 1009).
    """

    path: str
    open: Callable[[State, Call], Session]
    title: str = ""
    protocols: tuple[str, ...] = ()
    any_protocol: bool = False
    plain: Operation | None = None
    auth: bool = True
    slash: bool = False
    aliases: tuple[str, ...] = ()
    limit: int = 64 * 1024
    overlong: Callable[[Any, Call], Iterable[Effect]] | None = None
    queue: int = MEBIBYTE
    replies: Mapping[int, str] = {}

    @property
    def method(self) -> str:
        """The method of a handshake."""
        return "GET"

    @property
    def name(self) -> str:
        """The operation's name."""
        return getattr(self.open, "__name__", "open")

    def paths(self) -> Iterator[str]:
        """Every template under which the socket answers."""
        for path in (self.path, *self.aliases):
            yield path
            if self.slash:
                yield path + "/"


class Collection(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Things that a test sets up or looks at, below `/_sim/worlds/{w}/{api}/`.

    `path` ends in the parameter that names one thing: `realms/{realm}/clients/{client_id}`; a list that has no
    single things has none. `schema` is that of the PUT body. `put` returns (was created, the object); `get` the
    object or None; `delete` whether it was there; `list` the objects. All but
    `put` are narrowed by `filters` (in `call.query`).
    """

    path: str
    title: str
    schema: str | None = None
    shows: str | None = None
    put: Callable[[State, Call], tuple[bool, Any]] | None = None
    get: Callable[[State, Call], Any] | None = None
    delete: Callable[[State, Call], bool] | None = None
    list: Callable[[State, Call], list[Any]] | None = None
    filters: tuple[str, ...] = ()


class Trigger(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """An action of the other party that the real API has no endpoint for; POST `/_sim/worlds/{w}/{api}/{name}`.

    `run` gives a reply whose body is an object, such as `{"message_id": …}`; the pipeline adds `entry` and
    `deliveries`. It checks first, then changes, then replies, as operations do. `limit` is as a route's.
    """

    name: str
    title: str
    schema: str
    run: Operation
    multipart: bool = False
    limit: int | str | None = None


def decode_json(call: Call, body: Body) -> Any:
    """Read a body as JSON whatever its content type; an empty one is None. The default of `Api.decode`.

    Raises:
        Malformed: it is not JSON.
    """
    if not body.raw:
        return None
    try:
        return decode(body.raw)
    except BadJson as error:
        raise Malformed(str(error)) from error


def no_state(world: World, fixture: Mapping[str, Any], now: int) -> None:
    """The state of an API that keeps nothing."""


def admit_all(state: State, call: Call) -> None:
    """Every tenant exists."""


def anonymous(state: State, call: Call) -> Principal | None:
    """Nobody needs credentials."""
    return None


class Api(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One emulated service.

    `document` names the document it is from, `emulates` the version of the real service. `state` builds the API's state
    in a world from the fixture's part of it, at the first call and with its moment. `render` words every `ApiError` in
    the API's dialect; `replies` are the statuses that any route can answer (errors), `bare` which of them may come
    without that JSON, `content_type` is that of JSON answers.
    `ties` are what its state has to keep to. `errors` are the errors that a fault may name. `timers` are what `Later`
    may run. `tolerances` are the codes that `call.tolerate` uses, with what each lets pass. `schemas` are those used
    otherwise than by a route (callback bodies, pushes, branches of a discriminator). `environment` gives the variables
    by which clients of the service are pointed at it, each a function of the world and its base URL. `sample` is a curl
    command shown at the start, with `{base_url}` in it. `hosts` are the names that the document calls the service by: a
    certificate of the simulator is good for them too. `populate` takes people and what they said into the state, tells
    nobody, and says how many of what there are now in addition.
    """

    name: str
    title: str
    document: str
    emulates: str
    territory: tuple[Territory, ...]
    routes: tuple[Route, ...]
    render: Callable[[ApiError, Call], Reply]
    sockets: tuple[Socket, ...] = ()
    state: Callable[[World, Mapping[str, Any], int], State] = no_state
    admit: Callable[[State, Call], None] = admit_all
    authenticate: Callable[[State, Call], Principal | None] = anonymous
    decode: Callable[[Call, Body], Any] = decode_json
    content_type: str | Callable[[Call], str] = JSON
    cors: Cors = msgspec.field(default_factory=Cors)
    limit: int = MEBIBYTE
    replies: Mapping[int, str] = {}
    bare: tuple[int, ...] = ()
    errors: Mapping[str, Callable[[], ApiError]] = {}
    timers: Mapping[str, Operation] = {}
    ties: Ties = Ties()
    tolerances: Mapping[str, str] = {}
    settings: tuple[Setting, ...] = ()
    quirks: tuple[Quirk, ...] = ()
    collections: tuple[Collection, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    schemas: tuple[str, ...] = ()
    environment: Mapping[str, Callable[[World, str], str]] = {}
    sample: str = ""
    hosts: tuple[str, ...] = ()
    populate: Callable[[State, Call, Population], Mapping[str, int]] | None = None

    @property
    def endpoints(self) -> tuple[Route | Socket, ...]:
        """Routes and sockets."""
        return (*self.routes, *self.sockets)

    def schema(self, name: str) -> str:
        """The full name of a schema: `send-message` of this API is `woven/send-message`."""
        return name if "/" in name else f"{self.name}/{name}"


__all__ = [
    "BINARY",
    "NOTHING",
    "NO_BODY",
    "STREAM",
    "Api",
    "Call",
    "Collection",
    "Operation",
    "Route",
    "Session",
    "Socket",
    "State",
    "Trigger",
    "admit_all",
    "anonymous",
    "decode_json",
    "no_state",
]
