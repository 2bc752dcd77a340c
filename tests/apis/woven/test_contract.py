"""The schemas against the document's own OpenAPI text, and the declaration of the API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from samples import SCHEMAS, samples_of

from chatsim.apis.woven import API

ANNOTATIONS = {"$schema", "$id", "title", "description", "examples"}


def documented() -> dict[str, Any]:
    """The operation in the document's OpenAPI text."""
    sample = next(one for one in samples_of("woven") if one.id == "openapi")
    operation: dict[str, Any] = json.loads(sample.text)["/mini-app-runtime/v1/chat/"]["post"]
    return operation


def ours(name: str) -> dict[str, Any]:
    """A schema file without its annotations."""
    read: dict[str, Any] = json.loads((SCHEMAS / "woven" / f"{name}.json").read_text(encoding="utf-8"))
    return {keyword: value for keyword, value in read.items() if keyword not in ANNOTATIONS}


def test_the_request() -> None:
    """The request schema is the document's, keyword by keyword."""
    assert ours("send-message") == documented()["requestBody"]["content"]["application/json"]["schema"]


def test_the_reply() -> None:
    """The reply schema is the document's, keyword by keyword."""
    assert ours("send-message-reply") == documented()["responses"]["200"]["content"]["application/json"]["schema"]


def test_the_route_is_the_documents() -> None:
    """One route, of the documented method and path."""
    assert [(route.method, route.path) for route in API.routes] == [("POST", "/mini-app-runtime/v1/chat/")]


@pytest.mark.parametrize("quirk", API.quirks, ids=lambda quirk: quirk.name)
def test_quirks_are_named_after_the_api(quirk: Any) -> None:
    """A quirk's name tells whose it is, and its source is said."""
    assert quirk.name.startswith("woven.")
    assert quirk.source
