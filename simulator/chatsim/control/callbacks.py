"""Rows that look at the deliveries of a world and steer them: again, not now, in this order, all of them."""

from typing import Any, Final

from chatsim.control.lists import piece
from chatsim.control.problems import render
from chatsim.control.rows import step_row, world_row
from chatsim.core.api import Call
from chatsim.core.callbacks import SETTLED, Attempt, Delivery, NotSettled, Outbox, UnknownDelivery
from chatsim.core.clock import rfc3339
from chatsim.core.effects import Leave
from chatsim.core.errors import Conflict, Gone, NotFound
from chatsim.core.http import Pending, Reply
from chatsim.core.json import BadJson, decode
from chatsim.core.simulator import Simulator

PATIENCE_S: Final = 5.0


def list_callbacks(simulator: Simulator, call: Call) -> Reply:
    """The deliveries, oldest first, with what became of each attempt."""
    outbox = call.world.outbox
    taken, after = piece(call, list(outbox.deliveries.values()), lambda delivery: delivery.id)
    return Reply(body={"callbacks": [show(outbox, one) for one in taken], "holding": outbox.holding, "next": after})


def get_callback(simulator: Simulator, call: Call) -> Reply:
    """One delivery."""
    return Reply(body=show(call.world.outbox, _find(call)))


def resend(simulator: Simulator, call: Call) -> Reply:
    """Send the identical body again.

    Raises:
        NotFound: there is no such delivery. Conflict: it is still under way.
    """
    delivery = _find(call)
    try:
        call.world.outbox.resend(delivery.id)
    except NotSettled as problem:
        raise Conflict(f"{problem}; a held one is let go by POST …/callbacks/release", code="not_settled") from problem
    return Reply(body=show(call.world.outbox, delivery), effects=(Leave(delivery.id),))


def hold(simulator: Simulator, call: Call) -> Reply:
    """Stop sending, now and from now on."""
    outbox = call.world.outbox
    outbox.hold()
    return Reply(body={"holding": True, "ids": _ids(outbox.in_state("held"))})


def release(simulator: Simulator, call: Call) -> Reply:
    """Let held deliveries go, in the order given; without `ids` all of them, and hold no more.

    Raises:
        NotFound: one of them does not exist; then none goes.
    """
    outbox = call.world.outbox
    try:
        released = outbox.release(call.body.get("ids"))
    except UnknownDelivery as problem:
        raise _unknown(call, str(problem)) from problem
    effects = tuple(Leave(one.id) for one in released[:1])  # one is enough to look what may leave
    return Reply(body={"holding": outbox.holding, "ids": _ids(released)}, effects=effects)


def wait(simulator: Simulator, call: Call) -> Reply:
    """Answer when nothing is on its way any more; what is scheduled or held is listed, not waited for."""
    world = call.world

    def settled() -> Reply | None:
        if simulator.worlds.get(world.name) is not world:
            return render(Gone(f"world {world.name!r} was deleted meanwhile"), call)
        return None if world.outbox.pending else Reply(body=_waiting(world.outbox))

    def late() -> Reply:
        pending = [_worded(world.outbox, one) for one in world.outbox.in_state("pending")]
        reply = render(Conflict(f"still pending: {', '.join(pending)}", code="pending"), call)
        return Reply(
            status=reply.status, body={**reply.body, **_waiting(world.outbox)}, content_type=reply.content_type
        )

    timeout_s = float(call.body.get("timeout_s", PATIENCE_S))

    def state() -> tuple[bool, bool]:
        return world.outbox.pending, simulator.worlds.get(world.name) is world

    return Reply(body=Pending(check=settled, timeout_s=timeout_s, expired=late, about="callbacks", state=state))


def show(outbox: Outbox, delivery: Delivery) -> dict[str, Any]:
    """A delivery as the control API shows it."""
    return {
        "id": delivery.id,
        "api": delivery.api,
        "about": delivery.about,
        "conversation": delivery.conversation,
        "cause": delivery.cause,
        "created_at": rfc3339(delivery.created_at, 6),
        "url": delivery.url,
        "target": delivery.target,
        "headers": [list(pair) for pair in delivery.headers],
        "body": decode(delivery.body),
        "state": delivery.state,
        "due_at": None if delivery.due_at is None else rfc3339(delivery.due_at, 6),
        "waits_for": None if (obstacle := _obstacle(outbox, delivery)) is None else obstacle.id,
        "attempts": [_attempt(one) for one in delivery.attempts],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": rfc3339(attempt.at, 6),
        "duration_s": round(attempt.duration_s, 6),
        "status": attempt.status,
        "headers": [list(pair) for pair in attempt.headers],
        "reply": _readable(attempt.reply),
        "error": attempt.error,
    }


def _readable(reply: bytes) -> Any:
    try:
        return decode(reply) if reply else None
    except BadJson:
        return reply.decode("utf-8", "replace")


def _waiting(outbox: Outbox) -> dict[str, list[Any]]:
    return {state: [show(outbox, one) for one in outbox.in_state(state)] for state in ("pending", "scheduled", "held")}


def _obstacle(outbox: Outbox, delivery: Delivery) -> Delivery | None:
    """The delivery that has to be tried or settled before this one may leave."""
    queue = outbox.queues.get(delivery.conversation)
    if not queue or delivery.sending or delivery.state in SETTLED or delivery.id in outbox.aside:
        return None
    first = delivery.behind if queue[0] == delivery.id else queue[0]
    return None if first is None else outbox.deliveries.get(first)


def _worded(outbox: Outbox, delivery: Delivery) -> str:
    obstacle = _obstacle(outbox, delivery)
    return delivery.id if obstacle is None else f"{delivery.id} (behind {obstacle.id}, which is {obstacle.state})"


def _ids(deliveries: list[Delivery]) -> list[str]:
    return [delivery.id for delivery in deliveries]


def _find(call: Call) -> Delivery:
    try:
        return call.world.outbox.get(call.params["id"])
    except UnknownDelivery as problem:
        raise _unknown(call, str(problem)) from problem


def _unknown(call: Call, name: str) -> NotFound:
    return NotFound(f"there is no delivery {name!r} in world {call.world.name!r}; GET …/callbacks lists them")


ROUTES: Final = (
    world_row("GET", "/callbacks", list_callbacks, {200: "callbacks"}, query="list-query"),
    world_row("GET", "/callbacks/{id}", get_callback, {200: "callback"}),
    step_row("POST", "/callbacks/{id}/resend", resend, {200: "callback"}),
    step_row("POST", "/callbacks/hold", hold, {200: "callbacks-changed"}),
    step_row("POST", "/callbacks/release", release, {200: "callbacks-changed"}, body="callbacks-release"),
    world_row("POST", "/callbacks/wait", wait, {200: "callbacks-waiting"}, body="callbacks-wait"),
)
