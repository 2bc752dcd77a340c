"""Realtime connections without a network: opening, frames in, pushes out, the journal of both."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any, Final

from chatsim.core.api import Call, Session, Socket
from chatsim.core.effects import Close, Effect, Push
from chatsim.core.errors import ApiError, Internal
from chatsim.core.faults import Drawn
from chatsim.core.journal import Entry
from chatsim.core.json import encode
from chatsim.core.pipeline import enter_effects, refuse, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chatsim.core.api import Api
    from chatsim.core.pipeline import Outcome, Plan
    from chatsim.core.simulator import Simulator
    from chatsim.core.world import World


TOO_LONG: Final = 1009


class Connection:
    """One open socket: its session and what the journal and the control API show of it.

    It is among `World.connections` from `opened` until `closed`. While `muted` nothing is written to it, and it does
    not end but by the client's will or a person's; `muted_by` is the id of the fault. `cause` is the entry of the
    message that effects came of last. `base_url` is what links in pushes begin with.
    """

    __slots__ = (
        "api", "base_url", "cause", "id", "muted_by", "opened_at", "plan", "principal", "session", "simulator",
        "socket", "topics", "world",
    )  # fmt: skip

    def __init__(self, plan: Plan, socket: Socket, session: Session) -> None:
        call = plan.call
        self.plan = plan
        self.simulator: Simulator = plan.simulator
        self.world: World = call.world
        self.api: Api = plan.api
        self.socket = socket
        self.session = session
        self.base_url = call.link_base
        self.principal = call.entry.principal
        self.opened_at = call.now
        self.id = call.socket
        self.topics: dict[str, None] = {}
        self.muted_by: str | None = None
        self.cause: int | None = None

    @property
    def muted(self) -> bool:
        """Whether the fault that muted it still stands."""
        world = self.world
        return self.muted_by is not None and world.faults.stands(self.muted_by, world.clock.now())

    def _call(self, direction: str) -> Call:
        world = self.world
        now = world.clock.now()
        entry = Entry(0, now, "socket", self.api.name)
        entry.operation = self.socket.name
        entry.path = self.plan.call.entry.path
        entry.socket, entry.direction, entry.principal = self.id, direction, self.principal
        call = Call(world, self.api, self.plan.call.request, entry, now, self.socket, self.plan.call.params)
        call.principal = self.plan.call.principal
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
            entry.principal = call.principal.id
            if self.principal != entry.principal:
                self.principal = entry.principal
                self.world.socket_changes += 1
        if entry.bug or not call.silent:
            self.world.last_used = self.simulator.wall()
            journal.add(journal.number(entry))
        self.cause = entry.seq or None
        return list(enter_effects(self.world, call, effects))

    def _tell(self, change: str, **more: Any) -> None:
        shown = {"id": self.id, "change": change, "api": self.api.name, "path": self.plan.call.entry.path}
        self.simulator.events.tell(self.world.name, "socket", {**shown, "principal": self.principal, **more})

    def opened(self) -> list[Effect]:
        """The handshake is done."""
        self.world.connections[self.id] = self
        self.world.socket_changes += 1
        self._tell("opened")
        call = self._call("in")
        call.silent = True  # the handshake's own entry says it
        return self._run(call, lambda: self.session.opened(call))

    def draw(self, data: str | bytes) -> Drawn | None:
        """The fault that hits a message which has just arrived."""
        faults = self.world.faults
        if not faults.all:
            return None
        entry = self._call("in").entry
        return faults.draw(entry, entry.at) or faults.draw_on_body(entry, _octets(data), entry.at)

    def received(self, data: str | bytes, drawn: Drawn | None = None) -> list[Effect]:
        """One WebSocket message arrived: one entry, unless the session keeps silent about it (heart-beats).

        The session sees nothing of a message whose fault ends the connection.
        """
        call = self._call("in")
        call.entry.keep_request(_octets(data))
        if drawn is None:
            return self._run(call, lambda: self.session.received(call, data))
        call.entry.fault = drawn.fault
        return self._run(call, lambda: () if drawn.act.ends else self.session.received(call, data))

    def overlong(self) -> list[Effect]:
        """A message is longer than the socket's limit. None of it was read, and nothing after it will be."""
        end = self.socket.overlong
        if end is None:
            return [Close(code=TOO_LONG)]
        call = self._call("in")
        return self._run(call, lambda: end(self.session, call))

    def beat(self, idle_s: float) -> list[Effect]:
        """Real time went by."""
        return list(self.session.beat(idle_s))

    def closed(self, code: int) -> list[Effect]:
        """The connection is gone."""
        self.world.connections.pop(self.id, None)
        self.world.socket_changes += 1
        self._tell("closed", code=code)
        call = self._call("in")
        call.entry.command, call.entry.status = "CLOSE", code
        return self._run(call, lambda: self.session.closed(call))


def _octets(data: str | bytes) -> bytes:
    return data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data


def connect(plan: Plan, socket: Socket) -> Connection | Outcome:
    """Open the session of a handshake whose head was seen by `begin`, or say why not."""
    call = plan.call
    if plan.reply is not None:
        return settle(plan, plan.reply)
    call.socket = call.entry.socket = call.ids.uuid("socket")
    try:
        session = socket.open(call.state(plan.api.name), call)
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
        self._depends = callable(push.body)
        self._by_base: dict[str, bytes] = {}

    def data(self, base_url: str) -> Any:
        """The body as JSON data for receivers that came through `base_url`."""
        body = self._push.body
        return body(base_url) if callable(body) else body

    def bytes(self, base_url: str) -> bytes:
        """The same as bytes."""
        key = base_url if self._depends else ""
        raw = self._by_base.get(key)
        if raw is None:
            raw = self._by_base[key] = encode(self.data(base_url))
        return raw


def push_entry(world: World, api: str, push: Push, cause: int | None) -> Entry:
    """The entry of a push, as faults see it; not numbered yet."""
    entry = Entry(0, world.clock.now(), "push", api, cause)
    entry.operation, entry.path, entry.direction = push.event, push.topic, "out"
    return entry


def draw_push(world: World, entry: Entry, raw: bytes) -> Drawn | None:
    """The fault that hits a push; its body is matched against what is pushed."""
    if not world.faults.all:
        return None
    drawn = world.faults.draw(entry, entry.at) or world.faults.draw_on_body(entry, raw, entry.at)
    entry.fault = drawn.fault if drawn else None
    return drawn


def note_push(world: World, entry: Entry, recipients: tuple[str, ...], raw: bytes) -> None:
    """Journal a push with its recipients."""
    entry.recipients = recipients
    entry.keep_response(raw)
    world.journal.add(world.journal.number(entry))
