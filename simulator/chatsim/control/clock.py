"""Rows about a world's clock: standing still, moving on, following real time again."""

from typing import Any, Final

from chatsim.control.problems import render
from chatsim.control.rows import step_row, world_row
from chatsim.control.worlds import show_clock
from chatsim.core.api import Call
from chatsim.core.clock import LAST, rfc3339, seconds
from chatsim.core.effects import Advance
from chatsim.core.errors import Unavailable
from chatsim.core.http import Pending, Reply
from chatsim.core.schemas import read_moment, refused
from chatsim.core.simulator import Simulator
from chatsim.core.world import World

PATIENCE_S: Final = 600.0
"""How long an answer waits for what an advance made happen."""


def get_clock(simulator: Simulator, call: Call) -> Reply:
    """What the clock shows."""
    return Reply(body=show_clock(call.world))


def set_clock(simulator: Simulator, call: Call) -> Reply:
    """Stop the clock, let it run, or move it; moving runs what falls due on the way and lists it.

    Raises:
        Invalid: neither mode nor advance_s, or a moment outside of 1970 to 9000.
    """
    world, body = call.world, call.body
    if ("mode" in body) == ("advance_s" in body):
        raise refused("", 'expected one of {"mode":"frozen","at":…}, {"mode":"real"} and {"advance_s":3600}')
    if "at" in body and body.get("mode") != "frozen":
        raise refused("/at", 'a moment belongs to a clock that stands still: {"mode":"frozen","at":…}')
    if "advance_s" in body:
        return _advance(world, call, body["advance_s"])
    if body["mode"] == "frozen":
        world.clock.freeze(read_moment(body["at"], "/at") if "at" in body else None)
    else:
        world.clock.run()
    simulator.events.tell(world.name, "clock", show_clock(world))
    return Reply(body=show_clock(world))


def _advance(world: World, call: Call, by_s: float) -> Reply:
    if world.clock.now() + seconds(by_s) > LAST:
        raise refused("/advance_s", f"that is later than {rfc3339(LAST, 0)}")
    ran: list[list[dict[str, Any]]] = []

    def arrived() -> Reply | None:
        return Reply(body={**show_clock(world), "ran": ran[0]}) if ran else None

    def done(happened: list[dict[str, Any]]) -> None:
        ran.append(happened)
        world.simulator.events.tell(world.name, "clock", show_clock(world))

    def late() -> Reply:
        return render(Unavailable(f"what fell due is still under way after {PATIENCE_S:g} s"), call)

    return Reply(
        body=Pending(check=arrived, timeout_s=PATIENCE_S, expired=late),
        effects=(Advance(seconds=by_s, done=done),),
    )


ROUTES: Final = (
    world_row("GET", "/clock", get_clock, {200: "clock"}),
    step_row("POST", "/clock", set_clock, {200: "clock"}, body="clock-change"),
)
