"""Whatever is sent to the control API, it answers below 500, in the shape it declares."""

import json
import re
from functools import cache
from typing import Any

from desk import Desk
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from chatsim.control.intake import NO_BODY

WORLD = "/_sim/worlds/default"
WORDS = st.sampled_from(
    re.findall(
        r"\S+",
        """
        name labels fixture empty documented seed clock mode frozen real at accounts open truth strict quirks settings
        ttl_s match sequence count min max since act status body headers error drop before delay_s times probability
        2026-01-01T00:00:00Z 9999-12-31T23:59:59Z path * keycloak keycloak.unknown-user token secret realm sub aud
        callbacks.backoff_s callbacks.map keycloak.access_token_lifespan_s claims text index message_id service user
        tenant callback_url uid conversation_id message members client_ids member_ids fail_reason allowed
        """,
    )
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([2**63, -(2**63), 10**30, 1e300, -0.5, 1.5])
    | WORDS
    | st.text(max_size=4)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
BODIES = st.binary(max_size=40) | VALUES.map(lambda value: json.dumps(value).encode())


@cache
def shared() -> Desk:
    """One simulator for all examples: what one leaves behind is no excuse for the next."""
    desk = Desk(max_worlds=50)
    desk.make_world("restored")
    return desk


WAITING = ("/clock", "/wait")


@cache
def targets() -> list[tuple[str, str]]:
    """Every call that takes a body and answers at once, those of all APIs among them."""
    routes = shared().simulator.control.routes
    named = [(one.method, re.sub(r"{w}", "default", one.path)) for one in routes if one.body != NO_BODY]
    return [(method, re.sub(r"{\w+}", "a", path)) for method, path in named if not path.endswith(WAITING)]


def check(method: str, target: str, body: bytes) -> None:
    """Ask, and hold the answer to its contract."""
    answer = shared().ask(method, target, body)
    assert answer.status < 500 or answer.status == 503, answer.body
    assert answer.bug == ""
    assert answer.status != 422 or answer.data["errors"]


@given(st.deferred(lambda: st.sampled_from(targets())), BODIES)
@settings(max_examples=examples(400), deadline=None)
def test_bodies(target: tuple[str, str], body: bytes) -> None:
    """No body makes it fail."""
    check(*target, body)


MATCHES: dict[str, Any] = {"match": {"path": "*"}}
GOOD: list[tuple[str, str, Any]] = [
    ("POST", "/_sim/worlds", {"clock": {"mode": "frozen"}, "labels": {}, "fixture": {}, "ttl_s": 1, "quirks": {}}),
    ("POST", f"{WORLD}/clock", {"mode": "frozen", "at": "2026-01-01T00:00:00Z"}),
    ("POST", f"{WORLD}/journal/verify", {**MATCHES, "since": 0, "min": 1, "max": 2}),
    ("POST", f"{WORLD}/faults", {**MATCHES, "act": {"delay_s": {"min": 0, "max": 1}}, "times": 1, "ttl_s": 1}),
    ("POST", f"{WORLD}/keycloak/mint", {"claims": {"sub": "a", "aud": ["b"]}}),
    ("PUT", f"{WORLD}/keycloak/realms/woven/clients/c", {"secret": "s", "public": False}),
]


@given(st.sampled_from(GOOD), st.data())
@settings(max_examples=examples(300), deadline=None)
def test_nearly_good_bodies(good: tuple[str, str, Any], data: st.DataObject) -> None:
    """No single member that is replaced makes it fail."""
    method, target, body = good
    changed = json.loads(json.dumps(body))
    place = changed
    while True:
        key = data.draw(st.sampled_from(sorted(place)))
        if isinstance(place[key], dict) and place[key] and data.draw(st.booleans()):
            place = place[key]
            continue
        place[key] = data.draw(VALUES)
        break
    check(method, target, json.dumps(changed).encode())


PIECES = st.sampled_from(
    ["worlds", "default", "a", "journal", "1", "keycloak", "realms", "%2F", "%00", "%ff", "..", ""]
)


@given(
    st.sampled_from(["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "TRACE"]), st.lists(PIECES, max_size=6), st.text()
)
@settings(max_examples=examples(200), deadline=None)
def test_paths_and_queries(method: str, pieces: list[str], query: str) -> None:
    """No path and no query makes it fail."""
    printable = "".join(char for char in query if "!" <= char <= "~" and char != "#")
    if not (method == "DELETE" and "default" in pieces):
        check(method, f"/_sim/{'/'.join(pieces)}?{printable}", b"")


@cache
def snapshot() -> dict[str, Any]:
    """A snapshot of a world in which every API has state."""
    desk = Desk()
    for api in desk.simulator.apis:
        desk.world.state(api)
    desk.ask("PUT", f"{WORLD}/keycloak/realms/woven/clients/c", {"secret": "s"})
    desk.ask("POST", f"{WORLD}/keycloak/mint", {"claims": {"sub": "a"}})
    desk.ask("POST", f"{WORLD}/faults", {"act": {"status": 503}})
    document: dict[str, Any] = desk.ask("GET", f"{WORLD}/snapshot").data
    return document


@given(st.data())
@settings(max_examples=examples(200), deadline=None)
def test_nearly_good_snapshots(data: st.DataObject) -> None:
    """A snapshot of which one value was replaced or lost is restored or refused."""
    document = json.loads(json.dumps(snapshot()))
    place: Any = document
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if isinstance(place[key], (dict, list)) and place[key] and data.draw(st.integers(0, 3)):
            place = place[key]
            continue
        if data.draw(st.booleans()):
            del place[key]
        else:
            place[key] = data.draw(VALUES)
        break
    check("PUT", "/_sim/worlds/restored/snapshot", json.dumps(document).encode())
    for path in ("journal", "clock", "faults", "quirks", "settings", "snapshot", "keycloak/realms", "woven/projects"):
        check("GET", f"/_sim/worlds/restored/{path}", b"")
