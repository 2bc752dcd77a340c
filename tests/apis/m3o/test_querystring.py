"""What the gateway makes of query strings and forms."""

from __future__ import annotations

from typing import Any

import pytest

from chatsim.apis.m3o.querystring import form_fields, query_fields
from chatsim.core.errors import ApiError


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("a=x", {"a": "x"}),
        ("a=x&b=y", {"a": "x", "b": "y"}),
        ("a=x&a=y", {"a": "y"}),
        ("a=5&b=true&c=null&d=1.5", {"a": 5, "b": True, "c": None, "d": 1.5}),
        ("a=%22x%22", {"a": "x"}),
        ("a=[1,2]", {"a": [1, 2]}),
        ("a=", {"a": ""}),
        ("a=x+y%26z", {"a": "x y&z"}),
        ("a=\\n", {"a": "\n"}),
        ("a[]=x&a[]=y", {"a": ["x", "y"]}),
        ("a%5B%5D=x", {"a": ["x"]}),
        ("a=z&a[]=x", {"a": ["x"]}),
        ("a[b]=x", {"a": {"b": "x"}}),
        ("a=b=c", {"a=b": "c"}),
    ],
)
def test_query(query: str, fields: dict[str, Any]) -> None:
    """A value is JSON if it can be, else text; the last equals sign divides."""
    assert query_fields(query) == fields


@pytest.mark.parametrize("query", ["a", "a=x&b", 'a=say "no"', "a=\\q", "&"])
def test_broken_query(query: str) -> None:
    """No equals sign, or text that is no text of JSON either."""
    with pytest.raises(ApiError, match="error during request: ") as caught:
        query_fields(query)
    assert (caught.value.status, caught.value.code) == (500, "go.micro.api")


@pytest.mark.parametrize(
    ("forms", "fields"),
    [
        (("a=x&b=5",), {"a": "x", "b": "5"}),
        (("a=x&a=y",), {"a": "x,y"}),
        (("a=x", "a=y&b="), {"a": "x,y", "b": ""}),
        (("a=x+y%26z",), {"a": "x y&z"}),
        (("",), {}),
    ],
)
def test_form(forms: tuple[str, ...], fields: dict[str, str]) -> None:
    """Everything is text, and what comes twice is joined, the body's first."""
    assert form_fields(*forms) == fields
