"""The table of `/_sim`."""

from typing import Final

from chatsim import __version__
from chatsim.control.problems import render
from chatsim.core.api import Api, Call, Route
from chatsim.core.http import Reply
from chatsim.core.routing import CONTROL, Territory
from chatsim.core.simulator import Simulator

ERRORS: Final = (400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 417, 422, 500, 501, 503)


def report_health(simulator: Simulator, call: Call) -> Reply:
    """Say that the simulator is serving."""
    return Reply(body={"status": "ok", "version": __version__})


def build(simulator: Simulator) -> Api:
    """Make the control API for the APIs that the simulator has."""
    return Api(
        name="_sim",
        title="Control API",
        document="docs/control.md",
        emulates="nothing",
        territory=(Territory(CONTROL),),
        routes=(
            Route(method="GET", path="/_sim/livez", operation=report_health, replies={200: "health"}, auth=False),
            Route(method="GET", path="/_sim/readyz", operation=report_health, replies={200: "health"}, auth=False),
        ),
        render=render,
        replies=dict.fromkeys(ERRORS, "problem"),
    )
