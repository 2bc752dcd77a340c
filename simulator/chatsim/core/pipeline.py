"""The one path of a request, top to bottom. Pure and synchronous: `begin` sees the head, `finish` the body.

Between the two the server reads the body; after `finish` it writes the answer and carries out the effects.
"""

from __future__ import annotations

import traceback
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from chatsim.core.api import NOTHING, Api, Call, Route, Socket
from chatsim.core.clock import seconds
from chatsim.core.effects import Callback, Effect, Later, Leave
from chatsim.core.errors import ApiError, BadUrl, Internal, Invalid, MethodNotAllowed, NotFound
from chatsim.core.faults import Drawn
from chatsim.core.files import Offer, offer
from chatsim.core.headers import merged
from chatsim.core.http import (
    EMPTY,
    NO_BODY,
    NUMBER,
    Body,
    Composed,
    File,
    Pairs,
    Pending,
    Reply,
    Request,
    Stream,
    numbered,
)
from chatsim.core.json import encode
from chatsim.core.planned import draw
from chatsim.core.routing import Match
from chatsim.core.schemas import Schema

if TYPE_CHECKING:
    from chatsim.core.declared import Contract
    from chatsim.core.simulator import Simulator
    from chatsim.core.world import World


class Plan:
    """A request after its head was seen. `reply` is set where the answer is settled already: no body is needed."""

    __slots__ = (
        "api", "call", "contract", "drawn", "faulted", "limit", "reply", "route", "simulator", "started", "state",
    )  # fmt: skip

    def __init__(self, simulator: Simulator, api: Api, call: Call, started: int) -> None:
        self.simulator = simulator
        self.api = api
        self.call = call
        self.started = started
        self.route: Route | Socket | None = None
        self.contract: Contract | None = None
        self.drawn: Drawn | None = None
        self.faulted = False
        self.reply: Reply | None = None
        self.limit = api.limit
        self.state: Any = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the server has to do: write this, then carry out `effects` in `world`. `drawn` may spoil the writing."""

    plan: Plan
    world: World
    status: int
    pairs: Pairs
    body: bytes | Offer | Stream | Pending
    effects: tuple[Effect, ...] = ()
    drawn: Drawn | None = None

    @property
    def number(self) -> int:
        """The number of its entry, for the place that `pairs` keep for it."""
        return self.plan.call.entry.seq

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers, as they are sent."""
        return numbered(self.pairs, self.number)


def begin(simulator: Simulator, world: World, request: Request, kind: str = "request") -> Plan:
    """Match, admit, draw faults, authenticate: everything that needs no body."""
    now = world.clock.now()
    entry = world.journal.open(now, kind)
    entry.method, entry.path, entry.query = request.method, request.path, request.query
    entry.request_headers = request.headers
    started = simulator.wall()

    # 1 match
    error: ApiError | None = None
    found: Match | None = None
    owner: Api | None
    try:
        matched = simulator.router.match(request.method, request.path)
    except BadUrl as bad:
        owner, error = simulator.router.owner_of(request.path), bad
    else:
        owner = matched.api
        if isinstance(matched, Match):
            found = matched
        elif matched.allowed:
            error = MethodNotAllowed(matched.allowed)
        else:
            error = _no_route(simulator, request, owner)
    api = owner or simulator.control
    entry.api = api.name if owner is not None else ""
    row = found.row(request) if found else None
    call = Call(world, api, request, entry, now, row, found.params if found else {})
    plan = Plan(simulator, api, call, started)
    if (preflight := api.cors.preflight(request, world) if request.method == "OPTIONS" else None) is not None:
        entry.operation = "preflight"
        plan.reply = preflight
        return plan
    if found is not None and row is not None:
        plan.route = row
        plan.contract = simulator.contracts[row]
        entry.operation = row.name
        if isinstance(row, Route) and (limit := row.limit) is not None:
            # A row of the control API goes by the settings of the world in its path.
            meant = simulator.worlds.get(found.params.get("w", ""), world) if api is simulator.control else world
            plan.limit = meant.setting(limit) if isinstance(limit, str) else limit

    if _is_there(plan, error):
        _let_in(plan)
    return plan


def _is_there(plan: Plan, error: ApiError | None) -> bool:
    """2: whether what the path names exists; `error` where it leads nowhere. An offline service tells nobody."""
    try:
        if error is not None:
            raise error
        plan.api.admit(_state(plan), plan.call)
    except Exception as problem:
        draw(plan, offline=True)
        if plan.reply is None:
            plan.reply = refusal(plan, problem)
        return False
    return True


def _let_in(plan: Plan) -> None:
    """3 and 4: is a fault planned, and who asks."""
    try:
        draw(plan)
        if plan.reply is None and plan.route is not None and plan.route.auth:
            call = plan.call
            call.principal = plan.api.authenticate(_state(plan), call)
            if call.principal is not None:
                call.entry.principal = call.principal.id
    except Exception as problem:
        plan.reply = refusal(plan, problem)


def awaited(plan: Plan) -> None:
    """The body took its time: where anything else was done meanwhile, what is done with it comes after that."""
    call, journal = plan.call, plan.call.world.journal
    if plan.api is not plan.simulator.control and journal.seq != call.entry.seq:
        call.now = call.entry.at = call.world.clock.now()


def finish(plan: Plan, body: Body = NO_BODY) -> Outcome:
    """Decode, authorize, validate, operate, settle and check."""
    reply = plan.reply
    plan.call.entry.keep_request(body.raw or body.kept, body.size or None)
    if reply is None:
        try:
            reply = _operate(plan, body)
        except Exception as problem:
            reply = refusal(plan, problem)
    return settle(plan, reply)


def refuse(plan: Plan, error: ApiError, body: Body = NO_BODY) -> Outcome:
    """Answer with an error that only the server could see: the body was too long, or did not arrive."""
    plan.call.entry.keep_request(body.raw or body.kept, body.size or None)
    return settle(plan, refusal(plan, error))


def mishear(
    simulator: Simulator,
    world: World,
    problem: Exception,
    method: str = "",
    path: str = "",
    request: Request | None = None,
) -> Outcome:
    """Answer in the simulator's own words what no API can answer.

    Bytes that are no HTTP, a mistake of the server around this path, a `request` to a world that is not there.
    """
    now = world.clock.now()
    entry = world.journal.open(now, "request")
    entry.method, entry.path = method, path
    call = Call(world, simulator.control, request or simulator.own_request, entry, now)
    plan = Plan(simulator, simulator.control, call, simulator.wall())
    return settle(plan, refusal(plan, problem))


def settle(plan: Plan, reply: Reply) -> Outcome:
    """Turn a reply into bytes and headers, check it against its schema, enter timers and deliveries."""
    call, entry = plan.call, plan.call.entry
    world = call.world
    body = reply.body
    if isinstance(body, Pending):
        effects = enter_effects(world, call, reply.effects)
        return Outcome(plan=plan, world=world, status=0, pairs=(), body=body, effects=effects)
    if isinstance(body, Composed):
        raw: bytes | File | Stream = body.raw
    else:
        raw = body if isinstance(body, (bytes, File, Stream)) else encode(body)
    if not plan.faulted:
        _check(plan, reply, raw)
    pairs, status = _headers(plan, reply), reply.status
    effects = enter_effects(world, call, reply.effects)
    sent: bytes | Offer | Stream
    if isinstance(raw, File):
        status, more, sent = offer(raw, status, call.request.headers)
        pairs = (*more, *pairs)
        entry.response_size = sent.end - sent.start
    else:
        sent = raw
    if plan.drawn is None or not plan.drawn.act.unsaid:
        entry.status, entry.response_headers = status, pairs
        if isinstance(sent, bytes):
            entry.keep_response(sent)
    entry.duration_ns = plan.simulator.wall() - plan.started
    if plan.api is not plan.simulator.control or not entry.api:
        world.journal.add(entry)
    return Outcome(
        plan=plan,
        world=world,
        status=status,
        pairs=pairs,
        body=sent,
        effects=effects,
        drawn=plan.drawn,
    )


def _no_route(simulator: Simulator, request: Request, owner: Api | None) -> NotFound:
    if owner is not None:
        return NotFound(f"no route {request.method} {request.path}", path=True)
    nearest = ", ".join(simulator.router.nearest(request.path))
    return NotFound(f"{request.path} belongs to no API; the nearest routes are {nearest}", path=True)


def _state(plan: Plan) -> Any:
    if plan.state is None:
        simulator, api = plan.simulator, plan.api
        plan.state = simulator if api is simulator.control else plan.call.state(api.name)
    return plan.state


def _operate(plan: Plan, body: Body) -> Reply:
    call, route, contract = plan.call, plan.route, plan.contract
    api = plan.api
    state = _state(plan)
    if isinstance(route, Socket):
        if route.plain is None:
            raise Invalid("this path speaks WebSocket: send an upgrade request")
        return route.plain(state, call)
    if route is None or contract is None:  # an API's own OPTIONS handling aside, a miss was settled in begin
        raise NotFound(path=True)
    call.body = (route.decode or api.decode)(call, body)  # 5
    if call.world.faults.all:
        draw(plan, body.raw)
        if plan.reply is not None:
            return plan.reply
    if route.authorize is not None:  # 6
        route.authorize(state, call)
    if route.validate:  # 7
        strict = call.world.options.strict
        if contract.query is not None:
            _validate(contract.query[strict], dict(call.query))
        if contract.body is not None:
            _validate(contract.body[strict], call.body)
    return route.operation(state, call)  # 8


def _validate(schema: Schema, value: Any) -> None:
    if schema.accepts(value):
        return
    violations = schema.explain(value)
    if not violations:
        raise RuntimeError(f"{schema.name} refuses what nobody can explain")
    raise Invalid(violations[0].message, violations=violations)


def refusal(plan: Plan, problem: Exception) -> Reply:
    """9: the one place where an exception becomes an answer."""
    call = plan.call
    if isinstance(problem, ApiError):
        call.entry.violations = problem.violations
        if problem.message and all(one.code != problem.code for one in call.entry.notes):
            call.note(problem.code, problem.message)
        try:
            return plan.api.render(problem, call)
        except Exception as worse:  # the API's own rendering is broken
            problem = worse
    call.entry.bug = "".join(traceback.format_exception(problem))
    try:
        return plan.api.render(Internal(), call)
    except Exception:
        return Reply(status=500)


def _check(plan: Plan, reply: Reply, raw: bytes | File | Stream) -> None:
    """10: what we send must keep the contract too; if not it is our bug, and says so."""
    contract = plan.contract
    entry = plan.call.entry
    if contract is None or entry.bug:
        return
    expected = contract.replies.get(reply.status)
    if expected is None:
        entry.bug = f"{entry.operation} answered {reply.status}, which its route does not declare"
    elif isinstance(expected, Schema):
        if isinstance(reply.body, (bytes, File, Stream)):
            if reply.status in contract.bare:
                return
            entry.bug = f"{entry.operation} answered {reply.status} without the JSON of {expected.name}"
        elif isinstance(reply.body, Composed):
            if reply.body.schema != expected.name:
                entry.bug = f"{entry.operation} answered {reply.status} with {reply.body.schema}, not {expected.name}"
        elif not expected.accepts(reply.body):
            first = next(iter(expected.explain(reply.body)), None)
            entry.bug = f"the answer {reply.status} breaks {expected.name}: {first}"
    elif expected == NOTHING and raw != EMPTY:
        entry.bug = f"{entry.operation} answered {reply.status} with a body where none is declared"


def _pairs(reply: Reply) -> Pairs:
    return reply.headers if isinstance(reply.headers, tuple) else tuple(reply.headers.items())


def _headers(plan: Plan, reply: Reply) -> Pairs:
    call, cors = plan.call, plan.api.cors
    kind = reply.content_type
    if kind is None and not isinstance(reply.body, (bytes, File, Stream)):
        kind = plan.api.content_type if isinstance(plan.api.content_type, str) else plan.api.content_type(call)
    pairs = _usual(kind, None if plan.api is plan.simulator.control else call.world.name)
    if reply.headers:
        pairs = (*_pairs(reply), *pairs)
    if (cors.unasked or "Origin" in call.request.headers) and call.entry.operation != "preflight":
        pairs = (*pairs, *cors.on_answer(call.request, call.world))
    if plan.faulted and plan.drawn is not None and plan.drawn.act.headers:
        pairs = merged(pairs, plan.drawn.act.headers)
    return pairs


@lru_cache(maxsize=4096)
def _usual(content_type: str | None, world: str | None) -> Pairs:
    """What nearly every answer of a world has, and so one value for all of them."""
    typed = () if content_type is None else (("Content-Type", content_type),)
    return typed if world is None else (*typed, ("X-Sim-World", world), NUMBER)


def enter_effects(world: World, call: Call, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """Timers and deliveries are entered at once, so that they are in the world before the answer leaves."""
    if not effects:
        return ()
    left: list[Effect] = []
    for effect in effects:
        if isinstance(effect, Later):
            due = call.now + seconds(effect.after_s)
            world.clock.plan(due, call.api.name, effect.operation, effect.args, call.entry.seq)
        elif isinstance(effect, Callback):
            from chatsim.core.callbacks import deliver

            delivery = deliver(world, effect, api=call.api.name, now=call.now, cause=call.entry.seq)
            left.append(Leave(delivery.id))
        else:
            left.append(effect)
    return tuple(left)
