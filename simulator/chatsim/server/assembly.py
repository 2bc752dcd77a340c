"""Puts a simulator together from the APIs that are installed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import lru_cache

from chatsim.apis import discover
from chatsim.control import build, snapshots
from chatsim.core import callback_settings
from chatsim.core.api import Api
from chatsim.core.declared import Declared
from chatsim.core.simulator import Access, ServerOptions, Simulator


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
    chosen = options or ServerOptions()
    declared = _declared(tuple(discover() if apis is None else apis), chosen.access)
    return Simulator(declared, wall, options=chosen, settings=(*callback_settings.SETTINGS, *snapshots.SETTINGS))


@lru_cache(maxsize=16)
def _declared(apis: tuple[Api, ...], access: Access) -> Declared:
    """Checked and compiled once per process: whoever serves a second simulator has it at once."""
    return Declared(apis, lambda known: build(known, access))
