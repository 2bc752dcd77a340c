"""The table of `/_sim`, put together from the rows of its parts and from what the APIs declare."""

from collections.abc import Mapping
from typing import Any, Final

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
from chatsim.control.problems import render
from chatsim.core.api import Api, Call
from chatsim.core.errors import Malformed
from chatsim.core.http import Body
from chatsim.core.json import BadJson, decode
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


def decode_object(call: Call, body: Body) -> Any:
    """Read a body as JSON whatever its content type; none at all is an empty object.

    Raises:
        Malformed: it is not JSON.
    """
    if not body.raw:
        return {}
    try:
        return decode(body.raw)
    except BadJson as error:
        raise Malformed(f"the body is not JSON: {error}") from error


def build(apis: Mapping[str, Api], trusted: Access) -> Api:
    """Make the control API for these APIs; pages that `trusted` names may call it."""
    return Api(
        name="_sim",
        title="Control API",
        document="docs/control.md",
        emulates="nothing",
        territory=(Territory(CONTROL),),
        routes=(
            *(route for table in TABLES for route in table.ROUTES),
            *(route for api in apis.values() for route in parties.routes(api)),
        ),
        render=render,
        authenticate=access.authenticate,
        decode=decode_object,
        cors=access.cors(trusted),
        replies=dict.fromkeys(ERRORS, "problem"),
        schemas=("thing", "things", "trigger-result"),  # used once an API declares collections and triggers
    )
