"""Whatever is sent: never a 500, never a traceback, always an answer that the schemas describe."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from desk import Answer, Desk
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import validator
from woven_calls import CHAT, MESSAGE, issue

from chatsim.apis.woven import API

DESK: Final = Desk(apis=[API])
SHAPES: Final = {200: "send-message-reply"}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
near = st.fixed_dictionaries(
    {},
    optional={
        "message": values | st.text(),
        "woven_ids": values | st.lists(st.text() | values, max_size=4),
        "project_id": values | st.just(MESSAGE["project_id"]),
        "extra": values,
    },
)
bodies = st.binary() | st.one_of(values, near).map(lambda value: json.dumps(value).encode())
kinds = st.sampled_from(["application/json", "text/plain", "application/xml", "", "application/json; charset=x"])
paths = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="?#"), max_size=12)


def assert_sound(answer: Answer) -> Any:
    """The answer is none of ours to be ashamed of; its JSON is returned."""
    assert answer.bug == ""
    assert answer.status < 500
    assert b"Traceback" not in answer.body
    return answer.data


@pytest.mark.parametrize("truth", ["document", "service"])
@given(body=bodies, kind=kinds)
@settings(max_examples=examples(300), deadline=None)
def test_bodies(truth: str, body: bytes, kind: str) -> None:
    """Any bytes under any content type are accepted or refused in the documented shape."""
    if truth not in DESK.simulator.worlds:
        DESK.make_world(truth, truth=truth)
    token = issue(DESK, world=truth)
    answer = DESK.ask("POST", CHAT, body, headers={"Content-Type": kind}, token=token, world=truth)
    data = assert_sound(answer)
    assert validator(f"woven/{SHAPES.get(answer.status, 'error')}").is_valid(data)


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "BREW"]),
    prefix=st.sampled_from(["/mini-app-runtime", "/mini-app-runtime/v1/chat", "//mini-app-runtime/"]),
    rest=paths,
)
@settings(max_examples=examples(300), deadline=None)
def test_paths(method: str, prefix: str, rest: str) -> None:
    """Any path of the territory has an answer of this API."""
    answer = DESK.ask(method, f"{prefix}/{rest}")
    data = assert_sound(answer)
    shape = "woven/not-found" if answer.status == 404 else "woven/error"
    assert validator(shape).is_valid(data)


@given(header=st.text(st.characters(min_codepoint=32, max_codepoint=255)))
@settings(max_examples=examples(200), deadline=None)
def test_authorization_headers(header: str) -> None:
    """Any text in the header is refused with 400 or 401."""
    for text in (header, f"Bearer {header}"):
        answer = DESK.ask("POST", CHAT, MESSAGE, headers={"Authorization": text})
        assert_sound(answer)
        assert answer.status in (400, 401)
