"""The pytest plugin: a simulator for the session, a world for each test.

Imports nothing but pytest until a fixture is asked for, since every run of pytest loads it.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from chatsim.client import AsyncWorld, Client, World
    from chatsim.watching import Watch

MARKER: Final = (
    "chatsim(fail_on={...}): fail the test when its world's journal holds such entries: "
    "'bug' (always on), 'invalid' (a request broke the contract), 'unmatched' (no route was meant)"
)
FAIL_ON: Final = ("bug", "invalid", "unmatched")

_WATCH: Final[pytest.StashKey[Watch]] = pytest.StashKey()
_FAIL_ON: Final = pytest.StashKey[frozenset[str]]()
_SHARED: Final = pytest.StashKey[contextlib.ExitStack]()
_URL: Final = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options."""
    group = parser.getgroup("chatsim", "chat API simulator")
    group.addoption(
        "--chatsim-url",
        metavar="URL",
        help="use the simulator that answers there, instead of starting one (default: CHATSIM_URL)",
    )
    group.addoption(
        "--chatsim-shared", action="store_true", help="one simulator for all workers of pytest-xdist, not one for each"
    )
    group.addoption("--chatsim-artifacts", metavar="DIR", help="write a bundle there for each test that failed")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARKER)


# One simulator for all workers: it runs where pytest-xdist distributes the tests.


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist which simulator to use."""
    config: pytest.Config = node.config
    if (url := _named_url(config)) is None and config.getoption("--chatsim-shared"):
        url = _share(config)
    if url is not None:
        node.workerinput["chatsim_url"] = url


def _share(config: pytest.Config) -> str:
    from chatsim.testing import serve

    if _URL not in config.stash:
        stack = config.stash[_SHARED] = contextlib.ExitStack()
        config.stash[_URL] = stack.enter_context(serve()).url
    return config.stash[_URL]


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the shared simulator."""
    if (serving := config.stash.get(_SHARED, None)) is not None:
        serving.close()


def _named_url(config: pytest.Config) -> str | None:
    """Where somebody said that a simulator is."""
    worker: Mapping[str, Any] = getattr(config, "workerinput", {})
    return config.getoption("--chatsim-url") or worker.get("chatsim_url") or os.environ.get("CHATSIM_URL") or None


# Fixtures


@pytest.fixture(scope="session")
def chatsim_server(pytestconfig: pytest.Config) -> Iterator[Client]:
    """The simulator: one in this process, or the one that `--chatsim-url` or `CHATSIM_URL` names."""
    with _simulator(pytestconfig) as client:
        watch = _watch(pytestconfig, client)
        yield client
        watch.end()


def _watch(config: pytest.Config, client: Client) -> Watch:
    """The one of this client: whoever overrides `chatsim_server` has a client of his own."""
    from chatsim.watching import Watch

    watch = config.stash.get(_WATCH, None)
    if watch is None or watch.client is not client:
        folder = config.getoption("--chatsim-artifacts")
        watch = Watch(client, config.invocation_params.dir / folder if folder else None)
        config.stash[_WATCH] = watch
    return watch


def _simulator(config: pytest.Config) -> contextlib.AbstractContextManager[Client]:
    url = _named_url(config)
    if url is None:
        from chatsim.testing import serve

        return serve()
    from chatsim.client import Client

    client = Client(url)
    _greet(client)
    return client


def _greet(client: Client) -> None:
    """Say it in a line where the address is no simulator's."""
    from chatsim import __version__
    from chatsim.client import ChatsimError

    named = f"{client.url} (--chatsim-url, CHATSIM_URL)"
    try:
        version = client.call("GET", "/livez").get("version")
    except OSError as error:
        pytest.fail(f"no simulator answers at {named}: {error}", pytrace=False)
    except ChatsimError as error:
        pytest.fail(f"another service answers at {named}, with status {error.status}: {error}", pytrace=False)
    if version is None:
        pytest.fail(f"another service answers at {named}: its /_sim/livez names no version", pytrace=False)
    if version != __version__:
        message = f"the simulator at {named} is chatsim {version}, its client here {__version__}"
        warnings.warn(pytest.PytestWarning(message), stacklevel=1)


@pytest.fixture
def chatsim_options() -> Mapping[str, Any]:
    """Options of the test's world, those of `POST /_sim/worlds`; override it in a module, class or conftest.py."""
    return {}


@pytest.fixture
def chatsim(
    request: pytest.FixtureRequest, chatsim_server: Client, chatsim_options: Mapping[str, Any]
) -> Iterator[World]:
    """A world of the test's own, with blocking verbs. It is deleted after the test."""
    _watch(request.config, chatsim_server)
    labels = {"test": request.node.nodeid, **chatsim_options.get("labels", {})}
    with chatsim_server.world(**{**chatsim_options, "labels": labels}) as world:
        yield world


@pytest.fixture
def chatsim_async(chatsim: World) -> AsyncWorld:
    """The same world with awaited verbs."""
    from chatsim.client import AsyncClient, AsyncWorld

    blocking = chatsim.client
    client = AsyncClient(blocking.target, receivers=blocking.receivers, records=blocking.records)
    return AsyncWorld(client, {"name": chatsim.name, "base_url": chatsim.base_url})


# What becomes of a test


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Draw a line below what was before, and understand the marker."""
    if (watch := item.config.stash.get(_WATCH, None)) is not None:
        watch.begin()
    item.stash[_FAIL_ON] = _fail_on(item)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Look at the journals of a test that passed so far."""
    result = yield
    _check(item)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Look again at what came since, worlds that ended included."""
    result = yield
    _check(item)
    return result


def _check(item: pytest.Item) -> None:
    if (watch := item.config.stash.get(_WATCH, None)) is not None:
        watch.check(item.stash.get(_FAIL_ON, frozenset()))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the last entries to the report of a test that failed, and keep its bundles."""
    report = yield
    if report.failed and (watch := item.config.stash.get(_WATCH, None)) is not None:
        report.sections += watch.sections(item.nodeid)
    return report


def _fail_on(item: pytest.Item) -> frozenset[str]:
    wanted = {"bug"}
    for marker in item.iter_markers("chatsim"):
        if marker.args or marker.kwargs.keys() - {"fail_on"}:
            pytest.fail(f"the marker is {MARKER}", pytrace=False)
        wanted |= set(marker.kwargs.get("fail_on", ()))
    if unknown := sorted(wanted.difference(FAIL_ON)):
        pytest.fail(f"the marker chatsim has fail_on {', '.join(FAIL_ON)}, not {', '.join(unknown)}", pytrace=False)
    return frozenset(wanted)
