"""Which pages of other origins may call an API, as one value per API. The server only applies what this says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

import msgspec

from chatsim.core.http import Pairs, Reply, Request

if TYPE_CHECKING:
    from chatsim.core.world import World

SIMULATOR_HEADERS: Final = ("X-Sim-World", "X-Sim-Entry")
KNOWN: Final = 256
"""For so many callers the headers are remembered that their answers carry."""

_ANYBODY: Final = (("Access-Control-Allow-Origin", "*"),)


class Cors(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one API.

    `echo` answers the caller's origin instead of `*` (needed with `credentials`); `origins` gives the allowed
    patterns of a world (`None`: all). `headers` None echoes what the preflight asks for. `status` answers the
    preflight, `refused` is sent to an origin that is not allowed (None: served without CORS headers).
    `any_options` answers every OPTIONS request, also without an Origin. `full` has every answer carry what a
    preflight gets. No `methods` at all: a service that does not know CORS, preflights are requests like others.
    """

    methods: tuple[str, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    headers: tuple[str, ...] | None = None
    expose: tuple[str, ...] = ()
    echo: bool = False
    always: bool = False
    credentials: bool = False
    max_age: int | None = None
    status: int = 204
    vary: str = "Origin"
    origins: Callable[[World], Sequence[str]] | None = None
    refused: Reply | None = None
    any_options: bool = False
    full: bool = False
    _written: dict[tuple[str | None, str], Pairs] = {}

    @property
    def unasked(self) -> bool:
        """Whether answers carry headers though nobody sent an Origin."""
        return self.always or self.full

    def allows(self, origin: str, world: World) -> bool:
        """Whether pages of `origin` may call."""
        return self.origins is None or any(fnmatchcase(origin, pattern) for pattern in self.origins(world))

    def on_answer(self, request: Request, world: World) -> Pairs:
        """The headers that every answer to this request carries; none without an Origin, unless `always`."""
        origin = request.headers.get("Origin")
        if origin is None and not self.full:
            return _ANYBODY if self.always else ()
        if not self.methods or (origin is not None and not self.allows(origin, world)):
            return ()
        asked = request.headers.get("Access-Control-Request-Headers", "") if self.full else ""
        if (known := self._written.get((origin, asked))) is None:
            exposed = ", ".join((*self.expose, *SIMULATOR_HEADERS))
            allowed = self._allowed(request) if self.full else ()
            known = (*self._origin(origin or "*"), *allowed, ("Access-Control-Expose-Headers", exposed))
            if len(self._written) >= KNOWN:
                self._written.clear()
            self._written[origin, asked] = known
        return known

    def preflight(self, request: Request, world: World) -> Reply | None:
        """The answer to a preflight (or, with `any_options`, to any OPTIONS); None where the request is neither."""
        if request.method != "OPTIONS" or not self.methods:
            return None
        origin = request.headers.get("Origin")
        wanted = request.headers.get("Access-Control-Request-Method")
        if (origin is None or wanted is None) and not self.any_options:
            return None
        if origin is not None and not self.allows(origin, world):
            return self.refused or Reply(status=self.status)
        headers = [*self._origin(origin or "*"), *self._allowed(request)]
        if self.max_age is not None:
            headers.append(("Access-Control-Max-Age", str(self.max_age)))
        return Reply(status=self.status, headers=tuple(pair for pair in headers if pair[1]))

    def _allowed(self, request: Request) -> Pairs:
        asked = request.headers.get("Access-Control-Request-Headers", "")
        return (
            ("Access-Control-Allow-Methods", ", ".join(self.methods)),
            ("Access-Control-Allow-Headers", asked if self.headers is None else ", ".join(self.headers)),
        )

    def _origin(self, origin: str) -> list[tuple[str, str]]:
        pairs = [("Access-Control-Allow-Origin", origin if self.echo else "*")]
        if self.credentials:
            pairs.append(("Access-Control-Allow-Credentials", "true"))
        if self.echo and self.vary:
            pairs.append(("Vary", self.vary))
        return pairs
