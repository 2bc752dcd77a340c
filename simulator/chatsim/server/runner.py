"""Starts and stops the simulator as a process: listens, says where, serves until told to stop, ends within a second."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from ssl import SSLContext
from typing import TYPE_CHECKING, Final

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from chatsim.apis import discover
from chatsim.core.http import Request
from chatsim.core.simulator import Simulator
from chatsim.server import binding
from chatsim.server.app import Server
from chatsim.server.assembly import assemble
from chatsim.server.configuration import Start, configure
from chatsim.server.fixtures import check_fixture
from chatsim.server.protocol import Listener
from chatsim.server.terminal import JsonLines, Terminal, proxy_warning

if TYPE_CHECKING:
    from chatsim.server.statefile import StateFile
    from chatsim.server.tls import Identity

STOP_S: Final = 0.75
"""How long a stop may take: sockets say goodbye, answers under way end, the rest is cancelled."""
PATIENCE_S: Final = 0.6
"""How much of it is left to bodies and answers that are on their way."""

_GARBAGE_THRESHOLDS: Final = (50_000, 5, 100)

Listening = tuple[socket.socket, SSLContext | None]


class CannotStart(Exception):
    """The process cannot serve; the text says why and what would do."""


def run(start: Start) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        CannotStart: a port is taken, an address is not this machine's, certificates cannot be made.
        SettingError, UsageError: a setting or an option that cannot have its value.
        SchemaError, RoutingError, ValueError: see `assemble`.
    """
    with contextlib.ExitStack() as stack:
        listening: list[Listening] = [(one, None) for one in _listen(stack, start.host, start.port, "--port")]
        urls = [_url("http", start.host, listening)]
        apis = discover()
        options = start.options
        if start.tls:
            identity = _identity(start, [host for api in apis for host in api.hosts])
            options = msgspec.structs.replace(options, authority=identity.authority_pem)
            secure = [(one, identity.context) for one in _listen(stack, start.host, start.tls_port, "--tls-port")]
            urls.append(_url("https", start.host, secure))
            listening += secure
        simulator = assemble(options, apis=apis)
        configure(simulator.settings, start, os.environ)
        check_fixture(simulator, start.fixture_from)
        host = urls[0].partition("://")[2]
        simulator.own_request = Request(method="POST", path="", query="", headers=CIMultiDict(), host=host)
        terminal = (JsonLines if start.log_format == "json" else Terminal)(sys.stdout, verbose=start.verbose)
        simulator.watchers.append(terminal.heard)
        _spare_the_collector()
        with asyncio.Runner(loop_factory=loop_factory()) as loop:
            loop.run(_serve(simulator, start, listening, urls, terminal))


async def _serve(
    simulator: Simulator, start: Start, listening: list[Listening], urls: list[str], terminal: Terminal
) -> None:
    server = Server(
        simulator,
        read_timeout_s=start.read_timeout,
        trust_proxy=start.trust_proxy,
        world_domain=start.world_domain,
        host=start.host,
        world_ports=start.world_ports,
    )
    if start.state is not None:
        server.keeper = _kept(simulator, start.state)
    runner = web.ServerRunner(Listener(server), shutdown_timeout=PATIENCE_S)
    await runner.setup()
    for one, context in listening:
        await web.SockSite(runner, one, ssl_context=context, backlog=binding.BACKLOG).start()
    with _told_to_stop() as stop:
        if start.port == 0:
            terminal.free_port(urls[0])
        terminal.started(simulator, urls)
        go_on(server)
        if warning := proxy_warning(os.environ):
            terminal.warn(warning)
        await stop.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                for site in runner.sites:
                    await site.stop()
                await server.shut_down()
                await runner.cleanup()
        if server.keeper is not None:
            await _keep(server.keeper, terminal)
        terminal.stopped(_undelivered(simulator))


def go_on(server: Server) -> None:
    """Take up what worlds had still to do when the simulator ended."""
    for world in server.simulator.worlds.values():
        server.timekeeper.arm(world)
        server.courier.nudge(world)


def _kept(simulator: Simulator, path: Path) -> StateFile:
    from chatsim.server.statefile import BadStateFile, StateFile

    keeper = StateFile(simulator, path)
    try:
        keeper.load()
    except BadStateFile as error:
        raise CannotStart(str(error)) from error
    return keeper


async def _keep(keeper: StateFile, terminal: Terminal) -> None:
    try:
        await keeper.close()
    except OSError as error:
        terminal.warn(f"the state could not be written: {error}")


@contextlib.contextmanager
def _told_to_stop() -> Iterator[asyncio.Event]:
    """An event that SIGTERM or Ctrl-C sets; a second Ctrl-C ends the process as usual."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def heard(*_: object) -> None:
        loop.call_soon_threadsafe(stop.set)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    for number in before:
        signal.signal(number, heard)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _undelivered(simulator: Simulator) -> list[str]:
    return [
        f"{one.about} to {one.url}".lstrip() + f" ({one.state})"
        for world in simulator.worlds.values()
        if world.has_deliveries
        for one in world.outbox.in_state("pending", "held", "scheduled")
    ]


def _listen(stack: contextlib.ExitStack, host: str | None, port: int, option: str) -> list[socket.socket]:
    try:
        sockets = binding.listen(host, port)
    except binding.PortTaken as taken:
        from chatsim.server.neighbour import describe

        who = describe(taken.address, taken.port)
        raise CannotStart(f"port {port} is taken by {who}; {option} 0 takes a free one") from taken
    except binding.CannotListen as error:
        raise CannotStart(str(error)) from error
    for one in sockets:
        stack.enter_context(one)
    return sockets


def _identity(start: Start, documented: Iterable[str]) -> Identity:
    from chatsim.server import tls

    folder = start.tls_dir or tls.default_folder(os.environ)
    try:
        return tls.identity(folder, [*documented, *start.tls_hosts], datetime.now(UTC))
    except tls.TlsError as error:
        raise CannotStart(str(error)) from error


def _url(scheme: str, host: str | None, listening: Sequence[tuple[socket.socket, object]]) -> str:
    """Where a client on this machine finds what listens there."""
    port = listening[0][0].getsockname()[1]
    name = "localhost" if host in (None, "0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    return f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"


def _spare_the_collector() -> None:
    """What is there now stays: no collection need look at it again. Only in a process that is ours alone.

    The command switched the collector off before its imports, which leave about nothing to collect.
    """
    gc.freeze()
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    gc.enable()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes the loop that a simulator serves on; None is asyncio's own."""
    try:
        import uvloop
    except ImportError:  # on Windows
        return None
    return uvloop.new_event_loop
