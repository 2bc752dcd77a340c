"""The one path of a request: the order of its steps, and what becomes of every way to go wrong."""

from __future__ import annotations

import pytest
from desk import Answer, Desk
from sample import SAMPLE

from chatsim.core.effects import Push
from chatsim.core.faults import Act, Fault
from chatsim.core.match import Match

GOOD = {"status": "ok", "version": "1"}


@pytest.fixture
def desk() -> Desk:
    """A simulator that has only the sample API."""
    return Desk(apis=[SAMPLE])


def plan(desk: Desk, act: Act, **match: object) -> Fault:
    """Add a fault that hits once."""
    fault = Fault("f1", Match.parse(match), act)
    desk.world.faults.add(fault)
    return fault


def test_an_operation_answers(desk: Desk) -> None:
    """A plain question gets its answer, with the world and the entry named."""
    answer = desk.ask("GET", "/sample/blue")
    assert (answer.status, answer.data, answer.headers["X-Sim-World"]) == (200, GOOD | {"version": "blue"}, "default")
    assert answer.headers["X-Sim-Entry"] == "1"


@pytest.mark.parametrize(
    ("method", "target", "body", "token", "status"),
    [
        ("POST", "/sample/a", GOOD, "good", 200),
        ("POST", "/sample/a", GOOD, None, 401),
        ("POST", "/sample/a", b"{", None, 401),
        ("POST", "/sample/a", b"{", "good", 400),
        ("POST", "/sample/a", {"status": 1}, "good", 422),
        ("PUT", "/sample/a", b"", None, 405),
        ("GET", "/sample/a/b/c", b"", None, 404),
        ("GET", "/elsewhere", b"", None, 404),
        ("GET", "/sample/%zz", b"", None, 400),
        ("GET", "/sample/busy", b"", None, 409),
        ("GET", "/sample/!", b"", None, 500),
    ],
)
def test_the_first_thing_wrong_decides(
    desk: Desk, method: str, target: str, body: object, token: str | None, status: int
) -> None:
    """Match before authenticate, authenticate before decode, decode before validate."""
    assert desk.ask(method, target, body, token=token).status == status


def test_an_exception_is_recorded_and_not_told(desk: Desk) -> None:
    """The journal has the traceback, the client a plain 500."""
    answer = desk.ask("GET", "/sample/!")
    assert "a planted mistake" in answer.bug
    assert b"planted" not in answer.body


def test_an_answer_that_breaks_its_schema_is_a_bug(desk: Desk) -> None:
    """What we send is held to the contract as well."""
    answer = desk.ask("GET", "/sample/%23")
    assert answer.status == 200
    assert "breaks _sim/health" in answer.bug


def test_violations_stand_in_the_journal(desk: Desk) -> None:
    """A refused body says where it breaks the contract, to the client and in the journal."""
    answer = desk.ask("POST", "/sample/a", {"status": "ok"}, token="good")
    (entry,) = desk.world.journal
    assert [one.keyword for one in entry.violations] == ["required"]
    assert answer.data["errors"][0]["detail"] == 'member "version" is missing'


def test_a_refused_request_changes_nothing(desk: Desk) -> None:
    """Only a request that passed every check reaches the operation."""
    desk.ask("POST", "/sample/a", {"status": "ok"}, token="good")
    assert desk.world.state("sample").greeted == {}


def test_a_push_leaves_with_the_answer(desk: Desk) -> None:
    """An operation's pushes are handed to the server."""
    answer = desk.ask("POST", "/sample/a", GOOD, token="good")
    assert [effect.event for effect in answer.effects if isinstance(effect, Push)] == ["greeted"]


def test_a_timer_runs_on_the_worlds_clock(desk: Desk) -> None:
    """What was planned for later happens when the clock is moved there, with its cause named."""
    desk.ask("POST", "/sample/a", GOOD, token="good")
    assert desk.move(4.9) == []
    (outcome,) = desk.move(0.2)
    assert [effect.event for effect in outcome.effects if isinstance(effect, Push)] == ["reminded"]
    assert [(entry.kind, entry.cause) for entry in desk.world.journal] == [("request", None), ("timer", 1)]


def test_a_tolerance_is_noted(desk: Desk) -> None:
    """What is only tolerated passes and stands in the notes."""
    answer = desk.ask("DELETE", "/sample/a", token="good", headers={"X-Loose": "1"})
    assert (answer.status, answer.notes) == (204, ["loose"])


def test_a_strict_world_refuses_what_is_only_tolerated(desk: Desk) -> None:
    """The same request is refused where the world is strict."""
    desk.make_world("strict", strict=True)
    answer = desk.ask("DELETE", "/sample/a", token="good", headers={"X-Loose": "1"}, world="strict")
    assert (answer.status, answer.data["code"]) == (422, "loose")


def test_worlds_are_apart(desk: Desk) -> None:
    """What happens in one world is not seen in another."""
    desk.ask("POST", "/sample/a", GOOD, token="good", world="one")
    assert desk.world.state("sample").greeted == {}
    assert desk.simulator.worlds["one"].state("sample").greeted == {"a": 1}


def test_a_preflight_is_answered_for_the_api(desk: Desk) -> None:
    """Browsers ask first; no credentials are needed, and no fault is drawn."""
    fault = plan(desk, Act(status=503))
    origin = {"Origin": "http://page", "Access-Control-Request-Method": "POST"}
    answer = desk.ask("OPTIONS", "/sample/a", headers=origin)
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"], fault.hits) == (204, "*", 0)


def test_an_answer_to_a_page_exposes_the_simulators_headers(desk: Desk) -> None:
    """Scripts of another origin can read which world and entry it was."""
    answer = desk.ask("GET", "/sample/a", headers={"Origin": "http://page"})
    assert "X-Sim-Entry" in answer.headers["Access-Control-Expose-Headers"]


def fault_answer(desk: Desk, act: Act) -> Answer:
    """What a request gets that the fault hits."""
    plan(desk, act, path="/sample/*")
    return desk.ask("POST", "/sample/a", GOOD, token="good")


def test_a_fault_answers_in_the_apis_own_shape(desk: Desk) -> None:
    """A status without a body gets the error body of the API, and the operation does not happen."""
    answer = fault_answer(desk, Act(status=503))
    assert (answer.status, answer.data["title"]) == (503, "Service Unavailable")
    assert desk.world.state("sample").greeted == {}


def test_a_fault_brings_its_own_body(desk: Desk) -> None:
    """A body given with the fault is sent as it is, whatever the schema says."""
    answer = fault_answer(desk, Act(status=200, body={"any": 1}, headers={"X-Extra": "1"}))
    assert (answer.data, answer.headers["X-Extra"], answer.bug) == ({"any": 1}, "1", "")


def test_a_fault_names_an_error_of_the_api(desk: Desk) -> None:
    """`error` is one that the API declares."""
    assert fault_answer(desk, Act(error="busy")).status == 409


def test_a_fault_may_match_on_the_body(desk: Desk) -> None:
    """It is drawn once the body was read."""
    plan(desk, Act(status=500), body={"version": "2"})
    statuses = [desk.ask("POST", "/sample/a", GOOD | {"version": v}, token="good").status for v in ("1", "2", "2")]
    assert statuses == [200, 500, 200]


def test_a_fault_shows_in_the_journal(desk: Desk) -> None:
    """The entry names the fault that hit it."""
    fault_answer(desk, Act(status=503))
    assert [entry.fault for entry in desk.world.journal] == ["f1"]
