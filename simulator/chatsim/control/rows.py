"""How the rows of the control API's table are written: those of the server, and those of one world."""

from collections.abc import Mapping
from functools import wraps
from typing import Any, Final

from chatsim.core.api import Call, Operation, Route
from chatsim.core.http import Reply
from chatsim.core.routing import CONTROL
from chatsim.core.simulator import Simulator

WORLD: Final = f"{CONTROL}/worlds/{{w}}"


def row(method: str, path: str, operation: Operation, replies: Mapping[int, str], **more: Any) -> Route:
    """A route `path` below `/_sim`; `more` are further members of `Route`."""
    return Route(method=method, path=CONTROL + path, operation=operation, replies=replies, **more)


def world_row(method: str, path: str, operation: Operation, replies: Mapping[int, str], **more: Any) -> Route:
    """A route `path` below `/_sim/worlds/{w}`; its operation finds that world in `call.world`."""
    return Route(method=method, path=WORLD + path, operation=operation, replies=replies, authorize=enter, **more)


def step_row(method: str, path: str, operation: Operation, replies: Mapping[int, str], **more: Any) -> Route:
    """A `world_row` that changes what the world answers: a bundle has the calls that were carried out."""

    @wraps(operation)
    def act(simulator: Simulator, call: Call) -> Reply:
        world = call.world
        after = world.journal.seq
        reply = operation(simulator, call)
        world.keep_step(call.entry, after, call.now)
        return reply

    return world_row(method, path, act, replies, **more)


def enter(simulator: Simulator, call: Call) -> None:
    """Make the world of the path the call's, so that effects and waits happen there.

    Raises:
        NotFound, Gone: there is none; nothing creates it.
    """
    call.world = simulator.find(call.params["w"])
    call.now = call.world.clock.now()
