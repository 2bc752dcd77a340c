"""What a snapshot may not hold although its types are right: it can be from anybody's file.

Names that nothing answers to and moments that no calendar has would fail much later, at somebody else's call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from chatsim.core.acts import contradictions
from chatsim.core.clock import parse_rfc3339
from chatsim.core.faults import Act
from chatsim.core.settings import SettingError

if TYPE_CHECKING:
    from chatsim.core.simulator import Simulator
    from chatsim.core.snapshot import Snapshot

LAST: Final = parse_rfc3339("9000-01-01T00:00:00Z")
LONGEST_SHIFT: Final = LAST - parse_rfc3339("2100-01-01T00:00:00Z")
_CHOICES: Final = {"accounts": ("open", "listed"), "truth": ("document", "service"), "mode": ("frozen", "real")}


def problems(simulator: Simulator, snapshot: Snapshot) -> Iterator[str]:
    """Say what cannot be."""
    options = snapshot.options
    for quirks in (snapshot.quirks, options.quirks):
        yield from (problem for name, value in quirks.items() if (problem := simulator.quirks.problem(name, value)))
    for settings in (snapshot.settings, options.settings):
        yield from _unknown_settings(simulator, settings)
    for name in ("accounts", "truth"):
        if getattr(options, name) not in _CHOICES[name]:
            yield f"{name} is one of {', '.join(_CHOICES[name])}, not {getattr(options, name)!r}"
    if isinstance(options.fixture, str) and options.fixture not in ("documented", "empty"):
        yield f"there is no fixture {options.fixture!r}"
    yield from _bad_moments(snapshot)
    for timer in snapshot.timers:
        api = simulator.apis.get(timer.api)
        if api is None or timer.operation not in api.timers:
            yield f"there is no timer {timer.operation!r} of an API {timer.api!r}"
    schema = simulator.schemas.get("_sim/fault")
    for fault in snapshot.faults:
        act = written(fault.act)
        planned = {"match": fault.match, "act": act, "times": fault.times, "skip": fault.skip}
        if not schema.accepts({**planned, "probability": fault.probability}) or any(contradictions(act)):
            yield f"fault {fault.id!r} could not be planned"


def written(act: Act) -> dict[str, Any]:
    """An act as it was asked for: only the members that say something."""
    return {name: value for name, value in msgspec.structs.asdict(act).items() if value != getattr(_NOTHING, name)}


_NOTHING: Final = Act()


def _unknown_settings(simulator: Simulator, settings: Mapping[str, Any]) -> Iterator[str]:
    for name, value in settings.items():
        try:
            simulator.settings.check(name, value)
        except SettingError as error:
            yield str(error)


def _bad_moments(snapshot: Snapshot) -> Iterator[str]:
    if snapshot.at is not None and not 0 <= snapshot.at <= LAST:
        yield f"the clock stands at {snapshot.at}, which is not between 1970 and 9000"
    if abs(snapshot.shift) > LONGEST_SHIFT:
        yield f"the clock is shifted by {snapshot.shift} ns, beyond every calendar"
    if any(not 0 <= timer.due <= LAST for timer in snapshot.timers):
        yield "a timer is due outside of 1970 to 9000"
    clock = snapshot.options.clock
    if clock and clock.get("mode") not in _CHOICES["mode"]:
        yield f"a clock is {' or '.join(_CHOICES['mode'])}, not {clock.get('mode')!r}"
    try:
        if (at := clock.get("at")) is not None and not 0 <= parse_rfc3339(at) <= LAST:
            yield f"the clock begins at {at}, which is not between 1970 and 9000"
    except (TypeError, ValueError) as error:
        yield f"the clock begins at no moment: {error}"
