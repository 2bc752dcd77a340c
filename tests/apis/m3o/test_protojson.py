"""Names in proto3's JSON mapping."""

from __future__ import annotations

from typing import Any

import pytest

from chatsim.apis.m3o.protojson import Spelling, camel_case, normalise

KNOWN = Spelling(["chat_id", "user_id", "text"])


@pytest.mark.parametrize(
    ("name", "camel"), [("text", "text"), ("chat_id", "chatId"), ("a_b_c", "aBC"), ("user_ids", "userIds")]
)
def test_camel_case(name: str, camel: str) -> None:
    """An underscore goes, the letter after it is raised."""
    assert camel_case(name) == camel


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"chat_id": "c", "text": "t"}, {"chat_id": "c", "text": "t"}),
        ({"chatId": "c"}, {"chat_id": "c"}),
        ({"chat_id": None, "text": None}, {}),
        ({"chatId": "camel", "chat_id": "snake"}, {"chat_id": "camel"}),
        ({"chat_id": "snake", "chatId": "camel"}, {"chat_id": "camel"}),
        ({"chat_id": "snake", "chatId": None}, {"chat_id": "snake"}),
        ({"ChatID": "c"}, {"ChatID": "c"}),
        ({"nope": None}, {"nope": None}),
        ({"chat_id": 7}, {"chat_id": 7}),
    ],
)
def test_normalise(body: dict[str, Any], fields: dict[str, Any]) -> None:
    """Both spellings become the field's name, null goes, and everything else is left for the schema to refuse."""
    assert normalise(body, KNOWN) == fields
