"""The row that takes along all a colleague needs to see what happened in a world."""

from typing import Any, Final

from chatsim import __version__
from chatsim.control import callbacks, faults
from chatsim.control.rows import world_row
from chatsim.core.api import Call
from chatsim.core.clock import rfc3339
from chatsim.core.http import Reply
from chatsim.core.journal import Entry
from chatsim.core.simulator import Simulator
from chatsim.core.world import World

BUNDLE_FORMAT: Final = 1


def take_bundle(simulator: Simulator, call: Call) -> Reply:
    """What happened, from which beginning to which end; `redact=false` leaves the secrets in."""
    from chatsim.control.masking import masked
    from chatsim.core import snapshot

    world = call.world
    redact = dict(call.query).get("redact", "true") != "false"
    bundle = {
        "format": BUNDLE_FORMAT,
        "chatsim": __version__,
        "world": world.name,
        "at": rfc3339(world.clock.now(), 6),
        "seed": world.options.seed,
        "redacted": redact,
        "first": snapshot.first(world),
        "since": world.origin_seq,
        "last": snapshot.take(world),
        "journal": [_entry(entry) for entry in world.journal],
        "dropped": world.journal.dropped,
        "steps": [step.as_json() for step in world.steps],
        "steps_dropped": world.steps.dropped,
        "deliveries": _deliveries(world),
        "faults": [faults.show(fault) for fault in world.faults.all.values()],
    }
    return Reply(body=masked(bundle) if redact else bundle)


def _deliveries(world: World) -> list[dict[str, Any]]:
    if not world.has_deliveries:
        return []
    return [callbacks.show(world.outbox, one) for one in world.outbox.deliveries.values()]


def _entry(entry: Entry) -> dict[str, Any]:
    """An entry with its moment in full and its request's body as it came, so that it can be sent again."""
    shown = entry.as_json()
    shown["at"] = rfc3339(entry.at, 9)
    shown["request"]["base64"] = entry.request_base64
    return shown


ROUTES: Final = (world_row("GET", "/bundle", take_bundle, {200: "bundle"}, query="bundle-query"),)
