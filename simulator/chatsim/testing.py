"""A simulator inside the process of a test or a script: `with chatsim.serve() as server:`, whatever the test framework.

It serves on a thread and a loop of its own, so that the code under test may block or await as it likes. Where gevent
made greenlets of the threads, as under locust, one that serves would hold up all others: there it has a process.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final, Literal

from aiohttp import web
from multidict import CIMultiDict

from chatsim import apart
from chatsim.client import Client
from chatsim.client.background import Background, threads_are_greenlets
from chatsim.client.receivers import Receivers
from chatsim.core.http import Request
from chatsim.core.simulator import ServerOptions, Simulator
from chatsim.core.world import DEFAULT_SEED
from chatsim.server import binding
from chatsim.server.app import Server
from chatsim.server.assembly import assemble
from chatsim.server.configuration import Start, configure
from chatsim.server.fixtures import check_fixture, read_fixture
from chatsim.server.protocol import Listener
from chatsim.server.runner import loop_factory
from chatsim.server.usage import UsageError

GOODBYE_S: Final = 0.5
"""How long answers under way may take at the end; what waits longer is cancelled."""


@contextlib.contextmanager
def serve(
    *,
    port: int = 0,
    fixture: str | Mapping[str, Any] = "documented",
    seed: str = DEFAULT_SEED,
    accounts: Literal["open", "listed"] = "open",
    truth: Literal["document", "service"] = "document",
    strict: bool = False,
    worlds: Literal["auto", "listed"] = "auto",
    settings: Mapping[str, Any] | None = None,
) -> Iterator[Client]:
    """Serve on loopback until the block ends; port 0 is one that is free. Gives a client whose `url` is where.

    The options are those of `chatsim serve`, for all worlds that say nothing else; `fixture` is a name, a file, or its
    content, `settings` as in `{"kobil.auto_reply": "echo"}`. The environment is not looked at: a test gets what it
    asks for.

    Raises:
        SettingError, UsageError: a setting or an option that cannot have its value. PortTaken: as it says.
    """
    asked = dict(locals())
    for name, value, known in (
        ("accounts", accounts, ("open", "listed")),
        ("truth", truth, ("document", "service")),
        ("worlds", worlds, ("auto", "listed")),
    ):
        if value not in known:
            raise UsageError(f"{name} is {' or '.join(known)}, not {value!r}")
    if not 0 <= port <= 65535:
        raise UsageError(f"port is 0 to 65535, not {port}; 0 takes a free one")
    content = read_fixture(fixture) if isinstance(fixture, str) else fixture
    options = ServerOptions(fixture=content, seed=seed, accounts=accounts, truth=truth, strict=strict, worlds=worlds)
    source = f"fixture {fixture}" if isinstance(fixture, str) else "fixture"
    start = Start(options=options, fixture_from=source, port=port, tables=settings or {})
    with _apart(start, asked) if threads_are_greenlets() else _beside(start) as client:
        yield client


@contextlib.contextmanager
def _beside(start: Start) -> Iterator[Client]:
    """On a thread of this process."""
    background = Background(loop_factory())
    with contextlib.ExitStack() as stack:
        stack.callback(background.close)
        serving = _serving(start)
        client = Client(background.run(serving.__aenter__()), receivers=Receivers(background))
        stack.callback(lambda: background.run(serving.__aexit__(None, None, None)))
        stack.callback(client.receivers.close)
        yield client


@contextlib.contextmanager
def _apart(start: Start, asked: Mapping[str, Any]) -> Iterator[Client]:
    """In a process of its own. What it would refuse is refused here, as it would be without."""
    _simulator(start)
    for one in binding.listen(start.host, start.port):
        one.close()
    with apart.serving(asked) as url, Client(url) as client:
        yield client


def _simulator(start: Start) -> Simulator:
    simulator = assemble(start.options)
    configure(simulator.settings, start, {})
    check_fixture(simulator, start.fixture_from)
    return simulator


@contextlib.asynccontextmanager
async def _serving(start: Start) -> AsyncIterator[str]:
    simulator = _simulator(start)
    server = Server(simulator)
    runner = web.ServerRunner(Listener(server), shutdown_timeout=GOODBYE_S)
    await runner.setup()
    try:
        sockets = binding.listen(start.host, start.port)
        for one in sockets:
            await web.SockSite(runner, one, backlog=binding.BACKLOG).start()
        host = f"127.0.0.1:{sockets[0].getsockname()[1]}"
        simulator.own_request = Request(method="POST", path="", query="", headers=CIMultiDict(), host=host)
        yield f"http://{host}"
    finally:
        await server.shut_down()
        await runner.cleanup()
