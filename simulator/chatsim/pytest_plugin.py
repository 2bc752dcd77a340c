"""The pytest plugin: a simulator for the session, a world for each test.

Imports nothing but pytest until a fixture is asked for, since every run of pytest loads it.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from chatsim.client import AsyncWorld, Client, Entry, World

SHOWN: Final = 20
"""Entries in the report of a failed test."""
ABANDONED_S: Final = 86_400
"""When a simulator elsewhere may forget the world of a test that never ended."""

MARKER: Final = (
    "chatsim(fail_on={...}): fail the test when its world's journal holds such entries: "
    "'bug' (always on), 'invalid' (a request broke the contract), 'unmatched' (no route was meant)"
)
FAIL_ON: Final[Mapping[str, Callable[[Entry], bool]]] = {
    "bug": lambda entry: bool(entry.get("bug")),
    "invalid": lambda entry: bool(entry.get("violations")),
    "unmatched": lambda entry: entry["kind"] == "request" and not entry.get("operation"),
}

_WATCH: Final = pytest.StashKey["Watch"]()
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
    url = _named_url(pytestconfig)
    if url is None:
        from chatsim.testing import serve

        with serve() as client:
            yield client
    else:
        from chatsim.client import Client

        with Client(url) as client:
            _greet(client)
            yield client


def _greet(client: Client) -> None:
    try:
        client.version()
    except OSError as error:
        pytest.fail(f"no simulator answers at {client.url} (--chatsim-url, CHATSIM_URL): {error}", pytrace=False)


@pytest.fixture
def chatsim_options() -> Mapping[str, Any]:
    """Options of the test's world, those of `POST /_sim/worlds`; override it in a module, class or conftest.py."""
    return {}


@pytest.fixture
def chatsim(
    request: pytest.FixtureRequest, chatsim_server: Client, chatsim_options: Mapping[str, Any]
) -> Iterator[World]:
    """A world of the test's own, with blocking verbs. It is deleted after the test."""
    wanted = _fail_on(request.node)
    labels = {"test": request.node.nodeid, **chatsim_options.get("labels", {})}
    with chatsim_server.world(**{"ttl_s": ABANDONED_S, **chatsim_options, "labels": labels}) as world:
        watch = request.node.stash[_WATCH] = Watch(world, wanted)
        yield world
        del request.node.stash[_WATCH]
        watch.check()


@pytest.fixture
def chatsim_async(chatsim: World) -> AsyncWorld:
    """The same world with awaited verbs."""
    from chatsim.client import AsyncClient, AsyncWorld

    client = AsyncClient(chatsim.client.url, receivers=chatsim.client.receivers)
    return AsyncWorld(client, {"name": chatsim.name, "base_url": chatsim.base_url})


# What becomes of a test


class Watch:
    """Looks after the world of a test: `fail_on` names what must not be in its journal."""

    def __init__(self, world: World, fail_on: frozenset[str]) -> None:
        self.world = world
        self._fail_on = fail_on
        self._seen = 0

    def check(self) -> None:
        """Fail the test if its journal holds what must not be there, unless that was told already."""
        from chatsim.client.answers import GONE, ChatsimError, line

        try:
            entries = self.world.journal.entries(since=self._seen)
        except ChatsimError as error:
            if error.status == GONE:  # the test deleted its world, and the journal with it
                return
            raise
        self._seen = max((entry["seq"] for entry in entries), default=self._seen)
        found = [
            f"  {name}: {line(entry)}" for entry in entries for name in sorted(self._fail_on) if FAIL_ON[name](entry)
        ]
        if found:
            pytest.fail("\n".join((f"the journal of world {self.world.name} holds", *found)), pytrace=False)

    def story(self) -> str:
        """The last entries, one a line."""
        from chatsim.client.answers import line

        return "\n".join(map(line, self.world.journal.entries()[-SHOWN:])) or "(nothing happened)"

    def keep(self, folder: Path, test: str) -> Path:
        """Write the bundle of the world; the file is named after the test."""
        import json
        from hashlib import sha256

        name = re.sub(r"[^A-Za-z0-9_.-]+", "_", test)
        if len(name) > 150:
            name = f"{name[:140]}-{sha256(test.encode()).hexdigest()[:9]}"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{name}.json"
        file.write_text(json.dumps(self.world.bundle(redact=False), ensure_ascii=False, indent=1), encoding="utf-8")
        return file


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Look at the journal of a test that passed so far."""
    result = yield
    if (watch := item.stash.get(_WATCH, None)) is not None:
        watch.check()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the last entries to the report of a test that failed, and keep its bundle."""
    report = yield
    if report.failed and (watch := item.stash.get(_WATCH, None)) is not None:
        report.sections += _sections(item, watch)
    return report


def _sections(item: pytest.Item, watch: Watch) -> Iterator[tuple[str, str]]:
    from pathlib import Path

    from chatsim.client import ChatsimError

    try:
        yield f"chatsim: last entries of world {watch.world.name}", watch.story()
        if folder := item.config.getoption("--chatsim-artifacts"):
            yield "chatsim: bundle", str(watch.keep(Path(folder), item.nodeid))
    except (ChatsimError, OSError) as error:
        yield "chatsim", f"cannot tell more: {error}"


def _fail_on(item: pytest.Item) -> frozenset[str]:
    wanted = {"bug"}
    for marker in item.iter_markers("chatsim"):
        if marker.args or marker.kwargs.keys() - {"fail_on"}:
            pytest.fail(f"the marker is {MARKER}", pytrace=False)
        wanted |= set(marker.kwargs.get("fail_on", ()))
    if unknown := sorted(wanted - FAIL_ON.keys()):
        pytest.fail(f"the marker chatsim has fail_on {', '.join(FAIL_ON)}, not {', '.join(unknown)}", pytrace=False)
    return frozenset(wanted)
