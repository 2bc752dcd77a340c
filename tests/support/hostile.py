"""Snapshots with one thing wrong, and what is then asked of the world that took them up."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any, Final

from desk import NOON, Desk
from proofs import Ask, DeskClient, apis_with_scripts, script_of

from chatsim.core.callbacks import Attempt, Policy
from chatsim.core.json import decode, encode
from chatsim.core.snapshot import take

RICH: Final = "rich"
CLOCK: Final = {"mode": "frozen", "at": "2026-01-01T12:00:00Z"}
SETTINGS: Final = {"kobil.callback_url": "http://127.0.0.1:9/cb", "kobil.auto_reply": "echo", "airy.auto_reply": "echo"}
CONTROL: Final = f"/_sim/worlds/{RICH}"
STRANGE: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 1, 7, 2**31, 2**62, -(2**62), 10**30, 0.5, 1e300, "", "x", "\ud800", "a/b", "\0",
    "11111111-1111-4111-8111-111111111111", "2026-01-01T12:00:00Z", "e30=", [], {}, [None], {"a": 1},
)  # fmt: skip


@cache
def begun() -> tuple[bytes, tuple[Ask, ...]]:
    """A snapshot of a world where every API was used, and all that was asked there."""
    desk = Desk()
    world = desk.make_world(RICH, clock=CLOCK, settings=SETTINGS)
    said = json.dumps({"users": 3, "conversations": 3, "messages": 9, "seed": 7}).encode()
    asked: list[Ask] = []
    for api in apis_with_scripts():
        client = DeskClient(desk, RICH)
        script_of(api).script(client)
        asked += [ask for ask, _ in client.record]
    desk.ask("POST", f"{CONTROL}/populate", said)
    world.identity.new_session("woven", next(iter(world.identity.realms["woven"].users.values())).sub, "app", NOON)
    for api in desk.simulator.apis:
        world.state(api)
    while (delivery := world.outbox.take(world.clock.now())) is not None:
        if delivery.about != "open-chat":
            world.outbox.settle(delivery.id, Attempt(at=0, status=500), Policy(attempts=2), world.clock.now())
    return encode(take(world)), tuple(asked)


def control_calls(desk: Desk) -> Iterator[str]:
    """What can be looked at in the world through the control API."""
    for route in desk.simulator.control.routes:
        if route.method == "GET" and route.path.startswith("/_sim/worlds/{w}"):
            path = route.path.replace("{w}", RICH)
            if "{" not in path:
                yield path


def spoiled(seed: int) -> tuple[Any, str]:
    """The snapshot with one thing changed that `seed` decides, and what that was."""
    chance = Random(seed)
    document = decode(begun()[0])
    place, key, where = document, "", ""
    parts = [("states", name) for name in document["states"]] * 3 + [("identity",), ("outbox",)] * 4
    parts += [(name,) for name in document]
    for step in chance.choice(parts):
        place, key, where = document if key == "" else place[key], step, f"{where}/{step}"
    while isinstance(place[key], (dict, list)) and place[key] and chance.random() < 0.93:
        place = place[key]
        key = chance.choice(list(place) if isinstance(place, dict) else range(len(place)))
        where += f"/{key}"
    return document, f"{where}: {_spoil(chance, document, place, key)}"


def _spoil(chance: Random, document: Any, place: Any, key: Any) -> str:
    how = chance.choice(["remove", "strange", "strange", "other", "other", "other", "rename", "near"])
    was = place[key]
    if how == "remove":
        del place[key]
        return how
    if how == "rename" and isinstance(place, dict):
        name = chance.choice([f"{key}x", str(chance.choice(STRANGE)), *(one for one in place if one != key)])
        items = [(name if one == key else one, value) for one, value in place.items()]
        place.clear()
        place.update(items)
        return f"renamed {name!r}"
    if how == "near" and isinstance(was, int) and not isinstance(was, bool):
        place[key] = was + chance.choice([-1, 1, -(10**9), 10**18])
    elif how == "near" and isinstance(was, list) and was:
        was.append(copy.deepcopy(chance.choice(was)))
    elif how == "near" and isinstance(was, str):
        place[key] = chance.choice([was.upper(), was[:-1], was + "0", was[::-1]])
    elif how == "other":
        place[key] = copy.deepcopy(chance.choice(list(_like(document, was)) or [None]))
    else:
        place[key] = chance.choice(STRANGE)
    return f"{was!r:.60} -> {place[key]!r:.60}"


def _like(value: Any, like: Any) -> Iterator[Any]:
    """All values of the same type."""
    if type(value) is type(like) and value != like:
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _like(one, like)


def bugs(document: Any) -> tuple[int, list[str]]:
    """Restore a snapshot and use every API; the status of the first, and what went wrong."""
    _, asked = begun()
    desk = Desk()
    world = desk.make_world(RICH)
    wrong: list[str] = []

    def ask(method: str, path: str, body: Any = b"") -> int:
        answer = desk.ask(method, path, body)
        if answer.bug or (answer.status >= 500 and answer.status not in (501, 503)):
            wrong.append(f"{method} {path}: {answer.status} {answer.bug or answer.body[:300]!r}")
        return answer.status

    status = ask("PUT", f"{CONTROL}/snapshot", json.dumps(document).encode())
    if status != 200:
        return status, wrong
    seen = world.journal.seq
    look = list(control_calls(desk))
    for path in look:
        ask("GET", path)
    client = DeskClient(desk, RICH)
    for one in asked:
        if not one.target.startswith("/_sim"):
            client.send(one)
    desk.move(600, RICH)
    for one in asked:
        if one.target.startswith("/_sim") and one.method != "GET":
            ask(one.method, one.target, one.raw())
    ask("POST", f"{CONTROL}/populate", {"users": 3, "conversations": 3, "messages": 9, "seed": 8})
    world.outbox.release()
    while (delivery := world.outbox.take(world.clock.now())) is not None:
        world.outbox.settle(delivery.id, Attempt(at=0, status=200), Policy(), world.clock.now())
    for path in look:
        ask("GET", path)
    entries = [entry for entry in world.journal if entry.seq > seen]
    wrong += [f"{one.method} {one.path} {one.operation}: {one.bug}" for one in entries if one.bug]
    return status, wrong
