"""What can be wrong with a request in every API: the deeds of `Spoil` that more than one script needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proofs import Ask, Client


def no_token(ask: Ask, client: Client) -> None:
    """No credentials."""
    ask.token = None


def other_type(ask: Ask, client: Client) -> None:
    """A content type that nobody reads."""
    ask.headers["Content-Type"] = "application/xml"


def broken(ask: Ask, client: Client) -> None:
    """A body that is no JSON."""
    ask.body = b"{"
    ask.headers.setdefault("Content-Type", "application/json")


def without(name: str) -> Callable[[Ask, Client], None]:
    """A member is missing."""

    def do(ask: Ask, client: Client) -> None:
        if isinstance(ask.body, dict):
            ask.body.pop(name, None)

    return do


def with_value(name: str, value: Any) -> Callable[[Ask, Client], None]:
    """A member has this value, where the body has members."""

    def do(ask: Ask, client: Client) -> None:
        if isinstance(ask.body, dict):
            ask.body[name] = value

    return do
