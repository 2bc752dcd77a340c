"""Questions to the journal: counts, sequences, and the near misses of a no."""

from typing import Any

import pytest
from desk import Desk

VERIFY = "/_sim/worlds/default/journal/verify"


@pytest.fixture
def used(desk: Desk) -> Desk:
    """GET /a (404), POST /b (404), POST /b (404) and GET /auth/x (404, Keycloak's)."""
    desk.ask("GET", "/a")
    desk.ask("POST", "/b", {"n": 1, "text": "Hi"})
    desk.ask("POST", "/b", {"n": 2, "text": "Hi"})
    desk.ask("GET", "/auth/x")
    return desk


def verify(desk: Desk, body: dict[str, Any]) -> tuple[bool, list[int]]:
    """Whether it is so, and the entries that say it."""
    answer = desk.ask("POST", VERIFY, body)
    assert (answer.status, answer.bug) == (200, "")
    entries = [entry["seq"] for entry in answer.data["entries"]]
    assert answer.data["found"] == len(entries)
    return answer.data["ok"], entries


A, B, C = {"path": "/a"}, {"path": "/b"}, {"path": "/c"}


@pytest.mark.parametrize(
    ("body", "ok", "entries"),
    [
        ({"match": B}, True, [2, 3]),
        ({"match": C}, False, []),
        ({"match": C, "count": 0}, True, []),
        ({"match": B, "count": 2}, True, [2, 3]),
        ({"match": B, "count": 1}, False, [2, 3]),
        ({"match": B, "min": 2}, True, [2, 3]),
        ({"match": B, "min": 3}, False, [2, 3]),
        ({"match": B, "max": 1}, False, [2, 3]),
        ({"match": C, "max": 1}, True, []),
        ({"match": B, "min": 1, "max": 2}, True, [2, 3]),
        ({"match": B, "since": 2, "count": 1}, True, [3]),
        ({"match": {"body": {"text": "Hi"}, "method": "POST"}}, True, [2, 3]),
        ({"match": {}}, True, [1, 2, 3, 4]),
        ({"sequence": [A, B]}, True, [1, 2]),
        ({"sequence": [A, {"body": {"n": 2}}]}, True, [1, 3]),
        ({"sequence": [B, A]}, False, [2]),
        ({"sequence": [B, B, B]}, False, [2, 3]),
        ({"sequence": [A, B], "since": 1}, False, []),
    ],
)
def test_answers(used: Desk, body: dict[str, Any], ok: bool, entries: list[int]) -> None:
    """Counts of matches, or steps in order with others between them."""
    assert verify(used, body) == (ok, entries)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"match": {}, "sequence": [{}]}, ""),
        ({"sequence": []}, "/sequence"),
        ({"sequence": [{}], "min": 1}, "/min"),
        ({"match": {}, "count": 1, "max": 2}, "/count"),
        ({"match": {}, "count": -1}, "/count"),
        ({"match": {"pth": "/"}}, "/match/pth"),
        ({"sequence": [{}, {"status": "200"}]}, "/sequence/1/status"),
        ({"match": {}, "timeout_s": 1}, "/timeout_s"),
    ],
)
def test_questions_that_cannot_be(used: Desk, body: dict[str, Any], pointer: str) -> None:
    """422 with a pointer."""
    answer = used.ask("POST", VERIFY, body)
    assert answer.status == 422
    assert answer.data["errors"][0]["pointer"] == pointer


def near_misses(desk: Desk, body: dict[str, Any]) -> list[dict[str, Any]]:
    """What came near."""
    found: list[dict[str, Any]] = desk.ask("POST", VERIFY, body).data["near_misses"]
    return found


def test_a_near_miss_shows_what_differs(used: Desk) -> None:
    """Both values of each member, and one line for a person."""
    nearest = near_misses(used, {"match": {"path": "/b", "method": "POST", "body": {"n": 3}}})[0]
    assert (nearest["entry"], nearest["matched"], nearest["of"]) == (3, 2, 3)
    assert nearest["members"]["path"] == {"expected": "/b", "actual": "/b", "matched": True}
    assert nearest["members"]["body"]["actual"] == {"n": 2, "text": "Hi"}
    assert nearest["text"] == ("entry 3 (request POST /b 404): body expected {'n': 3}, got {'n': 2, 'text': 'Hi'}")


def test_the_nearest_comes_first(used: Desk) -> None:
    """By how many members fit, then the latest."""
    nearest = near_misses(used, {"match": {"path": "/b", "method": "POST", "status": 201}})
    assert [one["entry"] for one in nearest] == [3, 2]


def test_near_misses_of_a_sequence_are_of_the_missing_step(used: Desk) -> None:
    """Only what came after the step before."""
    nearest = near_misses(used, {"sequence": [{"body": {"n": 2}}, {"method": "GET", "path": "/a"}]})
    assert [one["entry"] for one in nearest] == [4]


@pytest.mark.parametrize("body", [{"match": B}, {"match": B, "max": 1}, {"match": B, "count": 1}])
def test_no_near_misses_where_nothing_is_missing(used: Desk, body: dict[str, Any]) -> None:
    """Neither for a yes nor for too many."""
    assert near_misses(used, body) == []


def test_what_fits_in_nothing_is_no_near_miss(used: Desk) -> None:
    """An entry of which no member fits helps nobody."""
    assert near_misses(used, {"match": {"api": "kobil", "status": 201}}) == []
