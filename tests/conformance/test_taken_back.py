"""Whatever a world comes to by calls that were accepted, its snapshot and its state file are taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from desk import Desk
from examples import examples
from growing import Walk, nested

from chatsim.core.clock import LAST
from chatsim.core.json import encode
from chatsim.server.assembly import assemble
from chatsim.server.statefile import StateFile

WORLD = "/_sim/worlds/default"
CHANNEL = "airy/channels/09816fe0-7950-40cb-bf60-adfa0d6d0679"
TALK = "airy/conversations/11111111-1111-4111-8111-111111111111"
Step = tuple[str, str, Any]


def airy(message: Any, **more: Any) -> list[Step]:
    """A conversation with one message."""
    body = {"channel_id": CHANNEL.rpartition("/")[2], "messages": [{"message": message, **more}]}
    return [("PUT", CHANNEL, {}), ("PUT", TALK, body)]


def clock_at(moment: str) -> Step:
    """Stop the clock."""
    return ("POST", "clock", {"mode": "frozen", "at": moment})


def said(**more: Any) -> Step:
    """A chat of M3O with one message."""
    return ("PUT", "m3o/chats/c", {"user_ids": ["ann"], "messages": [{"user_id": "ann", "text": "x", **more}]})


LONG_TOKEN: Step = ("POST", "/api/users/alice/tokens", {"expires_in": 2**31 - 1})
ROOM = {"type": "room", "members": ["dora"]}

HISTORIES: dict[str, list[Step]] = {
    "deep message": airy(nested(195)),
    "deep metadata": [("PUT", "weavy/users/zoe", {"metadata": nested(197)})],
    "deep fault": [("POST", "faults", {"match": {"body": nested(196)}, "act": {"status": 500, "body": nested(196)}})],
    "realm": [("PUT", "keycloak/realms/r", {"not_before": 253402300799, "refresh_token_lifespan_s": 315360000})],
    "first moment": [*airy(1, sent_at="1970-01-01T00:00:00Z"), said(sent_at="1970-01-01T00:00:00Z")],
    "last moment": [*airy(1, sent_at="9000-01-01T00:00:00Z"), said(sent_at="9000-01-01T00:00:00Z")],
    "leap second": [*airy(1, sent_at="2016-12-31T23:59:60Z"), said(sent_at="2016-12-31t23:59:60z")],
    "last user": [("PUT", "weavy/users/max", {"id": 2**31 - 1}), ("PUT", "weavy/users/next", {})],
    "last room": [("PUT", f"weavy/conversations/{2**31 - 1}", ROOM), ("POST", "populate", {"apis": ["weavy"]})],
    "token at the end": [clock_at("9000-01-01T00:00:00Z"), LONG_TOKEN],
    "message at the end": [
        clock_at("9000-01-01T00:00:00Z"),
        ("PATCH", "settings", {"airy.auto_reply": "echo", "m3o.auto_reply": "echo"}),
        *airy(1),
        ("POST", "/messages.send", {"conversation_id": TALK.rpartition("/")[2], "message": 1}),
        ("POST", "faults", {"act": {"status": 500}, "ttl_s": 10**9}),
        ("POST", "keycloak/mint", {"realm": "woven", "client_id": "c", "kind": "refresh"}),
    ],
    "people at the beginning": [clock_at("1970-01-01T00:00:00Z"), ("POST", "populate", {"messages": 40})],
    "chat of a name": [said(), ("POST", "/chat/New", {"user_ids": ["ann"]})],
    "round number": [("PUT", "m3o/tokens/t", {"calls_per_second": 1.0})],
    "long after KOBIL": [
        clock_at("9000-01-01T00:00:00Z"),
        ("PUT", "kobil/services/s", {"callback_url": "http://127.0.0.1:9/x"}),
        ("PUT", "kobil/users/u", {"tenant": "t"}),
        ("POST", "kobil/send-text", {"service": "s", "tenant": "t", "user": "u", "text": "x"}),
    ],
    "odd realm": [("POST", "keycloak/mint", {"realm": "\ud800", "client_id": "c"})],
    "odd seed": [("POST", "/_sim/worlds", {"name": "odd", "seed": "\ud800"})],
}  # fmt: skip


def take_step(desk: Desk, method: str, target: str, body: Any) -> None:
    """Do it, which has to go well."""
    target = target if target.startswith("/") else f"{WORLD}/{target}"
    token = "wys_simulator" if target.startswith("/api") else "airy-system-token"
    answer = desk.ask(method, target, body, token=token)
    assert (answer.status < 300 or answer.status == 503, answer.bug) == (True, ""), (target, answer.status, answer.body)


def taken_back(desk: Desk, world: str = "default") -> tuple[int, bytes]:
    """What the server says to its own snapshot."""
    document = desk.ask("GET", f"/_sim/worlds/{world}/snapshot")
    assert (document.status, document.bug) == (200, "")
    answer = desk.ask("PUT", f"/_sim/worlds/{world}/snapshot", document.body)
    return answer.status, b"" if answer.status == 200 else answer.body


@pytest.mark.parametrize("steps", HISTORIES.values(), ids=HISTORIES)
async def test_what_was_accepted_is_taken_back(steps: list[Step], tmp_path: Path) -> None:
    """By the same server, and from the state file by the next one."""
    desk = Desk()
    for step in steps:
        take_step(desk, *step)
    for name in desk.simulator.worlds:
        assert taken_back(desk, name) == (200, b"")
    await StateFile(desk.simulator, tmp_path / "state").close()
    assert StateFile(assemble(), tmp_path / "state").load()


def test_a_clock_that_runs_on_from_the_last_moment(desk: Desk) -> None:
    """It becomes later than any clock can be set, and may be stopped there."""
    for stopped in (False, True):
        desk.world.clock.move(LAST + 1 - desk.world.clock.now() if not stopped else 0)
        desk.world.clock.frozen_at = LAST + 1 if stopped else None
        take_step(desk, *LONG_TOKEN)
        assert taken_back(desk) == (200, b"")


@pytest.mark.parametrize("seed", range(examples(12)))
def test_whatever_happens_is_taken_back(seed: int, tmp_path: Path) -> None:
    """At any time in a random life of a world, by this server and from a state file by another; no bug meanwhile."""
    walk = Walk(seed)
    for _ in range(10):
        for _ in range(8):
            walk.step()
        document = walk.snapshot()
        answer = walk.desk.ask("PUT", "/_sim/worlds/rich/snapshot", document)
        assert answer.status == 200, walk.why(answer.body)
        (tmp_path / "state").write_bytes(document)
        assert StateFile(assemble(), tmp_path / "state").load()
    assert walk.bugs() == []


@pytest.mark.parametrize("sent_at", ["1969-12-31T23:59:59Z", "9000-01-01T00:00:01Z", "0001-01-01T00:00:00+10:00"])
@pytest.mark.parametrize(("target", "step"), [(TALK, airy(1)[1]), ("m3o/chats/c", said())])
def test_moments_out_of_bounds(desk: Desk, target: str, step: Step, sent_at: str) -> None:
    """They are refused with a pointer, and what was there stays."""
    take_step(desk, *airy(1)[0])
    take_step(desk, *step)
    body = {**step[2], "messages": [{**step[2]["messages"][0], "sent_at": sent_at}]}
    answer = desk.ask("PUT", f"{WORLD}/{target}", body)
    assert (answer.status, answer.data["errors"][0]["pointer"]) == (422, "/messages/0/sent_at")
    assert desk.ask("GET", f"{WORLD}/{target}").data["messages"]


def test_a_body_of_anything_else_stays_shallow(desk: Desk) -> None:
    """Only a snapshot may be deeper than what is in it."""
    answer = desk.ask("PATCH", f"{WORLD}/settings", encode(nested(201)))
    assert (answer.status, "nested deeper than 200" in answer.data["detail"]) == (400, True)
