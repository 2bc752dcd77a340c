"""The journal as the control API shows it, and as a HAR file."""

import pytest
from desk import Desk

JOURNAL = "/_sim/worlds/default/journal"


@pytest.fixture
def used(desk: Desk) -> Desk:
    """A simulator with three entries in its journal: 404, 405, 404."""
    desk.ask("GET", "/one?x=1", headers={"User-Agent": "test", "X-Request-Id": "r1"})
    desk.ask("DELETE", "/auth/realms/woven/protocol/openid-connect/token")
    desk.ask("POST", "/two", {"a": "é"})
    return desk


def seqs(desk: Desk, query: str = "") -> list[int]:
    """The numbers of the entries that a list shows."""
    answer = desk.ask("GET", JOURNAL + query)
    assert (answer.status, answer.bug) == (200, "")
    return [entry["seq"] for entry in answer.data["entries"]]


def test_entries_are_listed_oldest_first(used: Desk) -> None:
    """With what came and what was answered."""
    assert seqs(used) == [1, 2, 3]
    entry = used.ask("GET", f"{JOURNAL}/3").data
    assert (entry["request"]["path"], entry["request"]["body"], entry["response"]["status"]) == (
        "/two",
        {"a": "é"},
        404,
    )
    assert used.ask("GET", f"{JOURNAL}/1").data["client"] == {"X-Request-Id": "r1", "User-Agent": "test"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?method=post", [3]),
        ("?path=/o*", [1]),
        ("?status=404", [1, 3]),
        ("?api=keycloak", [2]),
        ("?kind=request", [1, 2, 3]),
        ("?kind=callback", []),
        ("?since=1", [2, 3]),
        ("?since=1&until=2", [2]),
        ("?limit=2", [1, 2]),
        ("?limit=2&after=2", [3]),
        ("?method=GET&status=405", []),
    ],
)
def test_filters(used: Desk, query: str, found: list[int]) -> None:
    """All given ones have to fit."""
    assert seqs(used, query) == found


def test_the_newest_number(used: Desk) -> None:
    """`last` counts entries that a filter leaves out, and those forgotten since."""
    assert used.ask("GET", f"{JOURNAL}?limit=1").data["last"] == 3
    used.ask("DELETE", JOURNAL)
    assert used.ask("GET", JOURNAL).data["last"] == 3


def test_the_next_piece(used: Desk) -> None:
    """`next` while there is more."""
    assert used.ask("GET", f"{JOURNAL}?limit=2").data["next"] == "2"
    assert used.ask("GET", f"{JOURNAL}?limit=3").data["next"] is None


@pytest.mark.parametrize("query", ["?kind=x", "?status=x", "?since=-1", "?limit=0", "?until=1e3", "?x=1"])
def test_filters_that_cannot_be(used: Desk, query: str) -> None:
    """422, not ignored."""
    assert used.ask("GET", JOURNAL + query).status == 422


@pytest.mark.parametrize("seq", ["4", "0", "x", "-1", "1" * 30, "²"])
def test_an_entry_that_is_not_there(used: Desk, seq: str) -> None:
    """404."""
    assert used.ask("GET", f"{JOURNAL}/{seq}").status == 404


@pytest.mark.parametrize(
    ("query", "left"), [("", []), ("?since=1", [1]), ("?until=2", [3]), ("?since=1&until=2", [1, 3])]
)
def test_clearing(used: Desk, query: str, left: list[int]) -> None:
    """All, or a span; `since` means the same as in lists."""
    assert used.ask("DELETE", JOURNAL + query).status == 204
    assert seqs(used) == left


def test_numbers_go_on_after_clearing(used: Desk) -> None:
    """A number is never given twice."""
    used.ask("DELETE", JOURNAL)
    used.ask("GET", "/three")
    assert seqs(used) == [4]


def test_what_fell_out_is_counted() -> None:
    """A full journal says that it forgot."""
    desk = Desk(journal_size=2)
    for _ in range(5):
        desk.ask("GET", "/x")
    shown = desk.ask("GET", JOURNAL).data
    assert ([entry["seq"] for entry in shown["entries"]], shown["dropped"]) == ([4, 5], 3)


def test_a_har_file_for_browsers_tools(used: Desk) -> None:
    """Every request with full URL, headers and body."""
    answer = used.ask("GET", "/_sim/worlds/default/journal.har")
    assert answer.bug == ""
    log = answer.data["log"]
    first, _, third = log["entries"]
    assert log["version"] == "1.2"
    assert first["request"]["url"] == "http://localhost:8080/one?x=1"
    assert first["request"]["queryString"] == [{"name": "x", "value": "1"}]
    assert third["request"]["postData"]["text"] == '{"a": "\\u00e9"}'
    assert (third["response"]["status"], third["response"]["statusText"]) == (404, "Not Found")
    assert first["startedDateTime"] == "2026-01-01T12:00:00.000Z"


def test_a_har_file_of_some_entries(used: Desk) -> None:
    """The same filters as for lists."""
    assert len(used.ask("GET", "/_sim/worlds/default/journal.har?status=405").data["log"]["entries"]) == 1
