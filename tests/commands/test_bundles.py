"""`chatsim open` and `chatsim replay`: what happened, for a person, and once more."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from process import Process, run, started

from chatsim.cli import main
from chatsim.client import Client, File, World
from chatsim.core.clock import SECOND, parse_rfc3339, rfc3339

JSON: Final = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Process]:
    """One simulator for all of these tests."""
    with started() as process:
        yield process


@pytest.fixture
def world(simulator: Process) -> Iterator[World]:
    """A world in which something happened: tokens, a refusal, a trigger, a timer."""
    with Client(simulator.url).world("bench", settings={"weavy.auto_reply": "echo"}) as made:
        call(made, "POST", "/chat/New", {"user_ids": ["ann", "bob"]}, Authorization="Bearer t")
        token = call(made, "POST", "/api/users/alice/tokens", Authorization="Bearer wys_simulator")["access_token"]
        call(made, "POST", "/api/apps/1/messages", {"text": "Hi"}, Authorization=f"Bearer {token}")
        made.clock.advance(5)
        call(made, "GET", "/api/apps/1/messages", Authorization=f"Bearer {token}")
        call(made, "GET", "/nowhere")
        made.weavy.post_message(uid="dora", conversation_id=1, text="Bye")
        yield made


def call(world: World, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """Ask an API of the world."""
    connection = http.client.HTTPConnection(world.client.url.removeprefix("http://"), timeout=10)
    raw = None if body is None else json.dumps(body)
    connection.request(method, f"/w/{world.name}{path}", raw, {**headers, **(JSON if raw else {})})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def kept(world: World, folder: Path, change: Callable[[dict[str, Any]], None] | None = None, **options: Any) -> str:
    """The bundle of the world in a file."""
    bundle = world.bundle(**options)
    if change is not None:
        change(bundle)
    file = folder / "bundle.json"
    file.write_text(json.dumps(bundle))
    return str(file)


def test_a_bundle_is_shown_to_a_person(world: World, tmp_path: Path) -> None:
    """The world, each entry in a line, control calls, deliveries and faults."""
    shown = run("open", kept(world, tmp_path)).stdout
    assert shown.startswith("world bench at ")
    assert "fixture documented, accounts open, truth document, secrets masked" in shown
    assert re.search(r"\d\d:\d\d:\d\d\.\d{3} #1 request m3o POST /chat/New 200", shown)
    assert re.search(r"changed something: 1\n  \d\d:\d\d:\d\d\.\d{3} after #3 POST /_sim/worlds/bench/clock\n", shown)
    assert "deliveries: 0" in shown
    assert "faults: 0" in shown


def test_one_entry_is_shown_in_full(world: World, tmp_path: Path) -> None:
    """As the journal has it."""
    entry = json.loads(run("open", kept(world, tmp_path), "--entry", "1").stdout)
    assert (entry["seq"], entry["request"]["body"]) == (1, {"user_ids": ["ann", "bob"]})


def test_half_a_surrogate_pair_is_shown(world: World, tmp_path: Path) -> None:
    """As JSON writes it, since no terminal takes it."""
    call(world, "POST", "/v1/chat/Create", {"name": "\ud83d"}, Authorization="Bearer t")
    done = run("open", kept(world, tmp_path), "-e", str(world.journal.last_seq()))
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["request"]["body"] == {"name": "\ud83d"}


def test_it_happens_again(world: World, tmp_path: Path) -> None:
    """Requests, refusals, triggers and what timers did are the same in another process."""
    done = run("replay", kept(world, tmp_path, redact=False))
    assert (done.returncode, done.stdout[:21]) == (0, "6 answers, all the sa"), done.stdout + done.stderr


SET_UP: Final = [
    ("PUT", "/weavy/users/eve", {"name": "Eve"}),
    ("PUT", "/airy/channels/1f0e7a52-8d5c-4a34-9f4c-6f0a7d2b9c11", {"name": "Shop"}),
    ("PUT", "/keycloak/realms/woven/clients/bot", {"secret": "s", "service_account": True}),
    ("PATCH", "/settings", {"keycloak.access_token_lifespan_s": 77}),
    ("POST", "/faults", {"match": {"path": "/chat/New"}, "act": {"status": 503}}),
    ("POST", "/faults", {"match": {"path": "/chat/Nothing"}, "act": {"drop": "before"}}),
]


def test_what_was_set_up_happens_again(world: World, tmp_path: Path) -> None:
    """Things, settings and faults, between the calls where they were made."""
    for method, path, body in SET_UP:
        world.call(method, path, body)
    token = call(world, "POST", "/api/users/eve/tokens", Authorization="Bearer wys_simulator")["access_token"]
    call(world, "GET", "/api/user", Authorization=f"Bearer {token}")
    call(world, "POST", "/chat/New", {"user_ids": ["cleo"]}, Authorization="Bearer t")
    call(world, "POST", "/chat/New", {"user_ids": ["cleo"]}, Authorization="Bearer t")
    with pytest.raises(http.client.RemoteDisconnected):
        call(world, "POST", "/chat/Nothing")
    world.call("DELETE", "/weavy/users/eve")
    call(world, "GET", "/api/user", Authorization=f"Bearer {token}")
    done = run("replay", kept(world, tmp_path, redact=False))
    assert (done.returncode, done.stdout[:22]) == (0, "10 answers, all the sa"), done.stdout + done.stderr


def test_moves_of_the_clock_happen_again(world: World, tmp_path: Path) -> None:
    """Standing still, moving on, leaping over what is due, and running again: replies come when they came."""
    token = call(world, "POST", "/api/users/alice/tokens", Authorization="Bearer wys_simulator")["access_token"]
    now = parse_rfc3339(world.call("GET", "/clock")["now"])
    soon, early = rfc3339(now + 30 * SECOND), rfc3339(now - 30 * SECOND)
    counts = []
    changes: list[dict[str, Any]] = [
        {"mode": "frozen"},
        {"advance_s": 0.4},
        {"mode": "frozen", "at": soon},
        {"mode": "real"},
        {"mode": "frozen", "at": early},
        {"mode": "real"},
        {"advance_s": 60},
    ]
    for change in changes:
        call(world, "POST", "/api/apps/1/messages", {"text": "Hello?"}, Authorization=f"Bearer {token}")
        world.call("POST", "/clock", change)
        seen = call(world, "GET", "/api/apps/1/messages", Authorization=f"Bearer {token}")
        counts.append(len(seen["data"]))
    done = run("replay", kept(world, tmp_path, redact=False))
    assert (done.returncode, done.stdout[:22]) == (0, "21 answers, all the sa"), done.stdout + done.stderr
    assert counts == [5, 6, 7, 8, 9, 11, 18]


def test_it_happens_again_from_where_it_was_restored(world: World, tmp_path: Path) -> None:
    """What lay before is in the journal still, but its state is in the beginning already."""
    world.restore(world.snapshot())
    call(world, "POST", "/chat/New", {"user_ids": ["zoe"]}, Authorization="Bearer t")
    done = run("replay", kept(world, tmp_path, redact=False))
    assert (done.returncode, "what was before the world was restored" in done.stdout) == (0, True), done.stdout


def test_a_moment_that_differs(world: World, tmp_path: Path) -> None:
    """By a microsecond, though time went by while this was asked for."""

    def change(bundle: dict[str, Any]) -> None:
        for entry in bundle["journal"]:
            if entry["operation"] == "list_messages":
                (message, *_) = entry["response"]["body"]["data"]
                message["created_at"] = f"{message['created_at'][:-2]}{(int(message['created_at'][-2]) + 1) % 10}Z"

    done = run("replay", kept(world, tmp_path, change, redact=False))
    assert (done.returncode, "/data/0/created_at was " in done.stdout) == (1, True), done.stdout


def test_the_first_answer_that_differs_is_named(world: World, tmp_path: Path) -> None:
    """With its place and both values."""

    def change(bundle: dict[str, Any]) -> None:
        for entry in bundle["journal"]:
            if entry["operation"] == "list_messages":
                entry["response"]["body"]["data"][1]["text"] = "Hello"

    done = run("replay", kept(world, tmp_path, change, redact=False))
    assert done.returncode == 1
    assert re.search(r'GET /api/apps/1/messages 200.*\n  /data/1/text was "Hello", is now "Hi"\n$', done.stdout)


def test_a_status_that_differs(world: World, tmp_path: Path) -> None:
    """The new answer is shown."""

    def change(bundle: dict[str, Any]) -> None:
        bundle["journal"][0]["response"]["status"] = 418

    done = run("replay", kept(world, tmp_path, change, redact=False))
    assert (done.returncode, "status was 418, is now 200: " in done.stdout) == (1, True)


def lose(bundle: dict[str, Any]) -> None:
    """As if the journal had been too small."""
    bundle["dropped"] = 3


@pytest.mark.parametrize(
    ("options", "change", "words"),
    [
        ({}, None, "take it with GET …/bundle?redact=false"),
        ({"redact": False}, lose, "3 entries of"),
        ({"redact": False}, lambda bundle: bundle.update(format=2), "has format 2"),
    ],
)
def test_what_cannot_happen_again(
    world: World, tmp_path: Path, options: Any, change: Callable[[dict[str, Any]], None] | None, words: str
) -> None:
    """Says why, and exits with 3."""
    done = run("replay", kept(world, tmp_path, change, **options))
    assert (done.returncode, words in done.stderr) == (3, True), done.stderr


DAMAGE: Final[list[tuple[str, list[str | int], Any]]] = [
    ("/journal", ["journal"], "x"),
    ("/journal/0/request", ["journal", 0, "request"], None),
    ("/journal/1/response", ["journal", 1, "response"], {}),
    ("/journal/1/request/headers/0", ["journal", 1, "request", "headers"], [["a"]]),
    ("/journal/0/at", ["journal", 0, "at"], "noon"),
    ("/journal/0/request/base64", ["journal", 0, "request", "base64"], "?"),
    ("/steps/0", ["steps"], [{"x": 1}]),
    ("/steps/0/body", ["steps", 0, "body"], None),
    ("/first", ["first"], {"a": 1}),
    ("/deliveries/0", ["deliveries"], [3]),
    ("/faults", ["faults"], {}),
]


@pytest.mark.parametrize("command", ["open", "replay"])
def test_damaged_bundle(world: World, tmp_path: Path, command: str) -> None:
    """Exits with 2 and says where it is damaged."""
    whole = world.bundle(redact=False)
    for pointer, path, value in DAMAGE:
        damaged = json.loads(json.dumps(whole))
        inner = damaged
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
        file = tmp_path / "x.json"
        file.write_text(json.dumps(damaged))
        done = CliRunner().invoke(main, [command, str(file)])
        assert (done.exit_code, f": {pointer}: " in done.stderr) == (2, True), (pointer, done.stderr, done.exception)


def test_a_beginning_that_no_simulator_takes(world: World, tmp_path: Path) -> None:
    """Exits with 2, with the words of the simulator."""
    done = run("replay", kept(world, tmp_path, lambda bundle: bundle["first"].update(shift="x"), redact=False))
    assert (done.returncode, "cannot be made again: " in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("content", ["[]", "{}", '{"journal": {}}', "no JSON"])
@pytest.mark.parametrize("command", ["open", "replay"])
def test_what_is_no_bundle(tmp_path: Path, command: str, content: str) -> None:
    """Exits with 2."""
    file = tmp_path / "x.json"
    file.write_text(content)
    done = run(command, str(file))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_an_entry_that_is_not_there(world: World, tmp_path: Path) -> None:
    """Says which there are."""
    done = run("open", kept(world, tmp_path), "-e", "99")
    assert (done.returncode, "it has 1 to" in done.stderr) == (2, True)


def test_long_set_up_happens_again(world: World, tmp_path: Path) -> None:
    """A control call is made again whatever the length of its body."""
    world.call("PUT", "/weavy/users/eve", {"name": "Eve", "comment": "x" * 100_000})
    call(world, "POST", "/api/users/eve/tokens", Authorization="Bearer wys_simulator")
    done = run("replay", kept(world, tmp_path, redact=False))
    assert (done.returncode, done.stdout[:21]) == (0, "7 answers, all the sa"), done.stdout + done.stderr


def test_what_is_left_out_is_named(world: World, tmp_path: Path) -> None:
    """Bodies that the journal does not hold, and calls that would have things posted to somebody, each by name."""
    seq = world.call("GET", "/journal")["last"] + 1
    call(world, "POST", "/chat/New", {"user_ids": ["x" * 100_000]}, Authorization="Bearer t")
    world.callbacks.hold()
    world.callbacks.release()
    done = run("replay", kept(world, tmp_path, redact=False))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"1 × requests with more than the 64 KiB that a journal keeps of a body: #{seq}\n" in done.stdout
    assert f"POST /_sim/worlds/bench/callbacks/hold after #{seq}, POST /_sim/worlds/bench/callbacks/rel" in done.stdout


def test_cleared_journal_is_named(world: World, tmp_path: Path) -> None:
    """What the journal forgot cannot be sent again, which is said."""
    world.call("DELETE", "/journal")
    done = run("replay", kept(world, tmp_path, redact=False))
    assert "1 × calls that cleared the journal" in done.stdout


def test_what_was_left_out_before_a_difference(world: World, tmp_path: Path) -> None:
    """Where an answer differs, what was left out before it may be the reason."""

    def change(bundle: dict[str, Any]) -> None:
        bundle["journal"][0]["request"]["size"] += 100_000
        bundle["journal"][1]["response"]["status"] = 418

    done = run("replay", kept(world, tmp_path, change, redact=False))
    assert done.returncode == 1
    assert "status was 418" in done.stdout
    assert "\nbefore this not done again: 1 × requests with more than" in done.stdout


def test_a_fork_happens_again(world: World, tmp_path: Path) -> None:
    """With the tokens of the world it was forked from, and its own."""
    channel = {"channel_id": "09816fe0-7950-40cb-bf60-adfa0d6d0679"}
    was = call(world, "POST", "/chatplugin.authenticate", channel)["token"]
    call(world, "POST", "/chatplugin.send", {"message": 1}, Authorization=was)
    with world.client.world("twin", copy_of=world.name) as twin:
        own = call(twin, "POST", "/chatplugin.authenticate", channel)["token"]
        for token in (was, own):
            assert call(twin, "POST", "/chatplugin.send", {"message": 2}, Authorization=token)["state"] == "DELIVERED"
        done = run("replay", kept(twin, tmp_path, redact=False))
    assert (done.returncode, done.stdout.partition(";")[0]) == (0, "3 answers, all the same")


def test_what_followed_a_reset_happens_again(world: World, tmp_path: Path) -> None:
    """With the tokens that a world gives out in its second life."""
    world.reset()
    channel = {"channel_id": "09816fe0-7950-40cb-bf60-adfa0d6d0679"}
    token = call(world, "POST", "/chatplugin.authenticate", channel)["token"]
    call(world, "POST", "/chatplugin.send", {"message": 1}, Authorization=token)
    call(world, "POST", "/api/users/alice/tokens", Authorization="Bearer wys_simulator")
    done = run("replay", kept(world, tmp_path, redact=False))
    assert (done.returncode, done.stdout.partition(";")[0]) == (0, "3 answers, all the same")


def test_a_trigger_that_waited_happens_again(world: World, tmp_path: Path) -> None:
    """Without the wait, which is named: nothing is posted, so nobody would answer."""
    world.kobil.put("services/s", callback_url=world.callbacks.receiver().url)
    who = {"tenant": "flutter", "service": "s", "user": "ann", "wait_s": 5}
    first = world.kobil.send_text(**who, text="Hi")
    world.kobil.send_attachment(**who, file=File("cat.png", b"\x89PNG", "image/png"))
    done = run("replay", kept(world, tmp_path, redact=False))
    assert (done.returncode, done.stdout[:21]) == (0, "8 answers, all the sa"), done.stdout + done.stderr
    number = first["entry"]
    assert f"2 × the wait of a trigger for the receivers (nothing is posted to anybody): #{number}, #" in done.stdout


def form(data: bytes) -> tuple[bytes, str]:
    """A form with a file, and its content type."""
    head = b'--x7Yz\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    return head + data + b"\r\n--x7Yz--\r\n", "multipart/form-data; boundary=x7Yz"


def upload(world: World, data: bytes) -> int:
    """Send a file to Weavy."""
    connection = http.client.HTTPConnection(world.client.url.removeprefix("http://"), timeout=10)
    body, kind = form(data)
    connection.request("POST", f"/w/{world.name}/media.upload", body, {"Content-Type": kind})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_small_uploads_happen_again(world: World, tmp_path: Path) -> None:
    """The journal keeps them as they came; of longer ones it says that they are too long."""
    seq = world.call("GET", "/journal")["last"] + 1
    assert [upload(world, data) for data in (b"\x00\xff\x01", bytes(70_000))] == [200, 200]
    done = run("replay", kept(world, tmp_path, redact=False))
    assert (done.returncode, done.stdout[:21]) == (0, "7 answers, all the sa"), done.stdout + done.stderr
    assert f"1 × requests with more than the 64 KiB that a journal keeps of a body: #{seq + 1}\n" in done.stdout


def test_bodies_that_took_their_time_happen_again_in_order(world: World, tmp_path: Path) -> None:
    """What was begun first was carried out last."""
    raw = json.dumps({"user_ids": ["slow"]}).encode()
    late = http.client.HTTPConnection(world.client.url.removeprefix("http://"), timeout=10)
    late.putrequest("POST", f"/w/{world.name}/chat/New")
    headers = {**JSON, "Authorization": "Bearer t", "Content-Length": str(len(raw)), "Expect": "100-continue"}
    for name, value in headers.items():
        late.putheader(name, value)
    late.endheaders()
    assert late.sock.recv(100).startswith(b"HTTP/1.1 100 ")
    call(world, "POST", "/chat/New", {"user_ids": ["fast"]}, Authorization="Bearer t")
    world.set_settings(**{"m3o.dialect": "rooms"})
    late.send(raw)
    assert late.getresponse().status == 200
    late.close()
    done = run("replay", kept(world, tmp_path, redact=False))
    assert (done.returncode, done.stdout[:21]) == (0, "8 answers, all the sa"), done.stdout + done.stderr
