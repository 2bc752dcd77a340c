"""From the wire to the pipeline and back: finds the world, reads the body, writes the answer, carries out effects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from aiohttp import web

from chatsim.control.worlds import GOING_AWAY
from chatsim.core.api import Socket
from chatsim.core.effects import Advance, Close, Dispose, Effect, Elsewhere, Expire, Leave, OpenPort, Plug, Push, Send
from chatsim.core.errors import ApiError, Malformed, TooLarge
from chatsim.core.files import Offer
from chatsim.core.http import NO_BODY, Body, Headers, Pending, Request, Stream
from chatsim.core.inner import run_timer
from chatsim.core.pipeline import Outcome, Plan, awaited, begin, finish, mishear, refuse, settle
from chatsim.core.realtime import connect
from chatsim.core.routing import CONTROL
from chatsim.core.world import DEFAULT
from chatsim.server import body as bodies
from chatsim.server import forms
from chatsim.server.answer import UNREAD, Answer, abort, write_file, write_half
from chatsim.server.callbacks import Courier
from chatsim.server.expiry import Expiry
from chatsim.server.fifo import Fifo
from chatsim.server.finding import Finder
from chatsim.server.heads import Heads
from chatsim.server.pauses import Pauses
from chatsim.server.ports import NoPort, Ports
from chatsim.server.sockets import Hub
from chatsim.server.streams import Streams
from chatsim.server.timekeeper import Timekeeper
from chatsim.server.waiting import Waiting
from chatsim.server.wires import Wire

if TYPE_CHECKING:
    from chatsim.core.clock import Timer
    from chatsim.core.faults import Drawn
    from chatsim.core.simulator import Simulator
    from chatsim.core.world import World
    from chatsim.server.heads import Peer
    from chatsim.server.statefile import StateFile

AT_ONCE: Final = 64
"""So many answers wait for each other at most, before they are written."""

_Act = Callable[[], None]


class Server:
    """Serves one simulator. `handle` is what aiohttp calls; everything else hangs on effects."""

    def __init__(
        self,
        simulator: Simulator,
        *,
        read_timeout_s: float = 30.0,
        trust_proxy: bool = False,
        world_domain: str | None = None,
        host: str | None = None,
        world_ports: Sequence[int] = (),
    ) -> None:
        self.simulator = simulator
        self.read_timeout_s = read_timeout_s
        self._finder = Finder(trust_proxy=trust_proxy, domain=world_domain)
        self.heads = Heads()
        self.fifo = Fifo()
        self.waiting = Waiting()
        self.streams = Streams()
        self.pauses = Pauses()
        self.hub = Hub(self.carry_out, self.after)
        self.ports = Ports(self, host, world_ports)
        self.courier = Courier(self.after)
        self.timekeeper = Timekeeper(self._run_timer, self._next_due, self._nudge, self._settled)
        self.expiry = Expiry(simulator.wall, self.waiting.has, self._end)
        self.keeper: StateFile | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._outgoing: list[tuple[asyncio.Transport, bytes, Outcome]] = []

    # -- requests

    async def handle(self, request: web.BaseRequest, own: str | None = None) -> web.StreamResponse:
        """Answer one request; `own` is the world whose port it came to."""
        prepared = getattr(request.protocol, "prepared", None)
        if prepared is not None:
            request.protocol.prepared = None  # type: ignore[attr-defined]  # a Protocol, see there
            return await self._write(request, prepared)
        peer = (request.scheme, request.remote or "", own)
        head, name = self.locate(request.method, request.raw_path, request.headers, peer)
        try:
            world = self._world(head, name)
        except ApiError as problem:
            return await self._write(request, self._no_world(head, problem))
        plan = begin(self.simulator, world, head)
        if isinstance(plan.route, Socket) and head.shakes_hands:
            return await self._serve_socket(request, plan, plan.route)
        outcome = await self._outcome(request, plan)
        if outcome is None:
            self.after(world)
            abort(request)
            return Answer(499, (), b"")
        return await self._write(request, outcome)

    def outcome(self, head: Request, name: str, raw: bytes) -> Outcome:
        """What becomes of a request whose body is there already; for those that need no waiting at all."""
        try:
            world = self._world(head, name)
        except ApiError as problem:
            return self._no_world(head, problem)
        plan = begin(self.simulator, world, head)
        body = Body(raw=raw, size=len(raw)) if raw else NO_BODY
        if plan.reply is None and len(raw) > plan.limit:
            return refuse(plan, TooLarge(plan.limit))
        return finish(plan, body)

    def _world(self, head: Request, name: str) -> World:
        return self.simulator.desk if head.path.startswith(CONTROL) else self.simulator.enter(name)

    def _no_world(self, head: Request, problem: ApiError) -> Outcome:
        """The world is not there, so no API of it can answer: that is the simulator's to say."""
        return mishear(self.simulator, self.simulator.desk, problem, head.method, head.path, head)

    def send(self, transport: asyncio.Transport, raw: bytes, outcome: Outcome) -> None:
        """Write an answer before anything else happens, but with all that are ready in this turn of the loop.

        Writing wakes whoever reads, which takes the kernel as long as a small request takes us; one after the other
        they find the reader awake.
        """
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self.flush)
        self._outgoing.append((transport, raw, outcome))
        if len(self._outgoing) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write the answers that are ready, then let their effects go."""
        outgoing, self._outgoing = self._outgoing, []
        for transport, raw, _ in outgoing:
            if not transport.is_closing():
                transport.write(raw)
        for _, _, outcome in outgoing:
            try:
                if outcome.effects:
                    self.fifo.do(self._queued(outcome.world, outcome))
                self.after(outcome.world, outcome)
            except Exception as mistake:  # noqa: BLE001 - one that goes wrong keeps no other back
                asyncio.get_running_loop().call_exception_handler({"message": "effects", "exception": mistake})

    def locate(self, method: str, target: str, headers: Headers, peer: Peer) -> tuple[Request, str]:
        """The request as the pipeline takes it, and the name of its world."""
        return self._finder.locate(method, target, headers, peer)

    async def _outcome(self, request: web.BaseRequest, plan: Plan) -> Outcome | None:
        """Read the body and finish; None where the client went away meanwhile."""
        if plan.reply is not None:
            return finish(plan, bodies.arrived(request))
        try:
            read = forms.read if forms.wanted(plan) else bodies.read
            body = await read(request, plan.limit, self.read_timeout_s)
        except ApiError as problem:
            return refuse(plan, problem)
        except bodies.Interrupted:
            refuse(plan, Malformed("the client went away before its body was complete"))
            return None
        awaited(plan)
        return finish(plan, body)

    async def _write(self, request: web.BaseRequest, outcome: Outcome) -> web.StreamResponse:
        """Write the answer, then let its effects go."""
        if isinstance(outcome.body, Pending):
            self.carry_out(outcome.world, outcome.effects)
            reply = await self.waiting.reply(outcome.world, outcome.body)
            return await self._write(request, settle(outcome.plan, reply))
        self.flush()  # what was done before goes before
        ticket = None
        world = outcome.world
        if outcome.effects:
            ticket = self.fifo.enter(self._queued(world, outcome))
        try:
            if outcome.drawn is not None:
                return await self._spoil(request, outcome, outcome.drawn)
            response = await self._respond(request, outcome)
        finally:
            if ticket is not None:
                ticket.release()
            self.after(world, outcome)
        return response

    async def _respond(self, request: web.BaseRequest, outcome: Outcome) -> web.StreamResponse:
        body = outcome.body
        if isinstance(body, bytes):
            answer = Answer(outcome.status, outcome.pairs, body, outcome.number)
            if outcome.status in UNREAD or (outcome.drawn is not None and outcome.drawn.act.hangs_up):
                answer.force_close()
            if outcome.effects:
                await answer.prepare(request)
                await answer.write_eof()
            return answer
        if isinstance(body, Stream):
            return await self.streams.write(request, outcome, body)
        assert isinstance(body, Offer)  # a pending reply is settled before it is written
        return await write_file(request, outcome, body)

    async def _spoil(self, request: web.BaseRequest, outcome: Outcome, drawn: Drawn) -> web.StreamResponse:
        """A fault was drawn: wait, break off, or cut short, as it says."""
        act = drawn.act
        if drawn.delay_s:
            await self.pauses.wait(request, drawn.delay_s)
        if act.drop is not None or act.offline:
            abort(request)
            self._nudge(outcome.world)
            return Answer(outcome.status, (), b"")
        if act.truncate:
            return await write_half(request, outcome)
        return await self._respond(request, outcome)

    async def _serve_socket(self, request: web.BaseRequest, plan: Plan, socket: Socket) -> web.StreamResponse:
        if plan.reply is None and not Wire.of(request, socket).can_prepare(request).ok:
            problem = Malformed("this is no WebSocket handshake: see RFC 6455 section 4.1 for the headers it needs")
            return await self._write(request, refuse(plan, problem))
        opened = connect(plan, socket)
        if isinstance(opened, Outcome):
            return await self._write(request, opened)
        if plan.drawn is not None:
            self.after(opened.world)
            generation = opened.world.generation
            await self.pauses.wait(request, plan.drawn.delay_s)
            if plan.drawn.act.drop is not None or opened.world.generation != generation:
                abort(request)
                return Answer(499, (), b"")
        return await self.hub.serve(request, opened)

    def mishear(self, problem: Exception, method: str = "", path: str = "") -> Answer:
        """Answer what never became a request, and leave an entry in the default world."""
        world = self.simulator.worlds.get(DEFAULT, self.simulator.desk)
        outcome = mishear(self.simulator, world, problem, method, path)
        self.after(world)
        body = outcome.body if isinstance(outcome.body, bytes) else b""
        return Answer(outcome.status, outcome.pairs, body, outcome.number)

    # -- effects

    def carry_out(self, world: World, effects: Iterable[Effect], api: str = "", cause: int | None = None) -> None:
        """Carry out effects that no answer holds back (sockets, timers, triggers)."""
        self.flush()
        self.fifo.do([self._item(world, effect, api, cause) for effect in effects])
        self.after(world)

    def _queued(self, world: World, outcome: Outcome) -> list[tuple[Hashable, _Act]]:
        call = outcome.plan.call
        return [self._item(world, effect, call.api.name, call.entry.seq) for effect in outcome.effects]

    def _item(self, world: World, effect: Effect, api: str, cause: int | None) -> tuple[Hashable, _Act]:
        topic = effect.topic if isinstance(effect, (Push, Close)) else ""
        return (world, topic), lambda: self._act(world, effect, api, cause)

    def _act(self, world: World, effect: Effect, api: str, cause: int | None) -> None:
        if isinstance(effect, Push):
            self.hub.push(world, api, effect, cause)
        elif isinstance(effect, Leave):
            self.courier.leave(world, effect.delivery)
        elif isinstance(effect, Close):
            self.hub.close(world, effect)
        elif isinstance(effect, Send):
            self.hub.send(world, effect)
        elif isinstance(effect, Advance):
            self._begin(self._advance(world, effect))
        elif isinstance(effect, OpenPort):
            self._begin(self._open_port(world, effect))
        elif isinstance(effect, Plug):
            self._begin(self._plug(world, effect))
        elif isinstance(effect, Expire):
            self.expiry.watch(world)
        elif isinstance(effect, Dispose):
            self._dispose(world, effect)
        elif isinstance(effect, Elsewhere):
            self.carry_out(effect.world, effect.effects, effect.api, effect.cause)
        else:
            raise TypeError(f"{type(effect).__name__} belongs to one connection and has none here")

    def after(self, world: World, outcome: Outcome | None = None) -> None:
        """Something happened in a world: timers may have been entered, somebody may wait for it. `outcome` is all."""
        if self.hub.muted:
            self.hub.unmute(world)
        self.timekeeper.arm(world)
        self.waiting.wake(world, outcome)
        if self.keeper is not None:
            self.keeper.touched(world)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        self.keep(asyncio.get_running_loop().create_task(work))

    def keep(self, task: asyncio.Task[None]) -> None:
        """Hold on to what runs in the background, until it has ended."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _advance(self, world: World, effect: Advance) -> None:
        await self.ports.follow(world)
        effect.done(await self.timekeeper.advance(world, effect.seconds))
        self.waiting.wake(world)

    async def _open_port(self, world: World, effect: OpenPort) -> None:
        try:
            effect.done(await self.ports.open(world))
        except NoPort:
            effect.done(None)
        self.waiting.wake(world)

    async def _plug(self, world: World, effect: Plug) -> None:
        self.hub.unmute(world)
        await self.ports.follow(world)
        effect.done()
        self.waiting.wake(world)

    def _dispose(self, world: World, effect: Dispose) -> None:
        self.timekeeper.forget(world)
        self.courier.forget(world)
        self.hub.close(world, Close(code=effect.code))
        if effect.listener:
            self.expiry.forget(world)
            self.hub.forget(world)
            self._begin(self.ports.close(world))

    def _end(self, world: World) -> None:
        if self.simulator.worlds.get(world.name) is world:
            self.simulator.drop(world.name, "expired")
            self.carry_out(world, [Dispose(code=GOING_AWAY, listener=True)])

    def _run_timer(self, world: World, timer: Timer) -> None:
        try:
            outcome = run_timer(self.simulator, world, timer)
        except ApiError:  # journalled; nobody is there to be told
            return
        self.carry_out(world, outcome.effects, timer.api, outcome.plan.call.entry.seq)

    def _next_due(self, world: World) -> int | None:
        """When a delivery is due, or the end of a fault that keeps a socket silent or the world's own port closed."""
        outbox = world.outbox.next_due() if world.has_deliveries else None
        port = self.ports.due(world) if world.options.listen else None
        silence = self.hub.unmutes_at(world) if self.hub.muted else None
        if port is None and silence is None:
            return outbox
        return min(one for one in (outbox, port, silence) if one is not None)

    def _nudge(self, world: World) -> None:
        self.courier.nudge(world)
        self.hub.unmute(world)
        if world.options.listen:
            self._begin(self.ports.follow(world))

    async def _settled(self, world: World) -> None:
        await self.courier.settled(world)
        await self.ports.follow(world)

    async def shut_down(self) -> None:
        """Answer who waits, close sockets, stop timers, end what runs in the background; within half a second."""
        self.waiting.end()
        self.pauses.end()
        self.streams.end()
        self.expiry.close()
        await self.hub.shut_down()
        await self.ports.close_all()
        for world in self.simulator.worlds.values():
            self.timekeeper.forget(world)
        await self.courier.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
