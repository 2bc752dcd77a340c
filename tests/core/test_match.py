"""What a match fits, what it says of what it does not fit, and which matches are refused."""

from typing import Any

import msgspec
import pytest

from chatsim.core.errors import Invalid
from chatsim.core.match import Match


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A request as a match sees it."""

    api: str = "woven"
    operation: str = "send_message"
    method: str = "POST"
    path: str = "/v1/projects/p1/chat"
    status: int = 201
    kind: str = "request"
    url: str = ""
    valid: bool = True
    body: Any = None
    headers: dict[str, str] = {}

    def header(self, name: str) -> str | None:
        """The header, whatever its case."""
        return {key.lower(): value for key, value in self.headers.items()}.get(name.lower())


@pytest.mark.parametrize(
    ("wanted", "seen", "fits"),
    [
        ({}, Seen(), True),
        ({"api": "woven"}, Seen(), True),
        ({"api": "wove"}, Seen(), False),
        ({"api": "woven", "operation": "other"}, Seen(), False),
        ({"method": "post"}, Seen(), True),
        ({"status": 201}, Seen(), True),
        ({"status": 200}, Seen(), False),
        ({"valid": False}, Seen(), False),
        (
            {"kind": "callback", "url": "http://127.0.0.1:*/cb"},
            Seen(kind="callback", url="http://127.0.0.1:5/cb"),
            True,
        ),
        ({"path": "/v1/projects/p1/chat"}, Seen(), True),
        ({"path": "/v1/projects/p1"}, Seen(), False),
        ({"path": "/v1/*/chat"}, Seen(), True),
        ({"path": "*"}, Seen(path=""), True),
        ({"path": "/users/a@b"}, Seen(path="/users/a%40b"), True),
        ({"path": "/users/a.b"}, Seen(path="/users/aXb"), False),
        ({"header": {"x-one": "1"}}, Seen(headers={"X-One": "1"}), True),
        ({"header": {"Authorization": "Bearer *"}}, Seen(headers={"authorization": "Bearer abc"}), True),
        ({"header": {"X-One": "1"}}, Seen(), False),
        ({"header": {"X-One": "1"}}, Seen(headers={"X-One": "2"}), False),
    ],
)
def test_members(wanted: dict[str, Any], seen: Seen, fits: bool) -> None:
    """Every member given has to fit."""
    assert Match.parse(wanted).matches(seen) is fits


@pytest.mark.parametrize(
    ("expected", "actual", "fits"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, True),
        ({"a": 1}, {}, False),
        ({"a": None}, {}, False),
        ({}, {"a": 1}, True),
        ({}, [], False),
        ([1, 2], [1, 2], True),
        ([1], [1, 2], False),
        ([{"a": 1}], [{"a": 1, "b": 2}], False),
        ([{"a": [1.0]}], [{"a": [1]}], True),
        (1, True, False),
        ([0], [False], False),
        (1, 1.0, True),
        ("text", "text", True),
        (None, None, True),
    ],
)
def test_bodies(expected: Any, actual: Any, fits: bool) -> None:
    """Objects fit by member, arrays and scalars when they are equal."""
    assert Match.parse({"body": expected}).matches(Seen(body=actual)) is fits


def test_a_comparison_shows_both_values() -> None:
    """Each member asked for comes with what was expected, what came, and whether it fits."""
    match = Match.parse({"header": {"X-One": "1"}, "path": "/v1/*", "status": 400})
    assert match.compare(Seen(headers={"X-Two": "2"})) == {
        "status": {"expected": 400, "actual": 201, "matched": False},
        "path": {"expected": "/v1/*", "actual": "/v1/projects/p1/chat", "matched": True},
        "header": {"expected": {"X-One": "1"}, "actual": {"X-One": None}, "matched": False},
    }


@pytest.mark.parametrize(("status", "score"), [(201, 2), (400, 1)])
def test_a_score_counts_what_fits(status: int, score: int) -> None:
    """By which near misses are ranked."""
    assert Match.parse({"status": status, "path": "/v1/*", "api": "kobil"}).score(Seen()) == score


def test_the_body_is_asked_for_last() -> None:
    """A body that nobody has to decode is not decoded."""

    class Undecodable(Seen, frozen=True):
        @property  # type: ignore[misc]  # an attribute elsewhere
        def body(self) -> Any:
            raise AssertionError("asked for")

    assert Match.parse({"body": 1, "api": "kobil"}).matches(Undecodable()) is False


def test_what_needs_the_body() -> None:
    """Faults are drawn on the head unless their match wants a body, be it null."""
    assert Match.parse({"body": None}).needs_body
    assert not Match.parse({"api": "woven"}).needs_body


@pytest.mark.parametrize(
    ("data", "pointers"),
    [
        ([], ["/match"]),
        ({"pth": "/"}, ["/match/pth"]),
        ({"a/b": 1, "status": "200"}, ["/match/a~1b", "/match/status"]),
        ({"status": True}, ["/match/status"]),
        ({"kind": "requests"}, ["/match/kind"]),
        ({"kind": []}, ["/match/kind"]),
        ({"header": {"a": 1}}, ["/match/header"]),
        ({"path": None, "valid": 1}, ["/match/path", "/match/valid"]),
    ],
)
def test_what_is_refused(data: Any, pointers: list[str]) -> None:
    """Unknown members and wrong types are refused, each with its pointer."""
    with pytest.raises(Invalid) as caught:
        Match.parse(data, "/match")
    assert [one.pointer for one in caught.value.violations] == pointers


def test_it_shows_what_it_was_read_from() -> None:
    """A fault's list shows the match as it was given."""
    assert Match.parse({"path": "/a", "api": "woven"}).as_json() == {"api": "woven", "path": "/a"}
