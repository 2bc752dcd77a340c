"""Asks the pipeline without a network, and serves a simulator on a free port: what tests of every API share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from chatsim.core.effects import Effect
from chatsim.core.files import Offer
from chatsim.core.http import Body, Part, Pending, Request
from chatsim.core.inner import run_timer
from chatsim.core.json import decode
from chatsim.core.pipeline import Outcome, begin, finish, settle
from chatsim.core.simulator import ServerOptions, Simulator
from chatsim.core.world import World, WorldOptions
from chatsim.server.app import Server
from chatsim.server.assembly import assemble
from chatsim.server.protocol import Listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chatsim.core.api import Api

NOON = 1_767_268_800_000_000_000
"""2026-01-01T12:00:00Z, where the clock of a desk stands."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int
    headers: CIMultiDict[str]
    body: bytes
    effects: tuple[Effect, ...]
    outcome: Outcome

    @property
    def data(self) -> Any:
        """The body as JSON data."""
        return decode(self.body)

    @property
    def bug(self) -> str:
        """What the journal says of our own mistake; empty if there is none."""
        return self.outcome.plan.call.entry.bug

    @property
    def notes(self) -> list[str]:
        """The codes of the remarks in the journal."""
        return [note.code for note in self.outcome.plan.call.entry.notes]


class Desk:
    """One simulator whose real time stands still at noon; `ask` goes through the whole pipeline."""

    def __init__(self, apis: Iterable[Api] | None = None, **options: Any) -> None:
        self.time = NOON
        self.simulator: Simulator = assemble(ServerOptions(**options), apis=apis, wall=lambda: self.time)

    @property
    def world(self) -> World:
        """The default world."""
        return self.simulator.worlds["default"]

    def make_world(self, name: str, **options: Any) -> World:
        """Make another world."""
        return self.simulator.create(name, WorldOptions(**options))

    def ask(
        self,
        method: str,
        target: str,
        body: Any = b"",
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        world: str = "default",
        parts: tuple[Part, ...] | None = None,
        host: str = "localhost:8080",
    ) -> Answer:
        """Send a request. A `body` that is not bytes is sent as JSON, with its content type."""
        given: CIMultiDict[str] = CIMultiDict(headers or {})
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
            given.setdefault("Content-Type", "application/json")
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        path, _, query = target.partition("?")
        request = Request(method=method, path=path, query=query, headers=given, host=host)
        universe = self.simulator.desk if path.startswith("/_sim") else self.simulator.enter(world)
        plan = begin(self.simulator, universe, request)
        outcome = finish(plan, Body(raw=body, size=len(body), parts=parts))
        if isinstance(outcome.body, Pending):  # a desk has no time to wait
            outcome = settle(plan, outcome.body.check() or outcome.body.expired())
        body = outcome.body
        raw = body.blob.read(body.start, body.end) if isinstance(body, Offer) else body
        assert isinstance(raw, bytes), f"{method} {target} answered {type(raw).__name__}"
        return Answer(
            status=outcome.status,
            headers=CIMultiDict(outcome.headers),
            body=raw,
            effects=outcome.effects,
            outcome=outcome,
        )

    def move(self, seconds: float, world: str = "default") -> list[Outcome]:
        """Move the world's clock and run what falls due."""
        universe = self.simulator.worlds[world]
        universe.clock.move(round(seconds * 1_000_000_000))
        outcomes = []
        while (timer := universe.clock.take_due(universe.clock.now())) is not None:
            outcomes.append(run_timer(self.simulator, universe, timer))
        return outcomes


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """A simulator that answers at `base_url`."""

    base_url: str
    server: Server

    @property
    def simulator(self) -> Simulator:
        """The simulator."""
        return self.server.simulator

    @property
    def world(self) -> World:
        """The default world."""
        return self.simulator.worlds["default"]


@asynccontextmanager
async def serve(simulator: Simulator | None = None, **server_options: Any) -> AsyncIterator[Served]:
    """Serve on a free port of 127.0.0.1; afterwards everything is closed."""
    server = Server(simulator or assemble(), **server_options)
    runner = web.ServerRunner(Listener(server))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield Served(base_url=f"http://127.0.0.1:{port}", server=server)
    finally:
        await server.shut_down()
        await runner.cleanup()
