"""A world written out as one JSON document, and read back: everything that decides its next answers.

Not in it: the journal, open sockets and long polls. Uploaded bytes are, as base64.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from chatsim import __version__
from chatsim.core import sound
from chatsim.core.accounts import IdentityState
from chatsim.core.callbacks import Outbox, Policy
from chatsim.core.clock import Timer
from chatsim.core.errors import Invalid
from chatsim.core.faults import Act, Fault
from chatsim.core.identity import Identity
from chatsim.core.ids import LIFE
from chatsim.core.match import Match
from chatsim.core.media import Blob
from chatsim.core.schemas import refused
from chatsim.core.ties import Problem
from chatsim.core.world import World, WorldOptions

if TYPE_CHECKING:
    from chatsim.core.simulator import Simulator

Model = TypeVar("Model")

FORMAT: Final = 1
"""Goes up when an older reader could not read what a newer one writes; readers know all up to their own."""


OWN: Final = ("labels", "listen", "ttl_s")
"""Options that a world keeps when it goes on from another's snapshot."""


class FaultState(msgspec.Struct, frozen=True, kw_only=True):
    """A fault with what is left of it."""

    id: str
    match: dict[str, Any]
    act: Act
    skip: int
    times: int | None
    probability: float
    expires: int | None
    seen: int
    hits: int


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The document. `states` holds each API's state as plain data; `at` is the frozen moment, None while time runs."""

    format: int
    chatsim: str
    name: str
    options: WorldOptions
    at: int | None
    shift: int
    timers: list[Timer]
    timer_seq: int
    counts: dict[str, int]
    quirks: dict[str, str]
    settings: dict[str, Any]
    faults: list[FaultState]
    identity: IdentityState | None
    outbox: Outbox | None
    states: dict[str, Any]


def take(world: World) -> dict[str, Any]:
    """Write a world out as JSON data."""
    clock = world.clock
    snapshot = Snapshot(
        format=FORMAT,
        chatsim=__version__,
        name=world.name,
        options=world.options,
        at=clock.frozen_at,
        shift=clock.shift,
        timers=[timer for _, _, timer in sorted(clock.agenda)],
        timer_seq=clock.seq,
        counts=world.ids.counts,
        quirks=world.quirks,
        settings=world.settings,
        faults=[_fault_state(fault) for fault in world.faults.all.values()],
        identity=world.identity.state if world.has_identity else None,
        outbox=world.outbox if world.has_deliveries else None,
        states={name: state for name, state in world.states.items() if not isinstance(state, Identity)},
    )
    written: dict[str, Any] = msgspec.to_builtins(snapshot, enc_hook=_write, str_keys=True)
    return written


def first(world: World) -> dict[str, Any]:
    """Write out what the world began from: the snapshot it went on from, else its fixture and options."""
    if world.origin is not None:
        return dict(world.origin)
    beginning = Snapshot(
        format=FORMAT,
        chatsim=__version__,
        name=world.name,
        options=world.options,
        at=world.began if world.options.clock.get("mode") == "frozen" else None,
        shift=0,
        timers=[],
        timer_seq=0,
        counts={LIFE: world.ids.life} if world.ids.life else {},
        quirks=dict(world.options.quirks),
        settings=dict(world.options.settings),
        faults=[],
        identity=None,
        outbox=None,
        states={},
    )
    written: dict[str, Any] = msgspec.to_builtins(beginning, enc_hook=_write, str_keys=True)
    return written


def read(simulator: Simulator, document: Any) -> Snapshot:
    """Check a document before anything changes.

    Raises:
        Invalid: it is no snapshot, or one that this release cannot read; the text says why.
    """
    found = document.get("format") if isinstance(document, dict) else None
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise Invalid('a snapshot is an object with "format": 1, as GET …/snapshot gives it')
    if found > FORMAT:
        made_by = document.get("chatsim")
        here = f"chatsim {__version__}, which reads up to {FORMAT}"
        raise Invalid(f"the snapshot has format {found} (chatsim {made_by}); this is {here}")
    snapshot = _convert(document, Snapshot, "the snapshot")
    if unknown := sorted(snapshot.states.keys() - simulator.apis.keys()):
        raise Invalid(f"the snapshot has the state of APIs that are not here: {', '.join(unknown)}")
    _refuse(sound.problems(simulator, snapshot))
    return snapshot


def _refuse(problems: Iterator[Problem]) -> None:
    for where, what in problems:
        raise refused(where, f"the snapshot cannot be restored: {where}: {what}")


def restore(world: World, snapshot: Snapshot, *, restarted: bool = False) -> None:
    """Put a world into the state of a snapshot. Fires no callbacks, unless it is `restarted`: then it goes on.

    Name, labels, listener, `ttl_s` and journal stay its own.

    Raises:
        Invalid: an API's state cannot be read, or contradicts itself. The world is unchanged then.
    """
    states = _states(world, snapshot)
    _refuse(sound.of_states(snapshot, world.name, world.simulator.apis, states))
    _put(world, snapshot, states, restarted=restarted)


def copy(source: World, world: World) -> None:
    """Put a world into the state of another one; what was written here need not be looked through."""
    snapshot = _convert(take(source), Snapshot, "the snapshot")
    _put(world, snapshot, _states(world, snapshot))


def _put(world: World, snapshot: Snapshot, states: dict[str, Any], *, restarted: bool = False) -> None:
    for state in states.values():
        if hasattr(state, "reindex"):
            state.reindex()
    faults = [_fault(one) for one in snapshot.faults]
    world.generation += 1
    own = {name: getattr(world.options, name) for name in OWN}
    world.options = msgspec.structs.replace(snapshot.options, **own)
    # Where it was taken the same secrets count as then; a world of another name keeps to its own.
    world.renew(snapshot.counts.get(LIFE, 0) if snapshot.name == world.name else world.ids.life)
    world.clock.clear()
    world.clock.frozen_at, world.clock.shift = snapshot.at, snapshot.shift
    world.clock.enter(snapshot.timers, snapshot.timer_seq)
    world.ids.counts.update({kind: count for kind, count in snapshot.counts.items() if kind != LIFE})
    world.quirks.update(snapshot.quirks)
    world.settings.update(snapshot.settings)
    for fault in faults:
        world.faults.add(fault)
    if snapshot.identity is not None:
        world.identity.restore(snapshot.identity)
    if snapshot.outbox is not None:
        if restarted:
            snapshot.outbox.go_on(Policy.of(world), world.clock.now())
        else:
            snapshot.outbox.set_aside(world.clock.now())
        world.put_outbox(snapshot.outbox)
    world.states.update(states)
    for state in states.values():
        if hasattr(state, "taken_over"):
            state.taken_over(world, world.clock.now())
    world.origin = take(world)
    world.origin_seq = world.journal.seq


def _states(world: World, snapshot: Snapshot) -> dict[str, Any]:
    return {name: _state(world, name, data) for name, data in snapshot.states.items()}


def _state(world: World, name: str, data: Any) -> Any:
    # The class of the state is not declared anywhere else: an empty one shows it.
    model = type(world.simulator.apis[name].state(world, {}, 0))
    return _convert(data, model, f"the state of {name}", f"/states/{name}")


def _convert(data: Any, model: type[Model], what: str, where: str = "") -> Model:
    try:
        return msgspec.convert(data, model, dec_hook=_read, str_keys=True)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        raise refused(where + _pointer(str(error)), f"{what} cannot be read: {error}") from error


def _pointer(told: str) -> str:
    """The JSON Pointer of what msgspec tells, as in "Expected `int` - at `$.counts[...]`", as far as it knows it."""
    path = told.rpartition("`$")[2].partition("`")[0].partition("[...]")[0] if "`$" in told else ""
    return path.replace(".", "/").replace("[", "/").replace("]", "")


def _fault_state(fault: Fault) -> FaultState:
    return FaultState(
        id=fault.id,
        match=fault.match.as_json(),
        act=fault.act,
        skip=fault.skip,
        times=fault.times,
        probability=fault.probability,
        expires=fault.expires,
        seen=fault.seen,
        hits=fault.hits,
    )


def _fault(state: FaultState) -> Fault:
    fault = Fault(
        state.id,
        Match.parse(state.match),
        state.act,
        skip=state.skip,
        times=state.times,
        probability=state.probability,
        expires=state.expires,
    )
    fault.seen, fault.hits = state.seen, state.hits
    return fault


def _write(value: Any) -> Any:
    if isinstance(value, Blob):
        return {"base64": base64.b64encode(value.read()).decode()}
    raise TypeError(f"{type(value).__name__} cannot be written into a snapshot")


def _read(model: type, data: Any) -> Any:
    if model is Blob and isinstance(data, dict) and isinstance(data.get("base64"), str):
        return Blob.of(base64.b64decode(data["base64"], validate=True))
    raise ValueError(f"no {model.__name__}: {data!r:.60}")
