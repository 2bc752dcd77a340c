"""Realtime connections without a network: opening, frames in, pushes out, the journal of both."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

from chatsim.core.api import Call, Session, Socket
from chatsim.core.effects import Close, Effect, Push
from chatsim.core.errors import ApiError, Internal
from chatsim.core.journal import Entry
from chatsim.core.json import encode
from chatsim.core.pipeline import enter_effects, refuse, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chatsim.core.api import Api
    from chatsim.core.pipeline import Outcome, Plan
    from chatsim.core.simulator import Simulator
    from chatsim.core.world import World


class Connection:
    """One open socket: its session and what the journal and the control API show of it."""

    __slots__ = ("api", "base_url", "id", "opened_at", "plan", "principal", "session", "simulator", "socket", "topics",
                 "world")  # fmt: skip

    def __init__(self, plan: Plan, socket: Socket, session: Session) -> None:
        call = plan.call
        self.plan = plan
        self.simulator: Simulator = plan.simulator
        self.world: World = call.world
        self.api: Api = plan.api
        self.socket = socket
        self.session = session
        self.base_url = call.base_url
        self.principal = call.entry.principal
        self.opened_at = call.now
        self.id = call.socket
        self.topics: dict[str, None] = {}

    def _call(self, direction: str) -> Call:
        world = self.world
        now = world.clock.now()
        entry = Entry(0, now, "socket", self.api.name)
        entry.operation = self.socket.name
        entry.path = self.plan.call.entry.path
        entry.socket, entry.direction, entry.principal = self.id, direction, self.principal
        call = Call(world, self.api, self.plan.call.request, entry, now, self.socket, self.plan.call.params)
        call.principal = self.plan.call.principal
        call.base_url = self.base_url
        call.socket = self.id
        return call

    def _run(self, call: Call, act: Callable[[], Iterable[Effect]]) -> list[Effect]:
        """Run a piece of the session and journal it; an exception is our bug and closes the socket with 1011."""
        entry, journal = call.entry, self.world.journal
        try:
            effects = tuple(act())
        except Exception as problem:
            entry.bug = "".join(traceback.format_exception(problem))
            effects = (Close(code=1011),)
        if call.principal is not None:
            self.plan.call.principal = call.principal
            entry.principal = self.principal = call.principal.id
        if entry.bug or not call.silent:
            journal.add(journal.number(entry))
        return list(enter_effects(self.world, call, effects))

    def opened(self) -> list[Effect]:
        """The handshake is done."""
        call = self._call("in")
        call.silent = True  # the handshake's own entry says it
        return self._run(call, lambda: self.session.opened(call))

    def received(self, data: str | bytes) -> list[Effect]:
        """One WebSocket message arrived: one entry, unless the session keeps silent about it (heart-beats)."""
        call = self._call("in")
        call.entry.keep_request(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
        return self._run(call, lambda: self.session.received(call, data))

    def beat(self, idle_s: float) -> list[Effect]:
        """Real time went by."""
        return list(self.session.beat(idle_s))

    def closed(self, code: int) -> list[Effect]:
        """The connection is gone."""
        call = self._call("in")
        call.entry.command, call.entry.status = "CLOSE", code
        return self._run(call, lambda: self.session.closed(call))


def connect(plan: Plan, socket: Socket) -> Connection | Outcome:
    """Open the session of a handshake whose head was seen by `begin`, or say why not."""
    call = plan.call
    if plan.reply is not None:
        return settle(plan, plan.reply)
    call.socket = call.entry.socket = call.ids.uuid("socket")
    try:
        session = socket.open(call.world.state(plan.api.name), call)
    except ApiError as problem:
        return refuse(plan, problem)
    except Exception as problem:
        call.entry.bug = "".join(traceback.format_exception(problem))
        return refuse(plan, Internal())
    call.entry.status = 101
    call.entry.duration_ns = plan.simulator.wall() - plan.started
    if call.principal is not None:
        call.entry.principal = call.principal.id
    call.world.journal.add(call.entry)
    return Connection(plan, socket, session)


class Encoder:
    """The body of one push as bytes, encoded once for every distinct base URL among its receivers."""

    def __init__(self, push: Push) -> None:
        self._push = push
        self._by_base: dict[str, bytes] = {}

    def data(self, base_url: str) -> Any:
        """The body as JSON data for receivers that came through `base_url`."""
        body = self._push.body
        return body(base_url) if callable(body) else body

    def bytes(self, base_url: str) -> bytes:
        """The same as bytes."""
        key = base_url if callable(self._push.body) else ""
        raw = self._by_base.get(key)
        if raw is None:
            raw = self._by_base[key] = encode(self.data(base_url))
        return raw


def note_push(world: World, api: str, push: Push, recipients: tuple[str, ...], raw: bytes, cause: int | None) -> None:
    """One entry per push, with its recipients."""
    entry = world.journal.open(world.clock.now(), "push", api, cause)
    entry.operation, entry.path, entry.recipients = push.event, push.topic, recipients
    entry.direction = "out"
    entry.keep_response(raw)
    world.journal.add(entry)
