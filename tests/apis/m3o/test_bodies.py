"""Any body at all: what is not understood is refused in the service's words, and never breaks anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest
from desk import Answer, Desk
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatsim.apis.m3o import API
from chatsim.apis.m3o.protojson import camel_case

DOCUMENTED: Final = "bed4f0f0-da12-46d2-90d2-17ae1714a214"
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "/chat/New": ("user_ids",),
    "/chat/Send": ("client_id", "chat_id", "user_id", "subject", "text"),
    "/chat/History": ("chat_id",),
    "/v1/chat/Create": ("name", "description", "user_ids", "private"),
    "/v1/chat/New": ("name", "description", "user_ids", "private"),
    "/v1/chat/List": ("user_id",),
    "/v1/chat/Delete": ("group_id", "room_id"),
    "/v1/chat/History": ("group_id", "room_id"),
    "/v1/chat/Send": ("client", "group_id", "room_id", "user_id", "subject", "text"),
    "/v1/chat/Invite": ("group_id", "room_id", "user_id"),
    "/v1/chat/Kick": ("group_id", "room_id", "user_id"),
    "/v1/chat/Leave": ("group_id", "room_id", "user_id"),
}
LISTS: Final = {"user_ids"}
FLAGS: Final = {"private"}

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
DESK: Final = Desk(apis=[API])
EXAMPLES: Final = settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A slow machine is no reason to fail."""


def ask(path: str, body: Any = b"", headers: Mapping[str, str] | None = None) -> Answer:
    """Call with a token nobody set up, on one simulator for all examples: no answer may depend on earlier ones."""
    return DESK.ask("POST", path, body, token="key", headers=headers)


def understood(answer: Answer) -> bool:
    """Whether the answer is one that the service could give: 200, or an error of four members with its own status."""
    assert answer.bug == ""
    if answer.status == 200:
        return True
    data = answer.data
    return list(data) == ["id", "code", "detail", "status"] and data["code"] == answer.status and bool(data["detail"])


def well_typed(name: str) -> st.SearchStrategy[Any]:
    """Values that a field takes; null is missing."""
    if name in LISTS:
        return st.none() | st.lists(st.text(max_size=8), max_size=4)
    return st.none() | (st.booleans() if name in FLAGS else st.text(max_size=8) | st.just(DOCUMENTED))


def bodies(path: str) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies whose names and types are right, whatever they hold."""
    return st.fixed_dictionaries({}, optional={name: well_typed(name) for name in FIELDS[path]})


@pytest.mark.parametrize("path", FIELDS)
@given(data=st.data())
@EXAMPLES
def test_right_names_and_types_are_never_a_wrong_shape(path: str, data: st.DataObject) -> None:
    """They are answered, or miss something: 200 or 400."""
    answer = ask(path, data.draw(bodies(path)))
    assert understood(answer)
    assert answer.status in (200, 400)


@pytest.mark.parametrize("path", FIELDS)
@given(body=VALUES)
@EXAMPLES
def test_any_json_is_answered(path: str, body: Any) -> None:
    """With any value in place of the body."""
    assert understood(ask(path, body))


@pytest.mark.parametrize("path", FIELDS)
@given(data=st.data(), value=VALUES)
@EXAMPLES
def test_any_value_of_a_field_is_answered(path: str, data: st.DataObject, value: Any) -> None:
    """With any value in place of a right one."""
    body = data.draw(bodies(path)) | {data.draw(st.sampled_from(FIELDS[path])): value}
    assert understood(ask(path, body))


@pytest.mark.parametrize("path", ["/chat/Send", "/v1/chat/Send"])
@given(raw=st.binary(), label=st.sampled_from(["application/json", "application/x-www-form-urlencoded", "x/y"]))
@EXAMPLES
def test_any_bytes_are_answered(path: str, raw: bytes, label: str) -> None:
    """Under any label."""
    assert understood(ask(path, raw, {"Content-Type": label}))


@given(query=st.text(st.characters(min_codepoint=33, max_codepoint=126)))
@EXAMPLES
def test_any_query_is_answered(query: str) -> None:
    """Broken escapes and brackets included."""
    assert understood(DESK.ask("GET", f"/chat/History?{query}", token="key"))


@pytest.mark.parametrize("path", ["/chat/New", "/chat/History", "/v1/chat/Kick", "/v1/chat/History"])
@given(data=st.data())
@EXAMPLES
def test_both_spellings_mean_the_same(path: str, data: st.DataObject) -> None:
    """Whichever way a name is written, the answer is the same."""
    body = data.draw(bodies(path))
    spelled = {camel_case(name): value for name, value in body.items()}
    assert ask(path, spelled).body == ask(path, body).body


@pytest.mark.parametrize("path", FIELDS)
@given(name=st.text(min_size=1), value=VALUES)
@EXAMPLES
def test_unknown_names_are_refused(path: str, name: str, value: Any) -> None:
    """Whatever they hold, null included."""
    known = {*FIELDS[path], *map(camel_case, FIELDS[path])}
    answer = ask(path, {name: value})
    assert understood(answer)
    assert name in known or answer.status == 500
