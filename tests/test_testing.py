"""`chatsim.serve()`: a simulator for whichever test framework."""

from __future__ import annotations

import subprocess
import sys
import threading
import unittest
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from process import environment
from sending import ask

import chatsim
from chatsim.client import ChatsimError
from chatsim.core.settings import SettingError
from chatsim.server.binding import PortTaken
from chatsim.server.usage import UsageError


def test_it_serves_until_the_block_ends() -> None:
    """On a port of its own, with nothing left behind."""
    before = threading.active_count()
    with chatsim.serve() as server:
        assert ask("GET", f"{server.url}/_sim/readyz").status == 200
    with pytest.raises(OSError, match="refused"):
        ask("GET", f"{server.url}/_sim/readyz")
    assert threading.active_count() == before


def test_it_is_reached_by_both_names_of_this_machine() -> None:
    """Clients resolve localhost as they like."""
    with chatsim.serve() as server:
        port = server.url.rpartition(":")[2]
        assert ask("GET", f"http://localhost:{port}/_sim/readyz").status == 200


def test_it_is_started_as_told() -> None:
    """For all worlds that say nothing else."""
    fixture = {"kobil": {"users": {"ann": {"tenant": "a"}}}}
    options = {"accounts": "listed", "truth": "service", "strict": True, "seed": "7"}
    with chatsim.serve(
        fixture=fixture, accounts="listed", truth="service", strict=True, seed="7", worlds="listed",
        settings={"kobil.auto_reply": "echo"},
    ) as server, server.world() as world:  # fmt: skip
        shown = world.show()
        assert {name: shown[name] for name in options} == options
        assert [one["user"] for one in world.kobil.get("users")["items"]] == ["ann"]
        assert world.call("GET", "/settings")["settings"]["kobil.auto_reply"]["value"] == "echo"
        assert ask("GET", f"{server.url}/w/other/auth/realms/woven").status == 404


def test_a_fixture_may_be_a_file(tmp_path: Path) -> None:
    """As people write them."""
    file = tmp_path / "town.yaml"
    file.write_text("kobil:\n  users:\n    ann: {tenant: a}\n")
    with chatsim.serve(fixture=str(file)) as server:
        assert [one["user"] for one in server.get_world().kobil.get("users")["items"]] == ["ann"]


def test_the_environment_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test gets what it asks for, on every machine."""
    monkeypatch.setenv("CHATSIM_KOBIL__AUTO_REPLY", "echo")
    with chatsim.serve() as server:
        shown = server.get_world().call("GET", "/settings")["settings"]["kobil.auto_reply"]
        assert shown["value"] == shown["default"] == "off"


def test_what_it_cannot_be_told_is_refused() -> None:
    """Before anything is served; the thread ends."""
    before = threading.active_count()
    with pytest.raises(SettingError, match="nothing"), chatsim.serve(settings={"kobil.nothing": 1}):
        pass
    wrong: Any = "closed"
    with pytest.raises(UsageError, match="open or listed, not 'closed'"), chatsim.serve(accounts=wrong):
        pass
    for port in (-1, 80000):
        with pytest.raises(UsageError, match=f"0 to 65535, not {port}"), chatsim.serve(port=port):
            pass
    with pytest.raises(UsageError, match="/cobil: there is no API 'cobil'"), chatsim.serve(fixture={"cobil": {}}):
        pass
    with chatsim.serve() as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(PortTaken), chatsim.serve(port=port):
            pass
    assert threading.active_count() == before


def test_an_error_in_the_block_goes_on() -> None:
    """And the simulator ends with it."""
    with pytest.raises(ChatsimError), chatsim.serve() as server:
        server.get_world("nobody")
    with pytest.raises(OSError, match="refused"):
        server.version()


def test_open_connections_do_not_hold_up_the_end() -> None:
    """A long poll and a kept connection are broken off."""
    with chatsim.serve() as server, server.world() as world:
        late = threading.Thread(target=_wait_for_ever, args=(world,))
        late.start()
    late.join(10)
    assert not late.is_alive()


def _wait_for_ever(world: chatsim.client.World) -> None:
    try:
        world.journal.wait(path="/never", timeout_s=3600)
    except (AssertionError, ChatsimError, OSError):
        return


async def test_a_coroutine_may_start_one() -> None:
    """It holds up the loop for the moment of the start, and serves beside it then."""
    with chatsim.serve() as server:
        async with aiohttp.ClientSession() as session, session.get(f"{server.url}/_sim/readyz") as answer:
            assert answer.status == 200


@pytest.fixture
def greenlets(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if gevent had patched this process: what it says of itself, without what it does."""
    patches = SimpleNamespace(is_module_patched=lambda name: name == "threading")
    monkeypatch.setitem(sys.modules, "gevent.monkey", patches)


@pytest.mark.usefixtures("greenlets")
def test_where_threads_are_greenlets_it_has_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread is started, nothing is left behind, and the options are the same."""
    monkeypatch.setenv("CHATSIM_KOBIL__AUTO_REPLY", "echo")
    before = threading.active_count()
    with chatsim.serve(seed="7", strict=True, fixture={"kobil": {"users": {"ann": {"tenant": "a"}}}}) as server:
        assert threading.active_count() == before
        shown = server.get_world().show()
        assert (shown["seed"], shown["strict"]) == ("7", True)
        assert [one["user"] for one in server.get_world().kobil.get("users")["items"]] == ["ann"]
        settings = server.get_world().call("GET", "/settings")["settings"]
        assert settings["kobil.auto_reply"]["value"] == "off"
    with pytest.raises(OSError, match="refused"):
        server.version()


@pytest.mark.usefixtures("greenlets")
def test_where_threads_are_greenlets_the_same_is_refused() -> None:
    """Before a process is started; a receiver needs a thread, and says so."""
    with pytest.raises(SettingError, match="nothing"), chatsim.serve(settings={"kobil.nothing": 1}):
        pass
    with chatsim.serve() as server:
        with pytest.raises(PortTaken), chatsim.serve(port=int(server.url.rpartition(":")[2])):
            pass
        with pytest.raises(RuntimeError, match="gevent made greenlets"):
            server.get_world().callbacks.receiver()


def test_the_process_ends_with_the_program() -> None:
    """Even when that is killed."""
    program = (
        "import os, chatsim.apart\n"
        "with chatsim.apart.serving({}) as url:\n"
        "    print(url, flush=True)\n"
        "    os._exit(9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=False, timeout=60
    )
    with pytest.raises(OSError, match="refused"):  # the output was read to its end, which the process held open
        ask("GET", f"{done.stdout.strip()}/_sim/readyz")


def test_unittest() -> None:
    """In `setUpClass`, as its users write it."""

    class Case(unittest.TestCase):
        server: chatsim.client.Client

        @classmethod
        def setUpClass(cls) -> None:
            cls.server = cls.enterClassContext(chatsim.serve())

        def test_world(self) -> None:
            world = self.enterContext(self.server.world())
            assert world.journal.entries() == []

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)
    assert (result.testsRun, result.errors, result.failures) == (1, [], [])


def test_importing_the_package_is_cheap() -> None:
    """What serves is imported when `chatsim.serve` is asked for; unknown names are errors."""
    program = (
        "import sys, chatsim\n"
        "assert not {'asyncio', 'aiohttp', 'chatsim.testing'} & sys.modules.keys()\n"
        "assert callable(chatsim.serve) and 'aiohttp' in sys.modules\n"
        "chatsim.nothing\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == "AttributeError: module 'chatsim' has no attribute 'nothing'"
