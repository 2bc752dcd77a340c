"""Every control call refuses what its row does not declare."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from desk import Desk

from chatsim.control.intake import ANY_QUERY, NO_BODY, undeclared
from chatsim.core.api import Route
from chatsim.core.dialect import references
from chatsim.core.http import Reply

NUMBERS = ("limit", "since", "until", "last_event_id")
BOUNDED = {"int32", "int64"}


@cache
def shared() -> Desk:
    """One simulator for all rows: none of these calls changes anything."""
    return Desk()


def target(row: Route) -> str:
    """A path of the row, in the world that is always there."""
    return re.sub(r"{\w+}", "a", row.path.replace("{w}", "default"))


def query_members(row: Route) -> dict[str, Any]:
    """What the query of the row may hold."""
    assert row.query is not None
    members: dict[str, Any] = shared().simulator.schemas.get(f"_sim/{row.query}").document["properties"]
    return members


def pointers(row: Route, query: str, body: bytes = b"") -> list[str]:
    """Where the errors are that such a call is refused with."""
    answer = shared().ask(row.method, target(row) + query, body)
    assert (answer.status, answer.headers["Content-Type"]) == (422, "application/problem+json"), answer.body
    assert answer.bug == ""
    return [one["pointer"] for one in answer.data["errors"]]


def named(row: Route) -> str:
    """A test's id."""
    return f"{row.method} {row.path}"


ROWS = shared().simulator.control.routes
each_row = pytest.mark.parametrize("row", ROWS, ids=named)
each_query = pytest.mark.parametrize("row", [row for row in ROWS if row.query != ANY_QUERY], ids=named)


@each_query
def test_unknown_parameter(row: Route) -> None:
    """A parameter that the call does not know is refused by name."""
    assert pointers(row, "?nonsense=1") == ["/nonsense"]


@each_query
def test_parameter_twice(row: Route) -> None:
    """A parameter that is there twice is refused, whether it is known or not."""
    name = next((one for one in query_members(row) if one != "label"), "nonsense")
    assert pointers(row, f"?{name}=1&{name}=1") == [f"/{name}"]


@pytest.mark.parametrize("query", ["?verbose", "?_=1&_=1", "?%ff"])
@pytest.mark.parametrize("path", ["/_sim/livez", "/_sim/readyz"])
def test_health_is_told_whatever_the_query(path: str, query: str) -> None:
    """A prober that adds something to its address does not find a simulator in order ill."""
    assert shared().ask("GET", path + query).status == 200


@each_row
@pytest.mark.parametrize("value", ["-1", "1.5", "NaN", "1e400", "9" * 30, "%D9%A1", "", "+1", "0x1"])
def test_parameter_that_is_no_number(row: Route, value: str) -> None:
    """Where a number is wanted, nothing else is taken for one."""
    for name in NUMBERS:
        if name in query_members(row):
            assert pointers(row, f"?{name}={value}") == [f"/{name}"]


@each_row
def test_mark_that_is_not_there(row: Route) -> None:
    """A list goes on only after something that is in it."""
    if "after" in query_members(row):
        assert pointers(row, "?after=nowhere") == ["/after"]


@each_query
def test_query_that_is_not_utf_8(row: Route) -> None:
    """Bytes that are no UTF-8 are not taken for some text."""
    assert shared().ask(row.method, f"{target(row)}?nonsense=%ff").status == 400


@each_row
def test_unknown_member(row: Route) -> None:
    """A member that the body does not know is refused, also by calls that take no body."""
    found = pointers(row, "", b'{"nonsense":1}')
    assert "/nonsense" in found or row.body == "snapshot"


@each_row
def test_member_twice(row: Route) -> None:
    """A member that is there twice is refused where it stands."""
    assert pointers(row, "", b'{"a":[{"b/c":1,"b/c":1}]}') == ["/a/0/b~1c"]


@each_row
@pytest.mark.parametrize("body", [b"null", b"[]", b"[1]", b'"text"', b"0", b"true"])
def test_body_that_is_no_object(row: Route, body: bytes) -> None:
    """What is no object is refused as a whole."""
    assert pointers(row, "", body)[0] == ""


@each_row
@pytest.mark.parametrize("body", [b"{", b"nonsense", b"\xff", b'"\xff"', b'{"a":NaN}', b'{"a":1e400}', b"{}{}", b" "])
def test_body_that_is_no_json(row: Route, body: bytes) -> None:
    """What cannot be read is refused with 400, by calls that take no body too."""
    answer = shared().ask(row.method, target(row), body)
    assert (answer.status, answer.headers["Content-Type"], answer.bug) == (400, "application/problem+json", "")


@pytest.mark.parametrize("row", [row for row in ROWS if row.body == NO_BODY], ids=named)
def test_empty_object(row: Route) -> None:
    """A call that takes no body takes an empty object: many clients send one."""
    if row.path != "/_sim/events":
        assert Desk().ask(row.method, target(row), {}).status in (200, 204, 404, 422)


@each_row
def test_unknown_world_first(row: Route) -> None:
    """That there is no such world is said before what else is wrong."""
    if "{w}/" in row.path:
        path = re.sub(r"{\w+}", "a", row.path.replace("{w}", "nowhere"))
        assert shared().ask(row.method, f"{path}?nonsense=1", {"nonsense": 1}).status == 404


def numbers(schema: Any, where: str) -> Iterator[str]:
    """Where a schema lets a number be as large as it likes."""
    if isinstance(schema, dict):
        kinds = schema.get("type", ())
        if {"integer", "number"} & set([kinds] if isinstance(kinds, str) else kinds):
            most, least = {"maximum", "exclusiveMaximum"}, {"minimum", "exclusiveMinimum"}
            if not (schema.get("format") in BOUNDED or (most & schema.keys() and least & schema.keys())):
                yield where
        for name, inner in schema.items():
            if name not in ("examples", "default", "const", "enum"):
                yield from numbers(inner, f"{where}/{name}")
    elif isinstance(schema, list):
        for place, inner in enumerate(schema):
            yield from numbers(inner, f"{where}/{place}")


@each_row
def test_numbers_have_bounds(row: Route) -> None:
    """No number of any body may be as large or as small as it likes."""
    simulator = shared().simulator
    assert row.body is not None
    names = [simulator.control.schema(row.body)]
    for name in names:
        document = simulator.schemas.get(name).document
        assert list(numbers(document, name)) == []
        siblings = [f"{name.partition('/')[0]}/{one}" for one in references(document)]
        names += [one for one in siblings if one not in names]


def test_row_that_declares_nothing() -> None:
    """A row that does not say what it takes keeps the simulator from starting."""
    row = Route(method="GET", path="/_sim/new", operation=lambda state, call: Reply(), replies={})
    assert undeclared([row]) == ["GET /_sim/new"]
    assert undeclared(shared().simulator.control.routes) == []


def test_har_of_a_few() -> None:
    """A HAR file holds no more entries than its limit says."""
    desk = Desk()
    for _ in range(3):
        desk.ask("GET", "/nowhere")
    assert len(desk.ask("GET", "/_sim/worlds/default/journal.har?limit=2").data["log"]["entries"]) == 2
