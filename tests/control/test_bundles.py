"""Bundles: what a colleague gets, and what of it is masked."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest
from desk import Desk
from sample import SAMPLE

from chatsim.control.masking import MASK, masked
from chatsim.core.journal import Entry
from chatsim.core.json import decode
from chatsim.core.snapshot import read, restore
from chatsim.core.steps import MAX_STEPS

GOOD = {"status": "ok", "version": "1"}


@pytest.fixture
def desk() -> Desk:
    """A simulator of the sample API, where somebody was greeted."""
    made = Desk(apis=[SAMPLE])
    made.ask("POST", "/sample/a", GOOD, token="good")
    return made


def bundle(desk: Desk, query: str = "") -> Any:
    """The default world's bundle."""
    answer = desk.ask("GET", f"/_sim/worlds/default/bundle{query}")
    assert (answer.status, answer.bug) == (200, "")
    return answer.data


def test_it_holds_what_happened(desk: Desk) -> None:
    """Journal, seed, and the state before and after."""
    got = bundle(desk)
    assert [entry["request"]["path"] for entry in got["journal"]] == ["/sample/a"]
    assert got["last"]["states"] == {"sample": {"greeted": {"a": 1}}}
    assert got["first"]["states"] == {}


def test_its_moments_are_whole() -> None:
    """What is sent again at another nanosecond may be answered otherwise."""
    made = Desk(apis=[SAMPLE])
    made.time += 123_456_789
    made.ask("GET", "/sample/nowhere")
    assert bundle(made)["journal"][0]["at"] == "2026-01-01T12:00:00.123456789Z"


def test_it_holds_the_control_calls_that_changed_something(desk: Desk) -> None:
    """With the entry they came after; neither looks nor refusals, nor questions."""
    world = "/_sim/worlds/default"
    desk.ask("POST", f"{world}/clock", {"mode": "frozen", "at": "2030-01-01T00:00:00Z"})
    desk.ask("PATCH", f"{world}/settings", {"sample.nope": 1})
    desk.ask("POST", f"{world}/journal/verify", {"match": {}})
    desk.ask("GET", f"{world}/faults")
    desk.ask("POST", "/sample/a", GOOD, token="good")
    desk.ask("POST", f"{world}/faults", {"act": {"status": 503}})
    clock, fault = bundle(desk)["steps"]
    assert (clock["after"], clock["method"], clock["path"]) == (1, "POST", f"{world}/clock")
    assert (clock["at"][:4], clock["then"]) == ("2026", "2030-01-01T00:00:00.000000000Z")
    assert (fault["after"], fault["body"], fault["base64"]) == (2, {"act": {"status": 503}}, None)


def test_steps_hold_what_was_done_to_deliveries() -> None:
    """Holding, releasing and clearing the journal are among them, and bodies of any length."""
    desk, world = Desk(), "/_sim/worlds/default"
    desk.ask("POST", f"{world}/callbacks/hold")
    desk.ask("POST", f"{world}/callbacks/release", {"ids": []})
    desk.ask("DELETE", f"{world}/journal")
    desk.ask("PUT", f"{world}/weavy/users/eve", {"name": "Eve", "comment": "x" * 100_000})
    steps = desk.ask("GET", f"{world}/bundle?redact=false").data["steps"]
    places = ["callbacks/hold", "callbacks/release", "journal", "weavy/users/eve"]
    assert [one["path"].removeprefix(f"{world}/") for one in steps] == places
    assert len(steps[3]["body"]["comment"]) == 100_000


@pytest.mark.parametrize("again", ["reset", "snapshot"])
def test_a_world_that_begins_anew_has_no_steps(desk: Desk, again: str) -> None:
    """They are in what it began from, or of no account any more."""
    world = "/_sim/worlds/default"
    desk.ask("POST", f"{world}/faults", {"act": {"status": 503}})
    if again == "reset":
        desk.ask("POST", f"{world}/reset")
    else:
        desk.ask("PUT", f"{world}/snapshot", desk.ask("GET", f"{world}/snapshot").data)
    assert bundle(desk)["steps"] == []


def test_steps_are_bounded(desk: Desk) -> None:
    """Those that are not kept are counted."""
    for _ in range(MAX_STEPS + 2):
        desk.world.keep_step(Entry(0, 0, "request"), 0, 0, b"")
    got = bundle(desk)
    assert (len(got["steps"]), got["steps_dropped"]) == (MAX_STEPS, 2)


def test_secrets_are_masked(desk: Desk) -> None:
    """Unless somebody asks for them."""
    assert '"Bearer good"' not in json.dumps(bundle(desk))
    assert '"Bearer good"' in json.dumps(bundle(desk, "?redact=false"))


def test_an_open_bundle_can_be_run_again(desk: Desk) -> None:
    """It has the bodies as they came, and a beginning that can be restored."""
    got = bundle(desk, "?redact=false")
    world = desk.make_world("again")
    restore(world, read(desk.simulator, got["first"]))
    (entry,) = got["journal"]
    assert decode(b64decode(entry["request"]["base64"])) == GOOD
    assert world.state("sample").greeted == {}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"password": "p", "name": "n"}, {"password": MASK, "name": "n"}),
        ({"a": {"client_secret": "s"}}, {"a": {"client_secret": MASK}}),
        ([["Authorization", "Bearer x"], ["Accept", "*/*"]], [["Authorization", MASK], ["Accept", "*/*"]]),
        ({"body": "grant_type=password&password=p&x=1"}, {"body": f"grant_type=password&password={MASK}&x=1"}),
        ({"query": "access_token=abc"}, {"query": f"access_token={MASK}"}),
        ({"expires_in": 300, "token_type": "Bearer"}, {"expires_in": 300, "token_type": "Bearer"}),
        ({"x": "see eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc!"}, {"x": f"see {MASK}!"}),
        ({"base64": "cGFzc3dvcmQ="}, {"base64": None}),
    ],
)
def test_masking(given: Any, shown: Any) -> None:
    """By name, in forms and queries, and every JWT; what is harmless stays readable."""
    assert masked(given) == shown
