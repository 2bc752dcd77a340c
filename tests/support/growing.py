"""Values that a schema lets pass, at its bounds more often than not, and steps of a world that are made of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any, Final

from desk import Answer, Desk
from hostile import CONTROL, RICH, begun
from proofs import Ask, DeskClient

from chatsim.control.intake import NO_BODY
from chatsim.core.callbacks import Attempt, Policy
from chatsim.core.json import decode
from chatsim.core.schemas import Schema

MOMENTS: Final = ("1970-01-01T00:00:00Z", "9000-01-01T00:00:00Z", "2016-12-31T23:59:60Z", "2026-01-01t12:00:00.5z")
UUIDS: Final = ("09816fe0-7950-40cb-bf60-adfa0d6d0679", "11111111-1111-4111-8111-111111111111")
NAMES: Final = (
    *UUIDS,
    "a",
    "A",
    "1",
    "2147483647",
    "2147483646",
    "Ann@Example.com",
    "woven",
    "flutter",
    "x" * 300,
    "%20",
)
TEXTS: Final = ("", "x", "1", "\ud800", "x" * 3000, "a b", "\U0001f600\u0301", *UUIDS, *MOMENTS, "alice", "woven", "-5")
FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    "date-time": MOMENTS, "uuid": UUIDS, "uri": ("http://127.0.0.1:9/x",), "email": ("a@b.example",),
    "byte": ("", "e30="), "date": ("2026-01-01",), "hostname": ("a.example",),
}  # fmt: skip
WAITING: Final = ("/wait", "/snapshot", "/reset")


def grown(chance: Random, schema: Any, known: Schema, depth: int = 0) -> Any:
    """Something that the schema may let pass: a bound, where it names one."""
    if not isinstance(schema, dict) or not schema:
        return nested(chance.choice((0, 1, 150))) if chance.random() < 0.5 else chance.choice(TEXTS)
    if "$ref" in schema:
        return grown(chance, referred(schema["$ref"], known), known, depth + 1)
    if "const" in schema or "enum" in schema:
        return chance.choice(schema.get("enum", [schema.get("const")]))
    if choices := schema.get("oneOf", schema.get("anyOf")):
        return grown(chance, {**schema, "oneOf": None, "anyOf": None, **chance.choice(choices)}, known, depth)
    kind = schema.get("type", "object" if "properties" in schema else None)
    return _of(chance, chance.choice(kind) if isinstance(kind, list) else kind, schema, known, depth)


def _of(chance: Random, kind: str | None, schema: dict[str, Any], known: Schema, depth: int) -> Any:
    if kind == "object":
        return _object(chance, schema, known, depth)
    if kind == "array":
        size = chance.choice((schema.get("minItems", 0), 1, 2)) if depth < 5 else schema.get("minItems", 0)
        return [grown(chance, schema.get("items"), known, depth + 1) for _ in range(size)]
    if kind in ("integer", "number"):
        least, most = schema.get("minimum", -(2**31)), schema.get("maximum", 2**31 - 1)
        return chance.choice((least, most, most, least + 1, 1, 1.0, 1e3))
    if kind == "boolean":
        return chance.random() < 0.5
    if kind == "string":
        return chance.choice(FORMATS.get(schema.get("format", ""), TEXTS))
    return None if kind == "null" else chance.choice(TEXTS)


def _object(chance: Random, schema: dict[str, Any], known: Schema, depth: int) -> dict[str, Any]:
    named, needed = schema.get("properties", {}), schema.get("required", ())
    taken = [name for name in named if name in needed or (depth < 5 and chance.random() < 0.4)]
    found = {name: grown(chance, named[name], known, depth + 1) for name in taken}
    if not named and schema.get("additionalProperties") is not False:
        found[chance.choice(NAMES)] = grown(chance, schema.get("additionalProperties"), known, depth + 1)
    return found


def referred(to: str, known: Schema) -> Any:
    """What a `$ref` leads to: a definition, or a file beside it."""
    file, _, way = to.partition("#/$defs/")
    folder = known.name.rpartition("/")[0]
    document = known._resolve(f"https://chatsim.example/schemas/{folder}/{file}") if file else known.document
    return document["$defs"][way] if way else document


def nested(levels: int) -> Any:
    """An object in an object in an object."""
    found: dict[str, Any] = {"text": "x"}
    for _ in range(levels):
        found = {"a": found}
    return found


class Walk:
    """A world in which every API was used, and what a seed then makes of it."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.desk = Desk()
        self.world = self.desk.make_world(RICH)
        document, self.asked = begun()
        self.told: list[str] = []
        self.ask("PUT", f"{CONTROL}/snapshot", document)
        routes = self.desk.simulator.control.routes
        self.routes = [one for one in routes if one.path.startswith("/_sim/worlds/{w}/") and one.body != NO_BODY]
        self.routes = [one for one in self.routes if not one.path.endswith(WAITING)]

    def ask(self, method: str, target: str, body: Any = b"") -> Answer:
        """Ask, and remember what."""
        answer = self.desk.ask(method, target, body)
        self.told.append(f"{method} {target} {answer.status} {body!r:.200}")
        return answer

    def step(self) -> None:
        """One of all that can happen."""
        self.chance.choice((self.control, self.control, self.control, self.call, self.call, self.time, self.deliver))()

    def control(self) -> None:
        """A control call, its body grown from its schema."""
        route = self.chance.choice(self.routes)
        held = self.desk.simulator.contracts[route].body
        assert held is not None
        path = re.sub(r"{\w+}", lambda _: self.chance.choice(NAMES), route.path.replace("{w}", RICH))
        self.ask(route.method, path, grown(self.chance, held[False].document, held[False]))

    def call(self) -> None:
        """A call of an API as its script made it, or with a member grown from the schema of its route."""
        one = self.chance.choice(self.asked)
        if one.target.startswith("/_sim"):
            return
        body = one.body
        if isinstance(body, dict) and body and self.chance.random() < 0.7:
            name = self.chance.choice(list(body))
            body = {**body, name: self.chance.choice((*TEXTS, nested(150), 1.0, 1e3, 2**31 - 1, body[name]))}
        again = Ask(method=one.method, target=one.target, body=body, headers=dict(one.headers), token=one.token)
        again.form, again.parts = one.form, one.parts
        answer = DeskClient(self.desk, RICH).send(again)
        self.told.append(f"{one.method} {one.target} {answer.status} {body!r:.200}")

    def time(self) -> None:
        """The clock stands somewhere else, or moves on and what is due happens."""
        if self.chance.random() < 0.5:
            moment = self.chance.choice((*MOMENTS, "8999-12-31T23:59:59Z", "2026-01-01T12:00:00Z"))
            self.ask("POST", f"{CONTROL}/clock", {"mode": self.chance.choice(("frozen", "real")), "at": moment})
        else:
            self.told.append("move")
            self.desk.move(self.chance.choice((0.5, 60, 86_400)), RICH)

    def deliver(self) -> None:
        """Deliveries are held, released in some order, sent, refused."""
        box, now = self.world.outbox, self.world.clock.now()
        held = [one.id for one in box.in_state("held")]
        self.chance.shuffle(held)
        how = self.chance.choice(("hold", "release", "some", "take", "take", "take", "end"))
        self.told.append(how)
        flying = [one for one in box.deliveries.values() if one.sending]
        if how in ("hold", "release"):
            getattr(box, how)()
        elif how == "some":
            box.release(held[:2])
        elif how == "take":
            box.take(now)
        for one in flying if how == "end" else ():
            status = self.chance.choice((200, 500))
            box.settle(one.id, Attempt(at=now, status=status), Policy.of(self.world), now)

    def snapshot(self) -> bytes:
        """What `GET …/snapshot` gives."""
        return self.ask("GET", f"{CONTROL}/snapshot").body

    def bugs(self) -> list[str]:
        """What the journal calls our mistake."""
        return [f"{one.method} {one.path}: {one.bug}" for one in self.world.journal if one.bug]

    def why(self, refusal: bytes) -> str:
        """The refusal, and the last steps."""
        return "\n".join([str(decode(refusal)), *self.told[-12:]])
