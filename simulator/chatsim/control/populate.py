"""The row that fills a world with people who have talked. Each API says itself how it takes them up."""

import json
from collections.abc import Mapping
from typing import Any, Final

from chatsim.control.rows import world_row
from chatsim.core.api import Api, Call
from chatsim.core.http import Reply
from chatsim.core.json import encode
from chatsim.core.schemas import refused
from chatsim.core.simulator import Simulator

DEFAULTS: Final[Mapping[str, Any]] = {
    "users": 20,
    "conversations": 30,
    "messages": 500,
    "locale": "en_US",
    "seed": 0,
    "days": 30.0,
    "style": "everyday",
}

_COUNTS: Final = ("users", "conversations", "messages", "seed")


def populate(simulator: Simulator, call: Call) -> Reply:
    """Fill the APIs named, or all that can be, with the same people; nobody is told, one entry is left.

    Raises:
        Invalid: an API that is not there or cannot be filled, or a locale without names.
    """
    from chatsim.control.people import invent

    wanted = {**DEFAULTS, **call.body}
    wanted |= {name: int(wanted[name]) for name in _COUNTS}  # JSON's 3.0 is an integer too
    apis = _chosen(simulator, wanted.get("apis"))
    world = call.world
    now = world.clock.now()
    try:
        population = invent(wanted, now)
    except ValueError as error:
        raise refused("/locale", str(error)) from error
    entry = world.journal.open(now, "trigger")
    entry.operation, entry.method, entry.path = "populate", "POST", call.request.path
    entry.request_headers = call.request.headers
    entry.keep_request(json.dumps(call.body).encode())
    made = {}
    for api in apis:
        assert api.populate is not None
        inner = Call(world, api, call.request, entry, now)
        made[api.name] = dict(api.populate(inner.state(api.name), inner, population))
    body = {"entry": entry.seq, "populated": made}
    entry.status = 200
    entry.keep_response(encode(body))
    world.journal.add(entry)
    return Reply(body=body)


def _chosen(simulator: Simulator, names: list[str] | None) -> list[Api]:
    """The APIs to fill.

    Raises:
        Invalid: one of them cannot be.
    """
    able = {api.name: api for api in simulator.apis.values() if api.populate is not None}
    for place, name in enumerate(names or ()):
        if name not in able:
            raise refused(f"/apis/{place}", f"{name!r} is nothing to populate; there are: {', '.join(able) or 'none'}")
    return list(able.values()) if names is None else [able[name] for name in dict.fromkeys(names)]


ROUTES: Final = (world_row("POST", "/populate", populate, {200: "populated"}, body="populate"),)
