"""Starts and stops the simulator as a process: listens, says where, serves until told to stop, ends within seconds."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import ssl
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from chatsim.core.http import Request
from chatsim.core.settings import SettingError
from chatsim.core.simulator import ServerOptions, Simulator
from chatsim.server import binding, tls
from chatsim.server.app import Server
from chatsim.server.assembly import assemble
from chatsim.server.neighbour import describe
from chatsim.server.protocol import Listener
from chatsim.server.terminal import JsonLines, Terminal, proxy_warning

PATIENCE_S: Final = 1.5
"""How long a stop waits for answers under way, and again for what it then cancels."""

_GARBAGE_THRESHOLDS: Final = (50_000, 20, 100)


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """How a process is started. `host` None is loopback, both addresses; a port 0 is any free one."""

    options: ServerOptions = ServerOptions()
    settings: Mapping[str, Any] = {}
    host: str | None = None
    port: int = 8080
    tls: bool = False
    tls_port: int = 8443
    tls_hosts: tuple[str, ...] = ()
    tls_folder: Path | None = None
    trust_proxy: bool = False
    read_timeout_s: float = 30.0
    log_format: str = "text"
    verbose: bool = False


class CannotStart(Exception):
    """The process cannot serve; the text says why and what would do."""


def run(start: Start) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        CannotStart: a port is taken, an address is not this machine's, certificates cannot be made.
        SettingError: a setting that there is not, or cannot have its value.
        SchemaError, RoutingError, ValueError: see `assemble`.
    """
    with contextlib.ExitStack() as stack:
        plain = _listen(stack, start.host, start.port, "--port")
        secure = _listen(stack, start.host, start.tls_port, "--tls-port") if start.tls else []
        identity = _identity(start) if start.tls else None
        simulator = assemble(msgspec.structs.replace(start.options, authority=identity and identity.authority_pem))
        for name, value in start.settings.items():
            simulator.settings.set(name, value)
        urls = [_url("http", start.host, plain), *([_url("https", start.host, secure)] if secure else [])]
        simulator.own_request = Request(
            method="POST", path="", query="", headers=CIMultiDict(), host=urls[0].partition("://")[2]
        )
        terminal = (JsonLines if start.log_format == "json" else Terminal)(verbose=start.verbose)
        simulator.watchers.append(terminal.heard)
        gc.collect()
        gc.freeze()  # what is there now stays: no collection need look at it again
        gc.set_threshold(*_GARBAGE_THRESHOLDS)
        listeners = [(one, None) for one in plain] + [(one, identity and identity.context) for one in secure]
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(simulator, start, listeners, urls, terminal))
