"""The grammar of query strings."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsim.apis.weavy.query import (
    PAGE,
    Page,
    Parameters,
    QueryError,
    envelope,
    flag,
    guid,
    integer,
    order,
    page,
    read,
    text,
)

ROOM = "edb400ac-839b-45a7-b2a8-6a01820d1c44"
FIELDS = ("id", "created_at", "name")


@pytest.mark.parametrize("written", ["order_by", "orderby", "orderBy", "OrderBy", "ORDER_BY"])
def test_a_name_is_found_without_case_and_underscores(written: str) -> None:
    """Real clients send every one of these."""
    assert read([(written, "x")], Parameters({"order_by": text})) == {"order_by": "x"}


def test_unknown_names_are_ignored_and_the_first_of_equal_names_counts() -> None:
    """As ASP.NET binds simple values."""
    pairs = [("other", "1"), ("top", "3"), ("TOP", "4")]
    assert read(pairs, Parameters(PAGE)) == {"top": 3}


def test_every_bad_value_is_named_at_once() -> None:
    """One refusal tells all that is wrong."""
    with pytest.raises(QueryError) as refused:
        read([("top", "x"), ("count", "maybe"), ("skip", "1")], Parameters(PAGE))
    assert set(refused.value.errors) == {"top", "count"}


VALUES = [
    (integer, "25", 25),
    (integer, " +7 ", 7),
    (integer, "-2147483648", -(2**31)),
    (integer, "", None),
    (flag, "true", True),
    (flag, "FALSE", False),
    (flag, "null", None),
    (flag, "", None),
    (guid, ROOM, ROOM),
    (guid, "{EDB400AC-839B-45A7-B2A8-6A01820D1C44}", ROOM),
    (guid, f"({ROOM})", ROOM),
    (guid, ROOM.replace("-", ""), ROOM),
    (guid, "", None),
    (text, "  two words ", "two words"),
    (text, " ", None),
    (order(FIELDS), "name", (("name", False),)),
    (order(FIELDS), "CreatedAt desc", (("created_at", True),)),
    (order(FIELDS), "createdat asc , Id DESC,", (("created_at", False), ("id", True))),
    (order(FIELDS), "", None),
]


@pytest.mark.parametrize(("parse", "raw", "value"), VALUES)
def test_a_value_is_read(parse: Any, raw: str, value: Any) -> None:
    """Each spelling gives its value; what is unset gives None."""
    assert parse(raw) == value


REFUSED = [
    (integer, "1.5"),
    (integer, "1_0"),
    (integer, "2147483648"),
    (integer, "٣"),
    (flag, "1"),
    (flag, "yes"),
    (guid, "room"),
    (guid, f"{{{ROOM}"),
    (guid, "edb400ac839b-45a7-b2a8-6a01820d1c44"),
    (order(FIELDS), "color"),
    (order(FIELDS), "name upwards"),
    (order(FIELDS), "name desc desc"),
]


@pytest.mark.parametrize(("parse", "raw"), REFUSED)
def test_a_value_is_refused_with_its_text(parse: Any, raw: str) -> None:
    """The refusal repeats what came."""
    with pytest.raises(ValueError, match="is not valid"):
        parse(raw)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, Page(top=25, skip=0, count=True, count_only=False)),
        ({"top": 1000, "skip": -5}, Page(top=100, skip=0)),
        ({"top": -1}, Page(top=0)),
        ({"count": False, "count_only": True}, Page(count=False, count_only=True)),
    ],
)
def test_a_page_is_clamped(values: dict[str, Any], expected: Page) -> None:
    """Out of range is no error: a real client asks for a thousand."""
    assert page(values) == expected


ENVELOPES = [
    (["a", "b"], 9, Page(skip=4), {"data": ["a", "b"], "start": 5, "end": 6, "count": 9}),
    (["a"], 9, Page(count=False), {"data": ["a"], "start": 1, "end": 1}),
    ([], 9, Page(top=0), {"data": [], "count": 9}),
    ([], 9, Page(count_only=True, count=False), {"count": 9}),
]


@pytest.mark.parametrize(("items", "total", "wanted", "body"), ENVELOPES)
def test_a_list_says_which_part_it_is(items: list[str], total: int, wanted: Page, body: dict[str, Any]) -> None:
    """Start and end count from one and are missing on an empty page."""
    assert envelope(items, total, wanted) == body


PARAMETERS = {**PAGE, "type": guid, "order_by": order(FIELDS), "q": text}


@given(st.lists(st.tuples(st.sampled_from([*PARAMETERS, "x"]) | st.text(max_size=8), st.text(max_size=12)), max_size=4))
def test_any_query_is_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    """No query makes anything but QueryError come out."""
    try:
        named = set(read(pairs, Parameters(PARAMETERS)))
    except QueryError as refused:
        named = set(refused.errors)
    assert named <= set(PARAMETERS)
