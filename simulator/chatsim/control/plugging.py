"""Answers that wait until a world's own port is open or closed, as its faults say."""

from typing import Final

from msgspec.structs import replace

from chatsim.control.problems import render
from chatsim.core.api import Call
from chatsim.core.effects import Plug
from chatsim.core.errors import Unavailable
from chatsim.core.http import Pending, Reply

PATIENCE_S: Final = 10.0


def plugged(call: Call, reply: Reply) -> Reply:
    """The reply, given once whoever heard it finds the port so; at once where the world has none of its own."""
    if not call.world.options.listen:
        return reply
    ready: list[bool] = []

    def answer() -> Reply | None:
        return replace(reply, effects=()) if ready else None

    def late() -> Reply:
        return render(Unavailable("another program took the world's own port while it was closed"), call)

    pending = Pending(check=answer, timeout_s=PATIENCE_S, expired=late)
    return Reply(body=pending, effects=(*reply.effects, Plug(done=lambda: ready.append(True))))
