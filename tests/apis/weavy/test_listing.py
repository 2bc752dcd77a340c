"""Lists of conversations: order, filters, sorting, pages."""

from itertools import pairwise
from typing import Any

import pytest
from weavy_desk import WeavyDesk

PRIVATE = "7e14f418-8f15-46f4-b182-f619b671e470"
ROOM = "edb400ac-839b-45a7-b2a8-6a01820d1c44"
CONTEXTUAL = "d65dd4bc-418e-403c-9f56-f9cf4da931ed"


@pytest.fixture
def filled(weavy: WeavyDesk) -> WeavyDesk:
    """Alice's list: 1 the documented room, 2 a chat with dora, 3 a room "Zoo", 4 contextual, 5 in the bin."""
    weavy.chat("alice", 4)
    weavy.chat("alice", 1, 14, name="Zoo")
    weavy.do("alice", "POST", "/api/apps/init", {"app": {"uid": "invoice-7", "name": "Invoice"}})
    weavy.do("alice", "PATCH", "/api/apps/3", {"tags": ["animals"]})
    weavy.chat("alice", 1, 4, name="Old")
    weavy.do("alice", "POST", "/api/apps/5/trash")
    return weavy


FILTERS = [
    ("", [1, 4, 3, 2]),
    ("contextual=true", [4]),
    ("contextual=false", [1, 3, 2]),
    ("contextual=null", [1, 4, 3, 2]),
    (f"type={PRIVATE}", [2]),
    (f"type={{{ROOM.upper()}}}", [1, 3]),
    (f"type={CONTEXTUAL}&contextual=false", []),
    ("type=00000000-0000-0000-0000-000000000000", []),
    ("unread=true", [1]),
    ("unread=false", [4, 3, 2]),
    ("unread=", [1, 4, 3, 2]),
    ("trashed=true", [5]),
    ("trashed=null", [1, 5, 4, 3, 2]),
    ("q=zoo", [3]),
    ("q=DALE", [1, 2]),
    ("q=*", [1, 4, 3, 2]),
    ("q=", [1, 4, 3, 2]),
    ("tag=animals", [3]),
    ("tag=plants", []),
    ("q=o&unread=false&tag=animals", [3]),
    ("unknown=1", [1, 4, 3, 2]),
]


@pytest.mark.parametrize(("query", "ids"), FILTERS)
def test_a_filter_leaves_over(filled: WeavyDesk, query: str, ids: list[int]) -> None:
    """In reading order; the number of all agrees."""
    listed = filled.get("alice", f"/api/conversations?{query}")
    assert ([one["id"] for one in listed["data"]], listed["count"]) == (ids, len(ids))


SORTS = [
    ("order_by=id", [1, 2, 3, 4]),
    ("orderby=id+desc", [4, 3, 2, 1]),
    ("orderBy=Id%20DESC", [4, 3, 2, 1]),
    ("order_by=display_name", [2, 4, 1, 3]),
    ("order_by=name", [2, 4, 1, 3]),
    ("order_by=isunread+desc,id+desc", [1, 4, 3, 2]),
    ("order_by=last_message_at,id", [2, 3, 4, 1]),
    ("order_by=member_count,id+desc", [4, 3, 2, 1]),
    ("order_by=pinned_at+desc,id", [3, 1, 2, 4]),
    ("order_by=is_starred+desc,id", [2, 1, 3, 4]),
    ("order_by=type,id", [2, 4, 1, 3]),
    ("order_by=modified_at+desc,id", [3, 1, 2, 4]),
]


@pytest.mark.parametrize(("query", "ids"), SORTS)
def test_a_sort_order(filled: WeavyDesk, query: str, ids: list[int]) -> None:
    """Several fields, both directions; what has no value comes first upwards."""
    filled.do("alice", "PUT", "/api/conversations/3/pin")
    filled.do("alice", "POST", "/api/apps/2/stars")
    assert filled.ids("alice", query) == ids


PAGES: list[tuple[str, Any]] = [
    ("top=2", ([1, 4], 1, 2, 4)),
    ("top=2&skip=2", ([3, 2], 3, 4, 4)),
    ("top=2&skip=3", ([2], 4, 4, 4)),
    ("skip=-7&top=1", ([1], 1, 1, 4)),
    ("skip=9", ([], None, None, 4)),
    ("top=0", ([], None, None, 4)),
    ("top=-1", ([], None, None, 4)),
    ("top=1000", ([1, 4, 3, 2], 1, 4, 4)),
    ("top=1&count=false", ([1], 1, 1, None)),
    ("unread=true&top=1&skip=1", ([], None, None, 1)),
    ("unread=false&top=1&skip=1", ([3], 2, 2, 3)),
    ("q=*&order_by=id&top=2&skip=1", ([2, 3], 2, 3, 4)),
]


@pytest.mark.parametrize(("query", "expected"), PAGES)
def test_a_page(filled: WeavyDesk, query: str, expected: Any) -> None:
    """Items, one-based start and end, number of all; what is not said is left out (A15)."""
    listed = filled.get("alice", f"/api/conversations?{query}")
    shown = [one["id"] for one in listed["data"]], *map(listed.get, ("start", "end", "count"))
    assert shown == expected


@pytest.mark.parametrize("query", ["count_only=true", "countOnly=True&top=1", "count_only=true&count=false"])
def test_the_number_alone(filled: WeavyDesk, query: str) -> None:
    """Exactly one member."""
    assert filled.get("alice", f"/api/conversations?{query}") == {"count": 4}


def test_the_service_leaves_out_an_empty_array() -> None:
    """Under the other value of the quirk an empty page has no data."""
    assert WeavyDesk(truth="service").get("alice", "/api/conversations?skip=9") == {"count": 1}


REFUSED = ["top=x", "skip=1.5", "count=2", "type=room", "order_by=color", "order_by=id+up", "trashed=1", "unread=yes"]


@pytest.mark.parametrize("query", REFUSED)
def test_a_bad_value_is_refused(weavy: WeavyDesk, query: str) -> None:
    """A 400 that names the parameter."""
    answer = weavy.do("alice", "GET", f"/api/conversations?{query}")
    assert (answer.status, list(answer.data["errors"])) == (400, [query.partition("=")[0]])


def test_a_summary_has_no_members_but_the_last_message(weavy: WeavyDesk) -> None:
    """What is costly is in the detail alone."""
    one = weavy.get("alice", "/api/conversations")["data"][0]
    assert ("members" in one, one["last_message"]["text"]) == (False, "Which book is next?")


def test_the_newest_message_comes_first(weavy: WeavyDesk) -> None:
    """A message moves its conversation up for all members, also while the clock stands still."""
    number = weavy.chat("alice", 4)
    assert weavy.ids("alice") == [1, number]
    weavy.write("dora", number)
    assert (weavy.ids("alice"), weavy.ids("dora")) == ([number, 1], [number, 1])


def test_a_list_shows_what_changed_since_the_last_one(weavy: WeavyDesk) -> None:
    """Whatever a list shows follows every change: names, messages, flags, members, presence."""
    number = weavy.chat("alice", 4)
    changes = [
        ("dora", "POST", f"/api/apps/{number}/messages", {"text": "Hi"}),
        ("alice", "PUT", f"/api/conversations/{number}/mark", b""),
        ("alice", "DELETE", f"/api/conversations/{number}/mark", b""),
        ("alice", "PUT", f"/api/conversations/{number}/pin", b""),
        ("alice", "DELETE", f"/api/conversations/{number}/pin", b""),
        ("alice", "POST", f"/api/apps/{number}/stars", b""),
        ("alice", "DELETE", f"/api/apps/{number}/stars", b""),
        ("alice", "PATCH", f"/api/apps/{number}", {"name": "Tea"}),
    ]
    seen = [weavy.get("alice", "/api/conversations?order_by=id")["data"][-1]]
    for uid, method, path, body in changes:
        weavy.do(uid, method, path, body)
        seen.append(weavy.get("alice", "/api/conversations?order_by=id")["data"][-1])
    weavy.ask("PUT", "/api/users/dora", {"name": "Dora D."}, token="wys_x")
    seen.append(weavy.get("alice", "/api/conversations?order_by=id")["data"][-1])
    assert all(before != after for before, after in pairwise(seen))
