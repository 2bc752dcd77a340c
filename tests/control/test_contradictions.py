"""A call that contradicts itself is refused where it does."""

from functools import cache
from typing import Any

import pytest
from desk import Desk


@cache
def shared() -> Desk:
    """One simulator for all: none of these calls changes anything."""
    return Desk()


CONTRADICTIONS = [
    ("POST", "/journal/verify", {"match": {}, "min": 2, "max": 1}, "/min"),
    ("POST", "/journal/verify", {"match": {}, "count": 1, "min": 1}, "/count"),
    ("POST", "/journal/verify", {"match": {}, "sequence": [{}]}, ""),
    ("POST", "/journal/verify", {"sequence": []}, "/sequence"),
    ("POST", "/journal/verify", {"sequence": [{}], "max": 1}, "/max"),
    ("POST", "/journal/wait", {"match": {}, "min": 2, "max": 1}, "/min"),
    ("POST", "/journal/wait", {"match": {}, "for_s": 3, "timeout_s": 2}, "/for_s"),
    ("POST", "/journal/wait", {"match": {}, "for_s": 6}, "/for_s"),
    ("GET", "/journal?since=2&until=1", {}, "/until"),
    ("GET", "/journal.har?since=2&until=1", {}, "/until"),
    ("DELETE", "/journal?since=2&until=1", {}, "/until"),
    ("POST", "/faults", {"act": {"delay_s": {"min": 2, "max": 1}}}, "/act/delay_s"),
    ("POST", "/clock", {"mode": "real", "at": "2026-01-01T00:00:00Z"}, "/at"),
    ("POST", "/callbacks/release", {"ids": ["a", "a"]}, "/ids"),
    ("POST", "/populate", {"apis": ["weavy", "weavy"]}, "/apis"),
    ("PATCH", "/settings", {"callbacks.timeout_s": 1e300}, "/callbacks.timeout_s"),
    ("PATCH", "/settings", {"callbacks.backoff_s": [1e300]}, "/callbacks.backoff_s"),
]


@pytest.mark.parametrize(("method", "path", "body", "pointer"), CONTRADICTIONS)
def test_contradiction(method: str, path: str, body: dict[str, Any], pointer: str) -> None:
    """What cannot be meant is refused, and not answered with what it cannot bring."""
    answer = shared().ask(method, f"/_sim/worlds/default{path}", body)
    assert answer.status == 422
    assert [one["pointer"] for one in answer.data["errors"]] == [pointer]


@pytest.mark.parametrize(
    "clock", [{"mode": "real", "at": "2026-01-01T00:00:00Z"}, {"mode": "frozen", "at": "0001-01-01T00:00:00Z"}]
)
def test_clock_of_a_new_world(clock: dict[str, str]) -> None:
    """A world cannot begin at a moment that no clock can be set to."""
    answer = shared().ask("POST", "/_sim/worlds", {"clock": clock})
    assert [one["pointer"] for one in answer.data["errors"]] == ["/clock/at"]
