"""Which API and which route a path belongs to. Compiled once at start; a tie between two routes fails the start.

A path is split first and each segment decoded after: `a%2Fb` stays one segment, `%40` equals `@`, `+` is a plus.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

import msgspec

from chatsim.core.api import Socket
from chatsim.core.errors import BadUrl

if TYPE_CHECKING:
    from chatsim.core.api import Api, Route
    from chatsim.core.http import Request

KNOWN: Final = 4096
LONGEST_KNOWN: Final = 512
"""So many answers are remembered, of paths up to this length: clients ask the same few over and over."""

_BAD_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
CONTROL: Final = "/_sim"


class Territory(msgspec.Struct, frozen=True):
    """The paths below `prefix` belong to an API; `*` stands for one segment, `exact` for no other path below it."""

    prefix: str
    ignore_case: bool = False
    exact: bool = False


class RoutingError(ValueError):
    """The table of routes contradicts itself."""


class Match(msgspec.Struct, frozen=True):
    """A path that was found: the row of the table and the decoded path parameters.

    `socket` is what the path is for a handshake, where a route answers it otherwise.
    """

    api: Api
    route: Route | Socket
    params: dict[str, str]
    socket: Socket | None = None

    def row(self, request: Request) -> Route | Socket:
        """Which of the two a request is for."""
        return self.socket if self.socket is not None and request.shakes_hands else self.route


class Miss(msgspec.Struct, frozen=True):
    """A path that was not: whose territory it is (None: nobody's) and which methods the path does have."""

    api: Api | None
    allowed: tuple[str, ...] = ()


def split(path: str) -> list[str]:
    """Split a raw path into decoded segments; `/a/` ends in an empty one.

    Raises:
        BadUrl: `%` without two hex digits, bytes that are no UTF-8, or a NUL.
    """
    segments = path.split("/")[1:]
    return segments if "%" not in path else [_unquote(segment) for segment in segments]


def _unquote(segment: str) -> str:
    if "%" not in segment:
        return segment
    if _BAD_PERCENT.search(segment):
        raise BadUrl(f"the path segment {segment!r} holds a % that is not followed by two hex digits")
    try:
        text = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        raise BadUrl(f"the path segment {segment!r} is not percent-encoded UTF-8") from None
    if "\0" in text:
        raise BadUrl(f"the path segment {segment!r} holds a NUL")
    return text


class _Row:
    """One route or socket, taken apart for matching. `shape` is equal for two rows that match the same paths."""

    __slots__ = ("api", "fold", "literals", "names", "route", "segments", "shape", "socket")

    def __init__(self, api: Api, route: Route | Socket, path: str, fold: bool) -> None:
        self.api = api
        self.route = route
        self.socket: Socket | None = None
        self.fold = fold
        self.segments = path.split("/")[1:]
        self.names = [one[1:-1] if one.startswith("{") else None for one in self.segments]
        folded = path.lower().split("/")[1:] if fold else self.segments
        self.shape = tuple(["{}" if one.startswith("{") else one for one in folded])
        self.literals = [(place, one) for place, one in enumerate(self.shape) if one != "{}"]

    @property
    def rank(self) -> tuple[bool, ...]:
        """Literals win over parameters, the leftmost difference first."""
        return tuple(name is not None for name in self.names)

    @property
    def takes_socket(self) -> bool:
        """Whether a socket may stand at the same path."""
        return self.socket is None and not isinstance(self.route, Socket)

    def match(self, segments: Sequence[str]) -> dict[str, str] | None:
        """The path parameters if `segments` fit. A parameter is never empty."""
        for place, literal in self.literals:
            one = segments[place]
            if one != literal and not (self.fold and one.lower() == literal):
                return None
        params = {}
        for name, one in zip(self.names, segments, strict=True):
            if name is not None:
                if not one:
                    return None
                params[name] = one
        return params


class Router:
    """All routes and sockets of all APIs. Where a route and a socket share a path, handshakes are the socket's."""

    def __init__(self, apis: Iterable[Api]) -> None:
        self.apis = tuple(apis)
        self._territories: dict[tuple[str, ...], tuple[Api, Territory]] = {}
        self._static: dict[str, dict[str, Match]] = {}
        self._rows: dict[tuple[str, int], list[_Row]] = {}
        self._shapes: dict[tuple[str, str, tuple[str, ...]], _Row] = {}
        self._begun: dict[str, list[tuple[tuple[str, ...], Api, Territory]]] = {}
        self._lately: dict[tuple[str, str], Match | Miss] = {}
        for api in self.apis:
            for territory in api.territory:
                self._claim(api, territory)
        for api in self.apis:
            for route in api.endpoints:
                for path in route.paths():
                    self._enter(api, route, path)
        self._by_method: dict[tuple[str, int, str], list[_Row]] = {}
        for (name, length), rows in self._rows.items():
            rows.sort(key=lambda row: row.rank)
            for row in rows:
                self._by_method.setdefault((name, length, row.route.method), []).append(row)

    def _claim(self, api: Api, territory: Territory) -> None:
        key = tuple(territory.prefix.lower().split("/")[1:])
        if (other := self._territories.get(key)) is not None:
            raise RoutingError(f"{territory.prefix} is claimed by {other[0].name} and by {api.name}")
        self._territories[key] = (api, territory)
        own = key if territory.ignore_case else tuple(territory.prefix.split("/")[1:])
        self._begun.setdefault(key[0], []).append((own, api, territory))

    def _enter(self, api: Api, route: Route | Socket, path: str) -> None:
        owner = self.owner(path.replace("{", "").replace("}", "").split("/")[1:])
        if owner is not api:
            whose = f"{owner.name}'s" if owner else "no API's"
            raise RoutingError(f"{api.name} declares {route.method} {path}, which is {whose} territory")
        fold = any(one.ignore_case and _below(one.prefix, path) for one in api.territory)
        row = _Row(api, route, path, fold)
        twin = self._shapes.setdefault((api.name, route.method, row.shape), row)
        if twin is row:
            self._rows.setdefault((api.name, len(row.segments)), []).append(row)
        elif isinstance(route, Socket) and twin.takes_socket and twin.names == row.names:
            twin.socket, row = route, twin
        else:
            raise RoutingError(f"{api.name}: {route.method} {path} is declared twice")
        if "{" not in path:
            self._static.setdefault(path, {})[route.method] = Match(api, row.route, {}, row.socket)

    def owner(self, segments: Sequence[str]) -> Api | None:
        """The API whose territory these segments are in; the longest prefix wins, a literal over `*`."""
        best: tuple[int, int, Api] | None = None
        lowered = [segment.lower() for segment in segments]
        first = lowered[0] if lowered else ""
        for own, api, territory in (*self._begun.get(first, ()), *self._begun.get("*", ())):
            if territory.exact and len(own) != len(segments):
                continue
            if _begins(lowered if territory.ignore_case else segments, own):
                score = (len(own), len(own) - own.count("*"))
                if best is None or score > best[:2]:
                    best = (*score, api)
        return best[2] if best else None

    def match(self, method: str, path: str) -> Match | Miss:
        """Find the route of a raw path. HEAD takes GET's route where it has none of its own.

        Raises:
            BadUrl: the path cannot be decoded; `error.api` is not known then, see `owner_of`.
        """
        if (methods := self._static.get(path)) is not None:
            found = methods.get(method) or (methods.get("GET") if method == "HEAD" else None)
            if found is not None:
                return found
        asked = (method, path)
        if (known := self._lately.get(asked)) is not None:
            return known
        answer = self._look_up(method, split(path))
        if len(path) <= LONGEST_KNOWN:
            if len(self._lately) >= KNOWN:
                self._lately.clear()
            self._lately[asked] = answer
        return answer

    def _look_up(self, method: str, segments: list[str]) -> Match | Miss:
        api = self.owner(segments)
        if api is None:
            return Miss(None)
        for row in self._by_method.get((api.name, len(segments), method), ()):
            if (params := row.match(segments)) is not None:
                return Match(api, row.route, params, row.socket)
        allowed: list[str] = []
        by_get: Match | None = None
        for row in self._rows.get((api.name, len(segments)), ()):
            if (params := row.match(segments)) is None:
                continue
            if row.route.method == "GET" and method == "HEAD" and by_get is None:
                by_get = Match(api, row.route, params, row.socket)
            allowed.append(row.route.method)
        return by_get or Miss(api, tuple(dict.fromkeys(allowed)))

    def owner_of(self, path: str) -> Api | None:
        """Whose territory a raw path is in, also where it cannot be decoded."""
        return self.owner(path.split("/")[1:])

    def nearest(self, path: str, count: int = 3) -> list[str]:
        """The documented routes most like `path`, for a person who mistyped."""
        from difflib import get_close_matches

        known = {path for api in self.apis for route in api.routes for path in (route.path,)}
        return get_close_matches(path, sorted(known), n=count, cutoff=0.0)


def _below(prefix: str, path: str) -> bool:
    return _begins(path.split("/")[1:], prefix.split("/")[1:])


def _begins(segments: Sequence[str], prefix: Sequence[str]) -> bool:
    """Whether the first of `segments` are those of `prefix`; `*` is any one."""
    if len(prefix) > len(segments):
        return False
    return all(own in ("*", given) for own, given in zip(prefix, segments, strict=False))
