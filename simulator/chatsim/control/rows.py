"""How the rows of the control API's table are written: those of the server, and those of one world."""

from collections.abc import Mapping
from functools import wraps
from typing import Any, Final

from chatsim.control.intake import NO_BODY, NO_QUERY, Enter, arriving
from chatsim.core.api import Call, Operation, Route
from chatsim.core.http import Reply
from chatsim.core.json import encode
from chatsim.core.routing import CONTROL
from chatsim.core.simulator import Simulator

WORLD: Final = "/worlds/{w}"


def row(
    method: str,
    path: str,
    operation: Operation,
    replies: Mapping[int, str],
    *,
    body: str = NO_BODY,
    query: str = NO_QUERY,
    first: Enter | None = None,
    **more: Any,
) -> Route:
    """A route `path` below `/_sim`; `more` are further members of `Route`.

    What comes in a `body` or `query` that is not named is refused. `first` is asked before they are looked at.
    """
    return Route(
        method=method,
        path=CONTROL + path,
        operation=operation,
        replies=replies,
        body=body,
        query=query,
        authorize=arriving(first),
        **more,
    )


def world_row(method: str, path: str, operation: Operation, replies: Mapping[int, str], **more: Any) -> Route:
    """A route `path` below `/_sim/worlds/{w}`; its operation finds that world in `call.world`."""
    return row(method, WORLD + path, operation, replies, first=enter, **more)


def step_row(method: str, path: str, operation: Operation, replies: Mapping[int, str], **more: Any) -> Route:
    """A `world_row` that changes something: a bundle has the calls that were carried out, with bodies of any length."""

    @wraps(operation)
    def act(simulator: Simulator, call: Call) -> Reply:
        world = call.world
        after = world.journal.seq
        reply = operation(simulator, call)
        entry = call.entry
        whole = entry.request_size <= len(entry.request_body)
        world.keep_step(entry, after, call.now, entry.request_body if whole else encode(call.body))
        return reply

    return world_row(method, path, act, replies, **more)


def enter(simulator: Simulator, call: Call) -> None:
    """Make the world of the path the call's, so that effects and waits happen there.

    Raises:
        NotFound, Gone: there is none; nothing creates it.
    """
    call.world = simulator.find(call.params["w"])
    call.now = call.world.clock.now()
