"""What a planned fault makes of a request: an answer of its own, or one that the server spoils on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from chatsim.core.api import Socket
from chatsim.core.errors import Faulted
from chatsim.core.http import BODILESS, Reply

if TYPE_CHECKING:
    from chatsim.core.faults import Drawn
    from chatsim.core.pipeline import Plan


def draw(plan: Plan, raw: bytes | None = None, *, offline: bool = False) -> None:
    """Steps 3 and, with the body, 5 of the pipeline: a planned fault may settle the answer, or spoil it later."""
    world = plan.call.world
    if not world.faults.all or plan.drawn is not None or plan.call.entry.api == plan.simulator.control.name:
        return
    entry, now = plan.call.entry, plan.call.now
    handshake = isinstance(plan.route, Socket) and plan.call.request.shakes_hands
    faults = world.faults
    if raw is None:
        drawn = faults.draw(entry, now, handshake=handshake, offline=offline)
    else:
        drawn = faults.draw_on_body(entry, raw, now)
    if drawn is None:
        return
    plan.drawn, entry.fault = drawn, drawn.fault
    plan.reply = _faulted(plan, drawn)
    plan.faulted = plan.reply is not None


def _faulted(plan: Plan, drawn: Drawn) -> Reply | None:
    act = drawn.act
    if act.unsaid:
        return Reply(status=503)
    if act.error is not None:
        make = plan.api.errors.get(act.error)
        return plan.api.render(make() if make else Faulted(f"planned fault {act.error}"), plan.call)
    if act.refuse is not None:
        return plan.api.render(Faulted("a planned refusal", status=act.refuse), plan.call)
    if act.status is None:
        return None
    if act.status in BODILESS:
        return Reply(status=act.status)
    if act.body is not msgspec.UNSET:
        return Reply(status=act.status, body=act.body.encode() if isinstance(act.body, str) else act.body)
    reply = plan.api.render(Faulted("a planned fault", status=act.status), plan.call)
    return msgspec.structs.replace(reply, status=act.status)
