"""What a snapshot may not hold although its types are right: it can be from anybody's file.

Names that nothing answers to and moments that no calendar has would fail much later, at somebody else's call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from chatsim.core import fixtures, whole
from chatsim.core.acts import contradictions
from chatsim.core.clock import END, FIRST, LAST, SECOND, moment_of
from chatsim.core.dialect import escape
from chatsim.core.faults import Act
from chatsim.core.ids import Ids
from chatsim.core.settings import SettingError
from chatsim.core.ties import Problem, broken
from chatsim.core.world import DEFAULT, World, WorldOptions

if TYPE_CHECKING:
    from chatsim.core.api import Api
    from chatsim.core.simulator import Simulator
    from chatsim.core.snapshot import Snapshot

_RUN_ON: Final = LAST + 100 * 365 * 86_400 * SECOND
"""How late it can have become by clocks that were set to the last moment and ran on."""
_MANY: Final = 2**53
_CHOICES: Final = {"accounts": ("open", "listed"), "truth": ("document", "service"), "mode": ("frozen", "real")}


def problems(simulator: Simulator, snapshot: Snapshot) -> Iterator[Problem]:
    """Say what cannot be, and where."""
    options = snapshot.options
    for where, quirks in (("/quirks", snapshot.quirks), ("/options/quirks", options.quirks)):
        for name, value in quirks.items():
            if problem := simulator.quirks.problem(name, value):
                yield f"{where}/{escape(name)}", problem
    for where, settings in (("/settings", snapshot.settings), ("/options/settings", options.settings)):
        yield from _unknown_settings(simulator, where, settings)
    yield from _bad_moments(simulator.wall(), snapshot)
    yield from _bad_options(simulator, options)
    yield from _bad_timers(simulator, snapshot)
    for kind, count in snapshot.counts.items():
        if not 0 <= count < _MANY:
            yield f"/counts/{escape(kind)}", f"{count} is no number of what was made"
    yield from _bad_faults(simulator, snapshot)
    for name, ties, state in (
        ("identity", whole.ACCOUNTS, snapshot.identity),
        ("outbox", whole.DELIVERIES, snapshot.outbox),
    ):
        if state is not None and (found := broken(ties.rules, state)):
            yield f"/{name}{found[0]}", found[1]


def _bad_faults(simulator: Simulator, snapshot: Snapshot) -> Iterator[Problem]:
    schema = simulator.schemas.get("_sim/fault")
    known: set[str] = set()
    for place, fault in enumerate(snapshot.faults):
        for name in ("seen", "hits"):
            if not 0 <= getattr(fault, name) < _MANY:
                yield f"/faults/{place}/{name}", f"{getattr(fault, name)} is no number of entries"
        if fault.id in known:
            yield f"/faults/{place}/id", f"there are two of {fault.id!r}"
        known.add(fault.id)
        act = written(fault.act)
        planned = {"match": fault.match, "act": act, "times": fault.times, "skip": fault.skip}
        moment = fault.expires is None or FIRST <= fault.expires <= END
        good = schema.accepts({**planned, "probability": fault.probability}) and not any(contradictions(act))
        if not good or not moment:
            yield f"/faults/{place}", f"fault {fault.id!r} could not be planned"


def of_states(snapshot: Snapshot, name: str, apis: Mapping[str, Api], states: Mapping[str, Any]) -> Iterator[Problem]:
    """Say what cannot be in the states of a world of that name, once they are read."""
    parts = [(f"/states/{api}", apis[api].ties, state) for api, state in states.items()]
    for where, ties, state in parts:
        if problem := broken(ties.rules, state):
            yield f"{where}{problem[0]}", problem[1]
    parts += [("", whole.ACCOUNTS, snapshot.identity), ("", whole.DELIVERIES, snapshot.outbox)]
    for _, ties, state in parts:
        for one in ties.fresh if state is not None else ():
            ids = Ids(snapshot.options.seed, name)
            ids.counts.update(snapshot.counts)
            if one.behind(state, ids):
                yield f"/counts/{one.kind}", f"{snapshot.counts.get(one.kind, 0)} is behind what was made already"
    yield from _bad_arguments(snapshot, apis, states)


def _bad_arguments(snapshot: Snapshot, apis: Mapping[str, Api], states: Mapping[str, Any]) -> Iterator[Problem]:
    for place, timer in enumerate(snapshot.timers):
        if timer.api not in states:
            yield f"/timers/{place}/api", f"the state of {timer.api} is not there"
            return
        for args in apis[timer.api].ties.timers:
            if args.operation == timer.operation:
                for at, what in args.problems(states[timer.api], timer.args):
                    yield f"/timers/{place}/args{at}", what


def written(act: Act) -> dict[str, Any]:
    """An act as it was asked for: only the members that say something."""
    return {name: value for name, value in msgspec.structs.asdict(act).items() if value != getattr(_NOTHING, name)}


_NOTHING: Final = Act()


def _unknown_settings(simulator: Simulator, where: str, settings: Mapping[str, Any]) -> Iterator[Problem]:
    for name, value in settings.items():
        try:
            simulator.settings.check(name, value)
        except SettingError as error:
            yield f"{where}/{escape(name)}", str(error)
        else:
            if value is None and simulator.settings.values.get(name) is not None:
                yield f"{where}/{escape(name)}", "it has no value"


def _bad_options(simulator: Simulator, options: WorldOptions) -> Iterator[Problem]:
    for name in ("accounts", "truth"):
        if getattr(options, name) not in _CHOICES[name]:
            yield f"/options/{name}", f"{name} is one of {', '.join(_CHOICES[name])}, not {getattr(options, name)!r}"
    fixture = options.fixture
    if not isinstance(fixture, str):
        yield from ((f"/options/fixture{where}", what) for where, what in fixtures.problems(simulator, fixture))
    elif fixture not in ("documented", "empty"):
        yield "/options/fixture", f"there is no fixture {fixture!r}"
    asked = msgspec.structs.asdict(options)
    told = {name: value for name, value in asked.items() if value is not None and (name != "clock" or value)}
    for violation in simulator.schemas.get("_sim/world-options").explain(told):
        yield f"/options{violation.pointer}", violation.message
    if isinstance(fixture, str):
        return
    if (found := fixtures.unbuilt(World(simulator, DEFAULT, options), fixture)) is not None:
        yield f"/options/fixture{found[0]}", found[1]


def _bad_timers(simulator: Simulator, snapshot: Snapshot) -> Iterator[Problem]:
    for place, timer in enumerate(snapshot.timers):
        api = simulator.apis.get(timer.api)
        if api is None or timer.operation not in api.timers:
            yield f"/timers/{place}", f"there is no timer {timer.operation!r} of an API {timer.api!r}"
        if not FIRST <= timer.due <= END:
            yield f"/timers/{place}/due", "a timer is due outside of 1970 to 9999"
    if snapshot.timer_seq < max((timer.seq for timer in snapshot.timers), default=0):
        yield "/timer_seq", f"{snapshot.timer_seq} is behind the timers"
    if len({timer.seq for timer in snapshot.timers}) != len(snapshot.timers):
        yield "/timers", "two timers have the same seq"


def _bad_moments(wall: int, snapshot: Snapshot) -> Iterator[Problem]:
    if snapshot.at is not None and not FIRST <= snapshot.at <= _RUN_ON:
        yield "/at", f"the clock stands at {snapshot.at}, which is not between 1970 and 9100"
    if not FIRST <= wall + snapshot.shift <= _RUN_ON:
        yield "/shift", f"the clock is shifted by {snapshot.shift} ns, beyond every calendar"
    clock = snapshot.options.clock
    if clock and clock.get("mode") not in _CHOICES["mode"]:
        yield "/options/clock", f"a clock is {' or '.join(_CHOICES['mode'])}, not {clock.get('mode')!r}"
    try:
        if (at := clock.get("at")) is not None:
            moment_of(at)
    except (TypeError, ValueError) as error:
        yield "/options/clock/at", f"the clock begins at no moment: {error}"
