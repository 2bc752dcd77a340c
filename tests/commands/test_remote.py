"""The commands that drive a running simulator: what they print, what they change, how they end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar, cast

import pytest
from click.testing import CliRunner
from process import END_S, Process, environment, run, started

from chatsim.cli import main
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
        (["worlds", "--token", "a\r"], 2, "the control token holds a line end"),
        (["worlds", "--ca-file", "/no/such", "--url", "https://localhost:1"], 3, "/no/such cannot be used"),
        (["trigger", "kobil", "no-such"], 2, "there are: choose, open-chat, "),
        (["trigger", "kobil", "put", "path=services/s"], 2, "kobil has no trigger 'put'"),
        (["trigger", "kobil", "_x"], 2, "kobil has no trigger '_x'"),
        (["trigger", "clock", "advance", "seconds:=1"], 2, "no API 'clock' has triggers; airy, "),
        (["trigger", "kobil", "send-text", f"text=@{__file__}"], 2, "send-text takes no file"),
        (["populate", "--days", "nan"], 2, "'nan' is no finite number"),
        (["journal", "tail", "--api", "nope"], 2, "there is no API 'nope'; there are: "),
        (["journal", "tail", "--kind", "nope"], 2, "--kind"),
        (["clock", "advance", "9" * 400], 2, "is no duration"),
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


def test_several_apis_are_populated(world: World) -> None:
    """Named together, with blanks or without, or one by one."""
    options = ("--users", "3", "--conversations", "1", "--messages", "2")
    together = chatsim(world, "populate", "--api", "weavy, m3o", "--api", "airy", *options)
    assert (together.returncode, together.stderr) == (0, "")
    assert sorted(line.partition(":")[0] for line in together.stdout.splitlines()) == ["airy", "m3o", "weavy"]


class Somebody(BaseHTTPRequestHandler):
    """A server that is no simulator; its port says how it answers everything."""

    replies: ClassVar[dict[int, tuple[int, bytes]]] = {}

    def do_GET(self) -> None:
        """Answer."""
        status, body = self.replies[cast("HTTPServer", self.server).server_port]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"hello"),
        (200, b"[1,2]"),
        (200, b'{"x":1}'),
        (200, b"\xff"),
        (200, b""),
        (404, b"<html>"),
        (500, b'{"errors":["x"]}'),
    ],
)
def test_somebody_else_answers(status: int, body: bytes, tmp_path: Path) -> None:
    """Every command says that it is no simulator, and exits with 3."""
    file = tmp_path / "x.json"
    file.write_text("{}")
    with HTTPServer(("127.0.0.1", 0), Somebody) as server:
        Somebody.replies[server.server_port] = (status, body)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        for arguments in (
            ["worlds"],
            ["snapshot", "save", "-"],
            ["snapshot", "restore", str(file)],
            ["clock", "advance", "1"],
            ["populate"],
            ["trigger", "kobil", "send-text"],
            ["journal", "tail"],
            ["journal", "tail", "-f"],
        ):
            done = CliRunner().invoke(main, [*arguments, "--url", url])
            assert (done.exit_code, f"no simulator answers at {url}" in done.stderr) == (3, True), done.output
        server.shutdown()


def test_somebody_else_speaks_no_http() -> None:
    """That is said too."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            with server.accept()[0] as connection:
                connection.sendall(b"SSH-2.0-x\r\n")
                connection.recv(1000)

        threading.Thread(target=greet, daemon=True).start()
        done = CliRunner().invoke(main, ["worlds", "--url", f"http://127.0.0.1:{server.getsockname()[1]}"])
    assert (done.exit_code, "no simulator answers at" in done.stderr) == (3, True), done.output


@pytest.mark.skipif(os.name != "posix", reason="a terminal's Ctrl-C is a signal")
def test_ctrl_c_ends_quietly(world: World) -> None:
    """With 130, as shells say it."""
    world.client._transport.ask("GET", f"/w/{world.name}/chat/one")
    command = [sys.executable, "-m", "chatsim", "journal", "tail", "-f", "--world", world.name, "--url"]
    with subprocess.Popen(
        [*command, world.client.url], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as following:
        assert following.stdout is not None
        assert "/chat/one" in following.stdout.readline()
        following.send_signal(signal.SIGINT)
        assert following.communicate(timeout=END_S) == ("", "")
    assert following.returncode == 130


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full is needed")
@pytest.mark.parametrize("arguments", [["worlds"], ["snapshot", "save", "-"], ["version"], ["--help"]])
def test_an_output_that_takes_no_more(world: World, arguments: list[str]) -> None:
    """Is named, and the code is 3."""
    command = [sys.executable, "-m", "chatsim", *arguments]
    env = environment(CHATSIM_URL=world.client.url, CHATSIM_WORLD=world.name)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, env=env, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (3, "chatsim: the output cannot be written: No space left on device\n")


def test_commands_start_without_what_only_the_server_needs() -> None:
    """A person waits for each of them."""
    code = (
        "import sys, chatsim.cli; print([n for n in ('aiohttp', 'asyncio', 'jsonschema', 'faker') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
