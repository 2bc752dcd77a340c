"""The commands that drive a running simulator: what they print, what they change, how they end."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from process import END_S, Process, environment, run, started

from chatsim.client import Client, World


@pytest.fixture(scope="module")
def simulator() -> Iterator[Process]:
    """One simulator for all of these tests."""
    with started() as process:
        yield process


@pytest.fixture
def world(simulator: Process) -> Iterator[World]:
    """A world of its own."""
    with Client(simulator.url).world(clock={"mode": "frozen", "at": "2026-01-01T12:00:00Z"}) as made:
        yield made


def chatsim(world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`chatsim …` pointed at a world by the environment, as `exec` does it."""
    return run(*arguments, env=environment(CHATSIM_URL=world.client.url, CHATSIM_WORLD=world.name))


def test_worlds_are_listed(world: World) -> None:
    """A line each, with entries, clock and address."""
    lines = chatsim(world, "worlds").stdout.splitlines()
    (line,) = (line for line in lines if line.startswith(world.name))
    assert line.split() == [world.name, "0", "entries", "frozen", "2026-01-01T12:00:00Z", world.base_url]


def test_worlds_by_label_as_json(world: World) -> None:
    """As the simulator shows them."""
    with world.client.world("labelled", labels={"suite": "cli"}):
        done = chatsim(world, "worlds", "--label", "suite:cli", "--json")
    assert [one["name"] for one in json.loads(done.stdout)] == ["labelled"]


def test_a_snapshot_is_kept_and_restored(world: World, tmp_path: Path) -> None:
    """In a file, or through a pipe."""
    file = str(tmp_path / "state.json")
    world.weavy.put("users/zoe", name="Zoe")
    assert chatsim(world, "snapshot", "save", file).returncode == 0
    world.reset()
    assert chatsim(world, "snapshot", "restore", file).returncode == 0
    assert world.weavy.get("users/zoe")["name"] == "Zoe"
    assert json.loads(chatsim(world, "snapshot", "save", "-").stdout)["name"] == world.name


def test_the_clock_moves_on(world: World) -> None:
    """What ran on the way is listed."""
    world.set_settings(**{"weavy.auto_reply": "off"})
    done = chatsim(world, "clock", "advance", "1.5h")
    assert (done.stdout, done.returncode) == ("2026-01-01T13:30:00.000000Z  now, frozen\n", 0)


def test_the_other_party_acts(world: World) -> None:
    """Text behind =, JSON behind :=."""
    done = chatsim(world, "trigger", "weavy", "post-message", "uid=alice", "conversation_id:=1", "text=42")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["entry"], answer["deliveries"]) == (1, [])
    assert world.weavy.get("conversations/1")["messages"][-1]["text"] == "42"


def test_a_file_is_sent(world: World, tmp_path: Path) -> None:
    """With its name and type."""
    photo = tmp_path / "cat.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n")
    world.kobil.put("services/s", callback_url="http://127.0.0.1:9/nobody")
    world.callbacks.hold()
    named = ("tenant=flutter", "service=s", "user=ann")
    done = chatsim(world, "trigger", "kobil", "send-attachment", *named, f"file=@{photo}")
    assert done.returncode == 0, done.stderr
    assert world.kobil.get("messages")["items"][-1]["media"]["file_name"] == "cat.png"


def test_the_newest_entries_are_shown(world: World) -> None:
    """As many as asked for, those that fit."""
    for path in ("one", "two", "three"):
        world.client._transport.ask("GET", f"/w/{world.name}/chat/{path}")
    assert [line.split()[5] for line in chatsim(world, "journal", "tail", "-n", "2").stdout.splitlines()] == [
        "/chat/two",
        "/chat/three",
    ]
    found = chatsim(world, "journal", "tail", "--path", "/chat/*e", "--json").stdout.splitlines()
    assert [json.loads(line)["request"]["path"] for line in found] == ["/chat/one", "/chat/three"]


def test_the_journal_is_followed(world: World) -> None:
    """First what there is, then what comes; other paths are left out."""
    ask = world.client._transport.ask
    ask("GET", f"/w/{world.name}/chat/one")
    command = [sys.executable, "-m", "chatsim", "journal", "tail", "-f", "--path", "/chat/*", "--world", world.name]
    with subprocess.Popen(
        [*command, "--url", world.client.url], env=environment(), stdout=subprocess.PIPE, text=True
    ) as following:
        assert following.stdout is not None
        assert "/chat/one" in following.stdout.readline()
        ask("GET", f"/w/{world.name}/elsewhere")
        ask("GET", f"/w/{world.name}/chat/two")
        assert "/chat/two" in following.stdout.readline()
        world.reset()
        ask("GET", f"/w/{world.name}/chat/three")
        assert "/chat/three" in following.stdout.readline()
        following.terminate()
        following.wait(END_S)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["worlds", "--url", "http://127.0.0.1:1"], 3, "`chatsim serve` starts one"),
        (["worlds", "--url", "nowhere"], 2, "is no address of a simulator"),
        (["journal", "tail", "--world", "nobody"], 3, "there is no world 'nobody'"),
        (["trigger", "kobil", "no-such"], 3, "no route"),
        (["trigger", "kobil", "send-text", "colour=red"], 2, "/colour"),
        (["trigger", "kobil", "send-text", "text"], 2, "expected MEMBER=TEXT"),
        (["trigger", "kobil", "send-text", "text:={"], 2, "is not JSON"),
        (["trigger", "kobil", "send-attachment", "file=@/no/such"], 3, "cannot be read"),
        (["clock", "advance", "soon"], 2, "is no duration"),
        (["snapshot", "restore", "/no/such"], 3, "cannot be read"),
        (["snapshot", "save", "/no/such/file"], 3, "cannot be written"),
        (["snapshot", "restore", __file__], 2, "is not JSON"),
    ],
)
def test_what_cannot_be_done(world: World, arguments: list[str], code: int, words: str) -> None:
    """2 where the call was wrong, 3 where it could not be run; never a traceback."""
    done = chatsim(world, *arguments)
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


def test_commands_start_without_what_only_the_server_needs() -> None:
    """A person waits for each of them."""
    code = (
        "import sys, chatsim.cli; print([n for n in ('aiohttp', 'asyncio', 'jsonschema', 'faker') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
