"""The file of the default world: read at the start, written soon after a change and at the end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest
from desk import serve
from sample import SAMPLE

from chatsim.core.json import encode
from chatsim.core.simulator import Simulator
from chatsim.core.snapshot import take
from chatsim.server.assembly import assemble
from chatsim.server.statefile import BadStateFile, StateFile

GOOD = b'{"status":"ok","version":"1"}'


BEHIND = encode({**take(assemble().worlds["default"]), "timer_seq": -1})
"""A document that contradicts itself."""


def fresh() -> Simulator:
    """A simulator of the sample API."""
    return assemble(apis=[SAMPLE])


async def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    """What was there when the first one ended is there when the second begins."""
    one = fresh()
    one.worlds["default"].state("sample").greeted["a"] = 3
    await StateFile(one, tmp_path / "state.json").close()
    two = fresh()
    assert StateFile(two, tmp_path / "state.json").load()
    assert two.worlds["default"].state("sample").greeted == {"a": 3}


async def test_a_change_is_written_soon(tmp_path: Path) -> None:
    """Without waiting for the end, and readable by its owner alone."""
    file = tmp_path / "state.json"
    async with serve(fresh()) as served, aiohttp.ClientSession(served.base_url) as client:
        served.server.keeper = StateFile(served.simulator, file)
        async with client.post("/sample/a", data=GOOD, headers={"Authorization": "Bearer good"}):
            pass
        async with asyncio.timeout(10):
            while not file.exists():
                async with client.get("/_sim/livez"):
                    pass
        later = fresh()
        assert StateFile(later, file).load()
        assert later.worlds["default"].state("sample").greeted == {"a": 1}
        assert file.stat().st_mode & 0o077 == 0


async def test_other_worlds_are_not_kept(tmp_path: Path) -> None:
    """They belong to tests."""
    simulator = fresh()
    keeper = StateFile(simulator, tmp_path / "state.json")
    keeper.touched(simulator.enter("mine"))
    assert keeper._planned is None


def test_there_may_be_no_file_yet(tmp_path: Path) -> None:
    """The first start begins with the fixture."""
    assert not StateFile(fresh(), tmp_path / "state.json").load()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "cannot be taken up"),
        (b"[]", "cannot be taken up"),
        (b'{"format":99}', "format 99"),
        (BEHIND, "/timer_seq: -1 is behind"),
    ],
    ids=["text", "list", "later", "contradiction"],
)
def test_a_bad_file_stops_the_start(tmp_path: Path, content: bytes, says: str) -> None:
    """Rather than being overwritten."""
    (tmp_path / "state.json").write_bytes(content)
    with pytest.raises(BadStateFile, match=says):
        StateFile(fresh(), tmp_path / "state.json").load()


def test_a_folder_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    """Not the first write an hour later."""
    with pytest.raises(BadStateFile, match="does not exist"):
        StateFile(fresh(), tmp_path / "no" / "state.json").load()
