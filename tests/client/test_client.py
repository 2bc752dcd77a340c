"""A simulator as its client sees it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import aclosing

import pytest
from process import environment
from sending import ask

import chatsim
from chatsim.client import AsyncClient, AsyncWorld, ChatsimError, Client, World


def test_it_says_what_answers(server: Client) -> None:
    """The version, and what is emulated."""
    assert server.version() == chatsim.__version__
    assert "kobil" in [api["name"] for api in server.apis()]


async def test_awaited(server: Client) -> None:
    """The same verbs."""
    async with AsyncClient(server.url) as client:
        assert await client.version() == chatsim.__version__
        async with await client.world(labels={"suite": "awaited"}) as world:
            assert [one["name"] for one in await client.worlds("suite:awaited")] == [world.name]
        assert await client.worlds("suite:awaited") == []


def test_the_address_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `chatsim exec` sets it."""
    monkeypatch.setenv("CHATSIM_URL", "http://chat.example:9/")
    assert Client().url == "http://chat.example:9"
    assert Client("http://localhost:1").url == "http://localhost:1"
    monkeypatch.delenv("CHATSIM_URL")
    assert repr(Client()) == "<Client http://localhost:8080>"


def test_worlds_are_made_kept_and_deleted(server: Client) -> None:
    """By name."""
    kept = server.keep_world("kept-world", seed="7")
    assert kept.show()["seed"] == "7"
    assert server.keep_world("kept-world", reset=True).base_url == kept.base_url
    assert server.get_world("kept-world").name == "kept-world"
    kept.delete()
    with pytest.raises(ChatsimError, match="was deleted") as refused:
        server.get_world("kept-world")
    assert refused.value.status == 410


def test_worlds_are_deleted_by_label(server: Client) -> None:
    """All at once."""
    for _ in range(3):
        server.world(labels={"suite": "by-label"})
    assert len(server.worlds("suite:by-label")) == 3
    server.delete_worlds("suite:by-label")
    assert server.worlds("suite:by-label") == []


def test_a_list_is_read_to_its_end(server: Client) -> None:
    """Piece by piece; a limit is kept to."""
    worlds = [server.world(labels={"suite": "pieces"}) for _ in range(3)]
    found = server.all_of("/worlds", "worlds", label="suite:pieces", limit=2)
    assert [one["name"] for one in found] == [world.name for world in worlds[:2]]
    server.delete_worlds("suite:pieces")


def test_events_are_heard(server: Client, world: World) -> None:
    """From now on, or again from an event on."""
    heard = server.events(world.name)
    opened = next(heard)
    ask("GET", f"{world.base_url}/nothing")
    event = next(heard)
    assert (opened["event"], event["event"], event["data"]["request"]["path"]) == ("open", "entry", "/nothing")
    assert next(server.events(world.name, last=int(opened["id"]))) == event


async def test_events_are_awaited(world_async: AsyncWorld) -> None:
    """The same."""
    async with aclosing(world_async.client.events(world_async.name)) as heard:
        await anext(heard)
        await asyncio.to_thread(ask, "GET", f"{world_async.base_url}/nothing")
        assert (await anext(heard))["data"]["request"]["path"] == "/nothing"


def test_events_of_nobody_are_refused(server: Client) -> None:
    """Before anything is waited for."""
    with pytest.raises(ChatsimError, match="nobody"):
        next(server.events("nobody"))


def test_what_is_refused_says_why(server: Client) -> None:
    """With the pointer to what is wrong."""
    with pytest.raises(ChatsimError, match="/accounts") as refused:
        server.world(accounts="closed")
    assert refused.value.status == 422


def test_the_standard_library_is_enough() -> None:
    """Nothing else is imported, so that the client can be used where the simulator's dependencies are not."""
    program = (
        "import sys, chatsim.client\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(names - sys.stdlib_module_names - {'chatsim', '__main__'}))\n"
        "print(sorted(name for name in sys.modules if name.startswith('chatsim.') and 'client' not in name))\n"
    )
    command = [sys.executable, "-S", "-c", program]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "[]"]
