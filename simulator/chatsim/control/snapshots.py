"""Rows that take a world's whole state along and put it back."""

from typing import Final

from chatsim.control.plugging import plugged
from chatsim.control.rows import world_row
from chatsim.control.worlds import SERVICE_RESTART, show
from chatsim.core.api import MEBIBYTE, Call
from chatsim.core.effects import Dispose
from chatsim.core.http import Reply
from chatsim.core.settings import Setting
from chatsim.core.simulator import Simulator

LIMIT: Final = "snapshots.max_bytes"
SETTINGS: Final = (
    Setting(
        name=LIMIT,
        type="int",
        title="How long a snapshot that is put back may be, the files uploaded in it included",
        default=1024 * MEBIBYTE,
        least=1,
    ),
)


def take_snapshot(simulator: Simulator, call: Call) -> Reply:
    """The whole state as one document."""
    from chatsim.core import snapshot

    return Reply(body=snapshot.take(call.world))


def restore_snapshot(simulator: Simulator, call: Call) -> Reply:
    """Put a world into the state of a document; its name, labels and port stay, callbacks are not fired again.

    Raises:
        Invalid: it is no snapshot, or one that this release cannot read; the world is as it was.
    """
    from chatsim.core import snapshot

    snapshot.restore(call.world, snapshot.read(simulator, call.body))
    call.world.announce("restored")
    return plugged(call, Reply(body=show(call.world, call), effects=(Dispose(code=SERVICE_RESTART),)))


ROUTES: Final = (
    world_row("GET", "/snapshot", take_snapshot, {200: "snapshot"}),
    world_row("PUT", "/snapshot", restore_snapshot, {200: "world"}, body="snapshot", limit=LIMIT),
)
