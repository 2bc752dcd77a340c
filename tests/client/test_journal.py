"""The journal: looked at, held to something, waited for."""

from __future__ import annotations

import asyncio
import threading

import pytest
from sending import ask

from chatsim.client import AsyncWorld, ChatsimError, NotSeen, World


def call(world: World | AsyncWorld, path: str) -> None:
    """Make an entry."""
    ask("GET", world.base_url + path)


def test_entries_and_their_filters(world: World) -> None:
    """Oldest first; `clear` forgets them, numbers go on."""
    for path in ("/one", "/two", "/one"):
        call(world, path)
    assert [entry["seq"] for entry in world.journal.entries(path="/one")] == [1, 3]
    assert [entry["seq"] for entry in world.journal.entries(since=1, limit=1)] == [2]
    world.journal.clear()
    assert (world.journal.entries(), world.journal.last_seq()) == ([], 3)


def test_verify_passes_or_shows_what_came_near(world: World) -> None:
    """An AssertionError, so that it reads as a failed test."""
    call(world, "/one")
    assert len(world.journal.verify(path="/one", status=404)) == 1
    with pytest.raises(NotSeen, match="status expected 200, got 404"):
        world.journal.verify(path="/one", status=200)


def test_verify_counts_and_orders(world: World) -> None:
    """Counts and sequences are keywords beside the match."""
    for path in ("/one", "/two"):
        call(world, path)
    world.journal.verify(path="/*", count=2)
    world.journal.verify(path="/*", max=2)
    world.journal.verify(sequence=[{"path": "/one"}, {"path": "/two"}])
    with pytest.raises(NotSeen):
        world.journal.verify(sequence=[{"path": "/two"}, {"path": "/one"}])
    with pytest.raises(ChatsimError):
        world.journal.verify(sequence=[{"path": "/two"}], path="/one")


def test_wait_gives_what_it_waited_for(world: World) -> None:
    """Even if that comes later."""
    caller = threading.Thread(target=call, args=(world, "/later"))
    caller.start()
    assert world.journal.wait(path="/later")[0]["response"]["status"] == 404
    caller.join()


def test_wait_ends(world: World) -> None:
    """With what came near."""
    call(world, "/one")
    with pytest.raises(NotSeen, match=r"near: .*path"):
        world.journal.wait(path="/two", method="GET", timeout_s=0.01)


def test_wait_can_ask_that_it_stays_so(world: World) -> None:
    """So that a test sees that nothing more came."""
    assert world.journal.wait(path="/one", count=0, for_s=0.01) == []


def test_one_is_one(world: World) -> None:
    """Neither none nor several."""
    call(world, "/one")
    assert world.journal.one(path="/one")["seq"] == 1
    call(world, "/one")
    with pytest.raises(NotSeen, match="found 2"):
        world.journal.one(path="/one")


def test_expect_takes_later_entries_only(world: World) -> None:
    """What was there before the block does not count."""
    call(world, "/one")
    with world.journal.expect(path="/one") as entry:
        call(world, "/one")
    assert entry["seq"] == 2
    with pytest.raises(NotSeen), world.journal.expect(path="/one", timeout_s=0.01):
        pass


def test_an_error_inside_the_block_is_the_one_that_counts(world: World) -> None:
    """Nothing is waited for after it."""
    with pytest.raises(KeyError), world.journal.expect(path="/one"):
        raise KeyError


def test_har(world: World) -> None:
    """For a browser's tools."""
    call(world, "/one")
    assert len(world.journal.har()["log"]["entries"]) == 1


async def test_awaited(world_async: AsyncWorld) -> None:
    """Other work goes on while it waits."""
    async with world_async.journal.expect(path="/later") as entry:
        waiting = asyncio.create_task(world_async.journal.wait(path="/later"))
        await asyncio.to_thread(call, world_async, "/later")
    assert [one["seq"] for one in await waiting] == [entry["seq"]]
    with pytest.raises(NotSeen):
        await world_async.journal.one(path="/never", timeout_s=0.01)
