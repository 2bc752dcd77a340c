"""Rows that plan misbehaviour in a world."""

from typing import Any, Final

import msgspec

from chatsim.control.lists import piece
from chatsim.control.plugging import plugged
from chatsim.control.rows import step_row, world_row
from chatsim.core.acts import contradictions
from chatsim.core.api import NOTHING, Call
from chatsim.core.clock import rfc3339
from chatsim.core.effects import Close, Plug
from chatsim.core.errors import NotFound
from chatsim.core.faults import ACTS, HANDSHAKE, Act, Fault, Faults
from chatsim.core.http import Reply
from chatsim.core.match import Match
from chatsim.core.schemas import refused
from chatsim.core.simulator import Simulator
from chatsim.core.sound import written
from chatsim.core.world import World


def add_fault(simulator: Simulator, call: Call) -> Reply:
    """Plan a fault.

    Raises:
        Invalid: an act that contradicts itself or cannot be done to the kind named, an error that the API does not
            know.
    """
    world, body = call.world, call.body
    if wrong := list(contradictions(body["act"])):
        raise refused(*wrong[0], *wrong[1:])
    match = _match(simulator, body)
    _know_error(simulator, body)
    fault = Fault(
        f"fault-{world.ids.count('fault')}",
        match,
        msgspec.convert(body["act"], Act, strict=False),  # JSON's 503.0 is an integer too
        skip=int(body.get("skip", 0)),
        times=None if (times := body.get("times", 1)) is None else int(times),
        probability=body.get("probability", 1.0),
        expires=Faults.expiry(body.get("ttl_s"), call.now),
    )
    world.faults.add(fault)
    headers = {"Location": f"{call.request.path}/{fault.id}"}
    return plugged(call, Reply(status=201, body=show(fault), headers=headers, effects=_cut(world, fault)))


def list_faults(simulator: Simulator, call: Call) -> Reply:
    """What is planned, oldest first, with what it hit."""
    taken, after = piece(call, list(call.world.faults.all.values()), lambda fault: fault.id)
    return Reply(body={"faults": [show(fault) for fault in taken], "next": after})


def delete_faults(simulator: Simulator, call: Call) -> Reply:
    """Plan nothing any more."""
    call.world.faults.all.clear()
    return _taken_back(call)


def delete_fault(simulator: Simulator, call: Call) -> Reply:
    """Take one back.

    Raises:
        NotFound: there is none of that id.
    """
    if call.world.faults.all.pop(call.params["id"], None) is None:
        raise NotFound(f"there is no fault {call.params['id']!r} in world {call.world.name!r}")
    return _taken_back(call)


def _taken_back(call: Call) -> Reply:
    """The world's own port opens again, and sockets that were muted speak."""
    if not call.world.options.listen:
        return Reply(status=204, effects=(Plug(done=lambda: None),))
    return plugged(call, Reply(status=204))


def _cut(world: World, fault: Fault) -> tuple[Close, ...]:
    """A service that goes offline takes its open sockets along: those whose handshakes the fault would hit."""
    if not fault.offline_now or fault.match.needs_body or not fault.suits(HANDSHAKE):
        return ()
    hit = (one for one in world.connections.values() if fault.match.matches(one.plan.call.entry))
    return tuple(Close(socket=one.id, abort=True) for one in hit)


def _match(simulator: Simulator, body: dict[str, Any]) -> Match:
    """What is to be hit.

    Raises:
        Invalid: a kind that the act cannot be done to, an API that is not there.
    """
    wanted = dict(body.get("match", {}))
    if "api" in wanted and wanted["api"] not in simulator.apis:
        raise refused("/match/api", f"there is no API {wanted['api']!r}; there are {', '.join(simulator.apis)}")
    kind = wanted.get("kind", "callback" if "url" in wanted else None)
    if "url" in wanted and kind != "callback":
        raise refused("/match/url", f"only callbacks have a url: leave it out, or the kind {kind}")
    for member in body["act"].keys() & ACTS.keys():
        kinds = {"request" if one == HANDSHAKE else one for one in ACTS[member]}
        if member == "refuse" and kind == "socket":
            del wanted["kind"]  # what can be refused of a socket is its handshake, and that is a request
        elif kind is not None and kind not in kinds:
            where = "/match/kind" if "kind" in wanted else "/match/url"
            raise refused(where, f"{member} is done to {' or '.join(sorted(kinds))}, not to {kind}")
    return Match.parse(wanted, "/match")


def _know_error(simulator: Simulator, body: dict[str, Any]) -> None:
    name = body["act"].get("error")
    if name is None:
        return
    api = simulator.apis.get(body.get("match", {}).get("api", ""))
    if api is None:
        known = ", ".join(sorted(one.name for one in simulator.apis.values() if name in one.errors)) or "none"
        raise refused("/match/api", f"a named error is an API's own: name the API; {name!r} is known to: {known}")
    if name not in api.errors:
        known = ", ".join(api.errors) or "none"
        raise refused("/act/error", f"{api.name} has no error {name!r}; it has: {known}")


def show(fault: Fault) -> dict[str, Any]:
    """A fault as the control API shows it, with what it hit."""
    return {
        "id": fault.id,
        "match": fault.match.as_json(),
        "act": written(fault.act),
        "skip": fault.skip,
        "times": fault.times,
        "expires": None if fault.expires is None else rfc3339(fault.expires),
        "probability": fault.probability,
        "hits": fault.hits,
        "seen": fault.seen,
    }


ROUTES: Final = (
    step_row("POST", "/faults", add_fault, {201: "fault-shown"}, body="fault"),
    world_row("GET", "/faults", list_faults, {200: "faults"}, query="list-query"),
    step_row("DELETE", "/faults", delete_faults, {204: NOTHING}),
    step_row("DELETE", "/faults/{id}", delete_fault, {204: NOTHING}),
)
