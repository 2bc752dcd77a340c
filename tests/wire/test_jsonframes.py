"""One JSON value a message, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsim.wire.jsonframes import INVALID_PAYLOAD, TOO_BIG, JsonFrames, OurFault, PeerFault, State

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.booleans())
def test_what_one_end_sends_the_other_receives(value: Any, binary: bool) -> None:
    """Two ends coupled agree on every value, in text and in binary messages."""
    assert JsonFrames().receive(JsonFrames(binary=binary).send(value)) == value


def test_sends_compact_text() -> None:
    """A client that compares text sees what the real gateway writes: no spaces, no escapes."""
    assert JsonFrames().send({"text": "Grüße", "n": [1, 2]}) == '{"text":"Grüße","n":[1,2]}'


def test_sends_binary_where_asked() -> None:
    """The real bridge writes binary messages under other content types."""
    assert JsonFrames(binary=True).send({}) == b"{}"


@pytest.mark.parametrize("message", ["", "{", "{} {}", b"\xff", '{"a":}', "[" * 100_000, "NaN"])
def test_refuses_what_is_no_json(message: str | bytes) -> None:
    """Broken JSON, broken UTF-8, nothing, two values and bottomless nesting are the peer's fault."""
    with pytest.raises(PeerFault) as caught:
        JsonFrames().receive(message)
    assert caught.value.code == INVALID_PAYLOAD


def test_takes_a_message_as_long_as_the_limit() -> None:
    """The limit counts bytes, and itself is allowed."""
    assert JsonFrames(limit=6).receive('"éé"') == "éé"


def test_refuses_a_message_longer_than_the_limit() -> None:
    """Four letters, seven bytes."""
    with pytest.raises(PeerFault, match="6 bytes, not 7") as caught:
        JsonFrames(limit=6).receive('"éé "')
    assert caught.value.code == TOO_BIG


def test_a_fault_of_the_peer_leaves_the_connection_to_its_owner() -> None:
    """Whether broken JSON ends the connection, and with which words, the API decides."""
    frames = JsonFrames()
    with pytest.raises(PeerFault):
        frames.receive("{")
    assert frames.state is State.OPEN


def test_forwards_what_is_encoded_already() -> None:
    """A message for many is encoded once."""
    assert [JsonFrames(binary=binary).forward(b"{}") for binary in (False, True)] == ["{}", b"{}"]


def test_takes_nothing_after_the_end() -> None:
    """Feeding a closed connection is a bug of ours, not the peer's."""
    frames = JsonFrames()
    frames.close()
    with pytest.raises(OurFault, match="nothing to take"):
        frames.receive("{}")


def test_sends_nothing_after_the_end() -> None:
    """A frame after the end would never arrive."""
    frames = JsonFrames()
    frames.close()
    with pytest.raises(OurFault, match="nothing to send"):
        frames.send({})


@pytest.mark.parametrize("value", [object(), [object()]])
def test_refuses_to_send_what_is_no_json(value: object) -> None:
    """Such a value is a bug of ours, and the connection stays open."""
    frames = JsonFrames()
    with pytest.raises(OurFault):
        frames.send(value)
    assert json.loads(frames.send({})) == {}
