"""A world as its client sees it: its own verbs, and each API's."""

from __future__ import annotations

import json

import pytest
from sending import ask

from chatsim.client import AsyncWorld, ChatsimError, Client, File, World

SERVICE = "fc6478a7-320f-40ca-9f90-4e3d2443f293"
USER = "44444444444"
RESIDENT = "2b7e1d60-94c3-4f5a-8a1b-6d0c3e9f7a01"


def test_it_is_deleted_with_its_block(server: Client) -> None:
    """Nothing is left behind."""
    with server.world() as world:
        assert ask("GET", f"{world.base_url}/auth/realms/woven").status == 200
    assert ask("GET", f"{world.base_url}/auth/realms/woven").status == 410


def test_set_up_and_look(world: World) -> None:
    """Collections by their path."""
    world.woven.put(f"residents/{RESIDENT}", fail_reason="RESIDENT_NOT_FOUND")
    assert world.woven.get(f"residents/{RESIDENT}")["fail_reason"] == "RESIDENT_NOT_FOUND"
    world.woven.delete(f"residents/{RESIDENT}")
    with pytest.raises(ChatsimError) as missing:
        world.woven.get(f"residents/{RESIDENT}")
    assert missing.value.status == 404


def test_triggers_are_methods(world: World) -> None:
    """With dashes written as underscores; `wait_s` gives what the receiver answered."""
    world.set_settings(**{"kobil.callback_url": world.callbacks.receiver(201).url})
    told = world.kobil.send_text(user=USER, service=SERVICE, text="Hi", wait_s=5)
    assert told["status"] == 201


def test_files_are_sent_as_such(world: World) -> None:
    """A form is made where a value is a file."""
    receiver = world.callbacks.receiver()
    world.set_settings(**{"kobil.callback_url": receiver.url})
    photo = File('a "b".txt', b"--x\r\nhello", "text/plain")
    world.kobil.send_attachment(user=USER, service=SERVICE, file=photo)
    assert "a " in json.dumps(receiver.wait()[0].json)


def test_an_unknown_trigger_is_told(world: World) -> None:
    """By the simulator, which knows the right ones."""
    with pytest.raises(ChatsimError) as refused:
        world.kobil.open_door()
    assert refused.value.status == 404


def test_a_private_name_is_no_api(world: World) -> None:
    """So that whoever inspects the object is not misled."""
    assert not hasattr(world, "_repr_html_")
    assert not hasattr(world.kobil, "_ipython_display_")
    assert repr(world) == f"<World {world.base_url}>"


def test_quirks_and_settings(world: World) -> None:
    """For this world alone."""
    assert world.set_quirks(**{"woven.fastify-validation": "coerce"})
    assert world.set_settings(**{"kobil.auto_reply": "echo"})
    shown = world.show()
    assert shown["quirks"] == {"woven.fastify-validation": "coerce"}
    assert shown["settings"] == {"kobil.auto_reply": "echo"}


def test_reset(world: World) -> None:
    """State and journal are as at the start."""
    ask("GET", f"{world.base_url}/nothing")
    world.reset()
    assert world.journal.entries() == []


def test_populate(world: World) -> None:
    """People and conversations, by the same seed the same."""
    told = world.populate(apis=["kobil"], users=3, conversations=2, messages=5, seed=7)
    assert told["populated"].keys() == {"kobil"}


def test_env(world: World) -> None:
    """What client code is pointed at."""
    assert world.env()["KOBIL_URL"].startswith(world.base_url)


def test_fork_and_snapshot(server: Client, world: World) -> None:
    """Both go on from where the world is."""
    world.woven.put(f"residents/{RESIDENT}", fail_reason="left")
    taken = world.snapshot()
    with world.fork() as fork:
        assert fork.woven.get(f"residents/{RESIDENT}")["fail_reason"] == "left"
    with server.world() as other:
        other.restore(taken)
        assert other.woven.get(f"residents/{RESIDENT}")["fail_reason"] == "left"


def test_bundle(world: World) -> None:
    """What a colleague needs to see what happened."""
    ask("GET", f"{world.base_url}/nothing")
    assert "journal" in world.bundle()
    assert "journal" in world.bundle(redact=False)


async def test_awaited(world_async: AsyncWorld) -> None:
    """The same verbs."""
    receiver = await world_async.callbacks.receiver()
    await world_async.set_settings(**{"kobil.callback_url": receiver.url})
    await world_async.kobil.open_chat(user=USER, service=SERVICE)
    (delivery,) = await world_async.callbacks.wait()
    assert (delivery["state"], len(await receiver.wait())) == ("delivered", 1)
    await world_async.reset()
    assert await world_async.callbacks.all() == []
