"""Faults: planned, listed, taken back, and what they do to requests."""

from typing import Any

import pytest
from desk import Desk

FAULTS = "/_sim/worlds/default/faults"
REALM = "/auth/realms/woven"
TOKEN = "/auth/realms/woven/protocol/openid-connect/token"


def plan(desk: Desk, act: dict[str, Any], **members: Any) -> str:
    """Plan a fault and return its id."""
    answer = desk.ask("POST", FAULTS, {"act": act, **members})
    assert (answer.status, answer.bug) == (201, "")
    fault: str = answer.data["id"]
    return fault


def test_a_fault_is_listed_as_planned(desk: Desk) -> None:
    """With what it was narrowed to, and what it hit."""
    fault = plan(desk, {"status": 503}, match={"api": "keycloak"})
    desk.ask("POST", TOKEN)
    assert desk.ask("GET", FAULTS).data["faults"] == [
        {
            "id": fault,
            "match": {"api": "keycloak"},
            "act": {"status": 503},
            "skip": 0,
            "times": 1,
            "expires": None,
            "probability": 1.0,
            "hits": 1,
            "seen": 1,
        }
    ]


def test_a_fault_hits_once_unless_told_otherwise(desk: Desk) -> None:
    """Then everything is as before; the journal names the fault."""
    fault = plan(desk, {"status": 503}, match={"path": REALM})
    assert [desk.ask("GET", REALM).status for _ in range(2)] == [503, 200]
    assert [entry.fault for entry in desk.world.journal] == [fault, None]


def test_skip_and_times(desk: Desk) -> None:
    """The second and third match, no other."""
    plan(desk, {"status": 503}, match={"path": REALM}, skip=1, times=2)
    assert [desk.ask("GET", REALM).status for _ in range(4)] == [200, 503, 503, 200]


def test_no_end(desk: Desk) -> None:
    """`times` null hits until it is taken back."""
    fault = plan(desk, {"status": 503}, times=None)
    assert {desk.ask("GET", REALM).status for _ in range(5)} == {503}
    assert desk.ask("DELETE", f"{FAULTS}/{fault}").status == 204
    assert desk.ask("GET", REALM).status == 200


def test_a_fault_ends_on_the_worlds_clock(desk: Desk) -> None:
    """`ttl_s` counts the world's time."""
    plan(desk, {"status": 503}, times=None, ttl_s=10)
    assert desk.ask("GET", REALM).status == 503
    desk.move(10)
    assert desk.ask("GET", REALM).status == 200


def test_chance_is_the_seeds(desk: Desk) -> None:
    """The same world draws the same lots."""
    statuses = []
    for name in "ab":
        world = desk.make_world(name)
        desk.ask("POST", f"/_sim/worlds/{name}/faults", {"act": {"status": 503}, "times": None, "probability": 0.5})
        statuses.append([desk.ask("GET", REALM, world=world.name).status for _ in range(30)])
    assert statuses[0] == statuses[1]
    assert set(statuses[0]) == {200, 503}


def test_the_newest_wins(desk: Desk) -> None:
    """A fault planned later goes before an older one."""
    plan(desk, {"status": 502}, times=None)
    plan(desk, {"status": 503})
    assert [desk.ask("GET", REALM).status for _ in range(2)] == [503, 502]


def test_a_body_of_ones_own(desk: Desk) -> None:
    """Sent as it is, with headers."""
    plan(desk, {"status": 502, "body": {"a": None}, "headers": {"Retry-After": "1"}})
    answer = desk.ask("POST", TOKEN)
    assert (answer.status, answer.data, answer.headers["Retry-After"]) == (502, {"a": None}, "1")


def test_a_status_alone_has_the_apis_own_shape(desk: Desk) -> None:
    """What the real service would send with it."""
    plan(desk, {"status": 503})
    answer = desk.ask("POST", TOKEN)
    assert (answer.status, answer.bug) == (503, "")
    assert answer.data.keys() >= {"error"}


def test_a_named_error(desk: Desk) -> None:
    """An error that the API declares, as it words it."""
    plan(desk, {"error": "invalid_grant"}, match={"api": "keycloak"})
    answer = desk.ask("POST", TOKEN)
    assert (answer.status, answer.data["error"]) == (400, "invalid_grant")


def test_a_fault_can_look_at_the_body(desk: Desk) -> None:
    """It is drawn once the body was read, and leaves other bodies alone."""
    plan(desk, {"status": 503}, match={"api": "m3o", "body": {"name": "hit"}})
    statuses = [
        desk.ask("POST", "/v1/chat/Create", {"name": name}, token="any").status for name in ("missed", "hit", "hit")
    ]
    assert [status == 503 for status in statuses] == [False, True, False]


def test_a_fault_can_look_at_a_long_body(desk: Desk) -> None:
    """Of which the journal keeps less."""
    plan(desk, {"status": 503}, match={"api": "m3o", "body": {"name": "hit"}})
    body = {"description": "x" * 100_000, "name": "hit"}
    assert desk.ask("POST", "/v1/chat/Create", body, token="any").status == 503


def test_control_calls_and_preflights_draw_none(desk: Desk) -> None:
    """A fault for everything leaves the way to take it back open."""
    plan(desk, {"status": 503}, times=None)
    preflight = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    assert desk.ask("OPTIONS", TOKEN, headers=preflight).status != 503
    assert desk.ask("DELETE", FAULTS).status == 204
    assert desk.ask("GET", FAULTS).data["faults"] == []


@pytest.mark.parametrize(
    "act", [{"lose": True}, {"repeat": 2}, {"reorder": True, "delay_s": 1}, {"close": 1011}, {"refuse": 503}]
)
def test_what_is_done_to_others_is_not_used_up_by_requests(desk: Desk, act: dict[str, Any]) -> None:
    """A request is not hit by what can only be done to callbacks or sockets."""
    plan(desk, act)
    assert desk.ask("GET", REALM).status == 200
    assert desk.ask("GET", FAULTS).data["faults"][0]["hits"] == 0


def test_a_refused_socket_is_a_handshake(desk: Desk) -> None:
    """The journal calls it a request, a person a socket: both are taken."""
    plan(desk, {"refuse": 503}, match={"kind": "socket"})
    assert desk.ask("GET", FAULTS).data["faults"][0]["match"] == {}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"act": {}}, "/act"),
        ({"act": {"status": 503, "drop": "before"}}, "/act/drop"),
        ({"act": {"body": {}}}, "/act"),
        ({"act": {"delay_s": 1, "body": {}}}, "/act/body"),
        ({"act": {"status": 99}}, "/act/status"),
        ({"act": {"status": 199}}, "/act/status"),
        ({"act": {"status": 204, "body": {}}}, "/act/body"),
        ({"act": {"status": 205, "body": None}}, "/act/body"),
        ({"act": {"status": 304, "body": "x"}}, "/act/body"),
        ({"act": {"status": 204, "truncate": True}}, "/act/truncate"),
        ({"act": {"status": 503, "headers": {"X-A": "a\r\nX-B: b"}}}, "/act/headers/X-A"),
        ({"act": {"status": 503, "headers": {"X/A": "a"}}}, "/act/headers/X~1A"),
        ({"act": {"status": 503, "headers": {"Content-Length": "3"}}}, "/act/headers/Content-Length"),
        ({"act": {"status": 503, "truncate": True, "error": "x"}}, "/act/error"),
        ({"act": {"close": 1006}}, "/act/close"),
        ({"act": {"close": 5000}}, "/act/close"),
        ({"act": {"delay_s": 1}, "match": {"kind": "timer"}}, "/match/kind"),
        ({"act": {"truncate": True}, "match": {"kind": "socket"}}, "/match/kind"),
        ({"act": {"status": 503}, "match": {"api": "nope"}}, "/match/api"),
        ({"act": {"status": 503}, "match": {"kind": "request", "url": "*"}}, "/match/url"),
        ({"act": {"close": 1011}, "match": {"url": "*"}}, "/match/url"),
        ({"act": {"status": 503}, "skip": 10**30}, "/skip"),
        ({"act": {"status": 503}, "times": 10**30}, "/times"),
        ({"act": {"status": 503}, "nope": 1}, "/nope"),
        ({"act": {"nope": 1}}, "/act/nope"),
        ({"act": {"status": 503}, "match": {"nope": 1}}, "/match/nope"),
        ({"act": {"drop": "during"}}, "/act/drop"),
        ({"act": {"lose": False}}, "/act/lose"),
        ({"act": {"delay_s": {"min": 2, "max": 1}}}, "/act/delay_s"),
        ({"act": {"delay_s": -1}}, "/act/delay_s"),
        ({"act": {"error": "invalid_grant"}}, "/match/api"),
        ({"act": {"error": "nope"}, "match": {"api": "keycloak"}}, "/act/error"),
        ({"act": {"lose": True}, "match": {"kind": "request"}}, "/match/kind"),
        ({"act": {"status": 503}, "match": {"status": 200}}, "/match/status"),
        ({"act": {"status": 503}, "match": {"valid": True}}, "/match/valid"),
        ({"act": {"status": 503}, "times": 0}, "/times"),
        ({"act": {"status": 503}, "probability": 2}, "/probability"),
        ({"act": {"status": 503}, "ttl_s": 0}, "/ttl_s"),
    ],
)
def test_faults_that_cannot_be(desk: Desk, body: dict[str, Any], pointer: str) -> None:
    """422 with a pointer, and nothing is planned."""
    answer = desk.ask("POST", FAULTS, body)
    assert answer.status == 422
    assert answer.data["errors"][0]["pointer"] == pointer
    assert desk.ask("GET", FAULTS).data["faults"] == []


def test_whole_numbers_may_have_a_point(desk: Desk) -> None:
    """JSON knows one kind of number: 503.0 is an integer, and a snapshot keeps it as one."""
    plan(desk, {"status": 503.0}, skip=1.0, times=1.0)
    snapshot = desk.ask("GET", "/_sim/worlds/default/snapshot").data
    assert desk.ask("PUT", "/_sim/worlds/default/snapshot", snapshot).status == 200
    assert [desk.ask("GET", REALM).status for _ in range(3)] == [200, 503, 200]


NOWHERE = {"/nope": 404, "/auth/realms/woven/nope": 404, "/auth/realms/nope/account": 405}


@pytest.mark.parametrize("path", NOWHERE)
def test_nobody_is_there_to_say_what_is_not_there(desk: Desk, path: str) -> None:
    """An offline service does not answer 404; any other outage lies behind the door at which that is said."""
    plan(desk, {"status": 502}, match={"path": path})
    assert desk.ask("PUT", path).status == NOWHERE[path]
    plan(desk, {"offline": True}, match={"path": path})
    assert [desk.ask("PUT", path).status for _ in range(2)] == [503, NOWHERE[path]]


def test_a_fault_that_is_not_there(desk: Desk) -> None:
    """404."""
    assert desk.ask("DELETE", f"{FAULTS}/fault-9").status == 404
