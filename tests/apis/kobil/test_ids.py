"""The identifiers: forms decoded from the document's samples, and the order they promise."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsim.apis.kobil import ids

SAMPLES = Path(__file__).parents[3] / "fixtures" / "kobil" / "samples.json"
NOON = 1_714_743_940_791_000_000


def callback_messages() -> list[Any]:
    """The inner object of every callback sample of the document."""
    samples = json.loads(SAMPLES.read_text(encoding="utf-8"))["samples"]
    return [json.loads(s["text"])["message"] for s in samples if s["role"] == "callback"]


def milliseconds(text: str) -> int:
    """The moment of a timestamp, in milliseconds since 1970."""
    moment = datetime.fromisoformat(text)
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)


@pytest.mark.parametrize("message", callback_messages(), ids=lambda m: m["content"]["messageType"])
def test_documented_id_holds_the_time_of_its_message(message: Any) -> None:
    """The newest id of every documented callback decodes to within two seconds of its timestamp."""
    newest = message.get("responseId", message["messageId"])
    lag = ids.decode_message_id(newest).at_ms - milliseconds(message["timestamp"])
    assert 0 < lag < 2_000


def test_signature_sample_names_the_request_and_then_the_answer() -> None:
    """In the signature sample messageId is a minute older than responseId: it is the request's."""
    message = callback_messages()[-1]
    request, answer = (ids.decode_message_id(message[k]).at_ms for k in ("messageId", "responseId"))
    assert 60_000 < answer - request < 70_000


@pytest.mark.parametrize("index", [2, 3])
def test_documented_media_id_starts_with_the_message_id(index: int) -> None:
    """A mediaId is base64 of the id of the message beside it and a second id."""
    message = callback_messages()[index]
    media = message["content"]["mediaContent"]["mediaId"]
    carrier, file = ids.decode_media_id(media)
    assert (carrier, ids.media_id(carrier, file)) == (message["messageId"], media)


def test_documented_file_name_of_a_picture_is_its_moment() -> None:
    """The camera's file name counts microseconds and lies just before the message."""
    message = callback_messages()[2]
    taken = int(message["content"]["mediaContent"]["fileName"].removesuffix(".jpeg"))
    sent = milliseconds(message["timestamp"])
    assert 0 <= sent - taken // 1000 < 2_000
    assert ids.camera_file_name(taken * 1000, "jpeg") == "1649919101370203.jpeg"


def test_ids_of_one_moment_rise() -> None:
    """While the clock stands still every next id sorts behind the one before."""
    made = ids.MessageIds()
    series = [made.next(NOON, bytes([255 - n, 0, 0, 0])) for n in range(200)]
    assert series == sorted(set(series))


def test_ids_rise_when_the_clock_is_set_back() -> None:
    """An id made after the clock was set back still sorts last."""
    made = ids.MessageIds()
    before = made.next(NOON, b"\xff" * 4)
    assert made.next(NOON - 3_600_000_000_000, b"\0" * 4) > before


def test_id_is_literally_stable() -> None:
    """Same moment, same number, same chance: the same id in every release."""
    assert ids.MessageIds().next(NOON, b"\x01\x02\x03\x04") == "AhW2ptxSo0B56jxTyG"


@given(st.integers(0, 2**42), st.integers(0, 2**64 - 1))
def test_every_id_decodes_to_what_it_was_made_of(at_ms: int, low: int) -> None:
    """Encoding and decoding are inverse for every moment until the year 2109."""
    parts = ids.MessageId(at_ms, low)
    assert ids.decode_message_id(ids.encode_message_id(parts)) == parts


@given(st.integers(0, 2**42), st.integers(0, 2**42))
def test_ids_sort_as_their_moments(first: int, second: int) -> None:
    """Ids compare as strings the way their moments compare as numbers."""
    texts = [ids.encode_message_id(ids.MessageId(at, 5)) for at in (first, second)]
    assert (texts[0] < texts[1]) == (first < second)


@pytest.mark.parametrize("at_ms", [-1, 2**64])
def test_moment_out_of_range_is_refused(at_ms: int) -> None:
    """A moment that 18 characters cannot hold is an error, not a longer id."""
    with pytest.raises(ValueError, match="18 characters"):
        ids.encode_message_id(ids.MessageId(at_ms, 0))


@pytest.mark.parametrize("text", ["", "AHfDYvVCF6FbvdIpp", "AHfDYvVCF6FbvdIpp-", "ÄHfDYvVCF6FbvdIppv"])
def test_text_that_is_no_id_is_refused(text: str) -> None:
    """Wrong length or a character outside base62 raises ValueError."""
    with pytest.raises(ValueError, match=r"base62|characters"):
        ids.decode_message_id(text)


@pytest.mark.parametrize("text", ["%%%", "QUI=", "w6Q6w6Q="])
def test_text_that_is_no_media_id_is_refused(text: str) -> None:
    """No base64, no colon or no ASCII raises ValueError."""
    with pytest.raises(ValueError, match="is not a mediaId"):
        ids.decode_media_id(text)


def test_conversation_id_has_the_documented_form() -> None:
    """44 characters of base64, other ones for another user."""
    mine, other = (ids.conversation_id("flutter", "service", user) for user in ("a", "b"))
    assert (len(mine), mine[-1], mine == other) == (44, "=", False)


@pytest.mark.parametrize(
    ("now", "text"),
    [(0, "1970-01-01T00:00:00.000Z"), (NOON, "2024-05-03T13:45:40.791Z"), (NOON + 999_999, "2024-05-03T13:45:40.791Z")],
)
def test_timestamp_has_three_digits(now: int, text: str) -> None:
    """Timestamps are UTC with exactly three digits, cut and not rounded."""
    assert ids.timestamp(now) == text
