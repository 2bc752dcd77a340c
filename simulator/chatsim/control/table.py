"""The table of `/_sim`, put together from the rows of its parts and from what the APIs declare."""

from collections.abc import Mapping
from typing import Final

from chatsim.control import (
    access,
    bundles,
    callbacks,
    clock,
    events,
    faults,
    journal,
    parties,
    populate,
    questions,
    server,
    snapshots,
    sockets,
    switches,
    worlds,
)
from chatsim.control.intake import read_body, undeclared
from chatsim.control.problems import render
from chatsim.core.api import Api
from chatsim.core.routing import CONTROL, Territory
from chatsim.core.simulator import Access

ERRORS: Final = (400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 417, 422, 500, 501, 503)
TABLES: Final = (
    server,
    access,
    events,
    worlds,
    snapshots,
    bundles,
    clock,
    switches,
    journal,
    questions,
    faults,
    callbacks,
    sockets,
    populate,
)
"""The modules whose `ROUTES` are the fixed part of the table."""


def build(apis: Mapping[str, Api], trusted: Access) -> Api:
    """Make the control API for these APIs; pages that `trusted` names may call it.

    Raises:
        ValueError: a row does not say what it takes.
    """
    routes = (
        *(route for table in TABLES for route in table.ROUTES),
        *(route for api in apis.values() for route in parties.routes(api)),
    )
    if silent := undeclared(routes):
        raise ValueError(f"these rows do not say what they take: {', '.join(silent)}")
    return Api(
        name="_sim",
        title="Control API",
        document="docs/control.md",
        emulates="nothing",
        territory=(Territory(CONTROL),),
        routes=routes,
        render=render,
        authenticate=access.authenticate,
        decode=read_body,
        cors=access.cors(trusted),
        replies=dict.fromkeys(ERRORS, "problem"),
        schemas=(
            "thing",
            "thing-query",
            "things",
            "things-query",
            "trigger-result",
        ),  # used once an API declares collections and triggers
    )
