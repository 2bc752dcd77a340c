"""How failures read."""

from __future__ import annotations

import pytest

from chatsim.client.answers import ChatsimError, Later, NotSeen, line

REQUEST = {
    "seq": 3,
    "kind": "request",
    "api": "woven",
    "operation": "send_message",
    "request": {"method": "POST", "path": "/mini-app-runtime/v1/chat"},
    "response": {"status": 400},
}


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (REQUEST, "#3 request woven POST /mini-app-runtime/v1/chat 400"),
        (
            {**REQUEST, "violations": [{"pointer": "/message", "message": "is too long"}]},
            "#3 request woven POST /mini-app-runtime/v1/chat 400 (/message is too long)",
        ),
        (
            {
                **REQUEST,
                "notes": [{"code": "x", "text": "tolerated"}],
                "bug": "Traceback\n  …\nKeyError: 1\n",
                "fault": "fault-1",
            },
            "#3 request woven POST /mini-app-runtime/v1/chat 400 (tolerated; fault fault-1; bug KeyError: 1)",
        ),
        (
            {
                "seq": 4,
                "kind": "callback",
                "api": "kobil",
                "url": "http://a/b",
                "request": {"method": "POST", "path": "/b"},
                "response": {"status": 0},
            },
            "#4 callback kobil POST http://a/b",
        ),
        ({"seq": 5, "kind": "timer", "api": "airy", "operation": "reply"}, "#5 timer airy reply"),
    ],
)
def test_an_entry_in_one_line(entry: dict[str, object], text: str) -> None:
    """What it was, what was answered, what was wrong."""
    assert line(entry) == text


def test_a_refusal_names_every_member() -> None:
    """The detail first, then each pointer."""
    errors = [{"pointer": "/seed", "detail": "expected a string"}]
    error = ChatsimError(422, {"title": "Invalid", "detail": "cannot be", "errors": errors})
    assert (error.status, str(error)) == (422, "cannot be\n  /seed: expected a string")


def test_what_was_not_seen_shows_what_came_near() -> None:
    """So that the test's report says what to look at."""
    error = NotSeen(
        {"match": {"path": "/a"}}, {"found": 1, "entries": [REQUEST], "near_misses": [{"text": "/b is not /a"}]}
    )
    assert str(error).splitlines() == [
        'wanted {"match": {"path": "/a"}}, found 1',
        "  found #3 request woven POST /mini-app-runtime/v1/chat 400",
        "  near: /b is not /a",
    ]


def test_an_expected_entry_is_known_later() -> None:
    """Inside the block there is nothing to look at."""
    later = Later()
    with pytest.raises(LookupError, match="after the with block"):
        later["seq"]
    later.arrive(REQUEST)
    assert (later["seq"], len(later), dict(later)) == (3, len(REQUEST), REQUEST)


def test_half_a_surrogate_pair_can_be_printed() -> None:
    """A terminal, a log and the workers of pytest-xdist take it: as JSON would write it."""
    half = "\ud83d"
    entry = {"seq": 1, "kind": "request", "notes": [{"text": f"{half} is unknown"}], "request": {"method": "GET"}}
    assert line(entry) == "#1 request (\\ud83d is unknown)"
    assert "\\ud83d" in str(NotSeen({"path": half}, {}))
    assert str(ChatsimError(404, {"detail": half})) == "\\ud83d"
