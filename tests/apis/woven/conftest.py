"""A desk with Woven alone, and a message that is sent."""

from __future__ import annotations

from typing import Any

import pytest
from desk import Answer, Desk
from woven_calls import CHAT, MESSAGE, Send, issue

from chatsim.apis.woven import API


@pytest.fixture
def desk() -> Desk:
    """A simulator with only this API."""
    return Desk(apis=[API])


@pytest.fixture
def send(desk: Desk) -> Send:
    """Send the message, its members changed as named; with a fresh token of client `backend` unless one is given."""

    def go(*, token: str | None = None, world: str = "default", **members: Any) -> Answer:
        return desk.ask("POST", CHAT, {**MESSAGE, **members}, token=token or issue(desk, world=world), world=world)

    return go
