"""Puts a simulator together from the APIs that are installed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from chatsim.apis import discover
from chatsim.control import build
from chatsim.core import callbacks
from chatsim.core.api import Api
from chatsim.core.simulator import ServerOptions, Simulator


def assemble(
    options: ServerOptions | None = None,
    *,
    apis: Iterable[Api] | None = None,
    wall: Callable[[], int] = time.time_ns,
) -> Simulator:
    """Make a simulator of `apis` (all that are installed) on real time, or on another `wall` clock.

    Raises:
        SchemaError, RoutingError, ValueError: the declarations contradict themselves; the text says where.
    """
    return Simulator(discover() if apis is None else apis, build, wall, options=options, settings=callbacks.SETTINGS)
