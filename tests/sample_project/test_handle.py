"""Users of the SuperApp are answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from support_desk import SupportDesk

from chatsim.client import World

USER = {"tenant": "flutter", "user": "44444444444", "service": "fc6478a7-320f-40ca-9f90-4e3d2443f293"}


@pytest.fixture
def chatsim_options() -> Mapping[str, Any]:
    """Time stands still."""
    return {"clock": {"mode": "frozen", "at": "2026-01-01T12:00:00Z"}}


@pytest.mark.parametrize("text", [f"Question {number}" for number in range(120)])
def test_a_text_is_answered(desk: SupportDesk, chatsim: World, text: str) -> None:
    """What was delivered is handled, and the answer arrives in the same conversation."""
    receiver = chatsim.callbacks.receiver()
    chatsim.set_settings(**{"kobil.callback_url": receiver.url})
    chatsim.kobil.send_text(text=text, **USER)
    (callback,) = receiver.wait()
    assert callback.json["message"]["timestamp"] == "2026-01-01T12:00:00.000Z"
    desk.handle(callback.json)
    assert chatsim.journal.one(path="*/message")["request"]["body"]["messageContent"] == {
        "messageText": f"Thank you for: {text}"
    }


@pytest.mark.parametrize("number", range(80))
def test_who_opens_the_chat_is_greeted(desk: SupportDesk, chatsim: World, number: int) -> None:
    """With the same ids in every world, since the seed is the same."""
    receiver = chatsim.callbacks.receiver()
    chatsim.set_settings(**{"kobil.callback_url": receiver.url})
    told = chatsim.kobil.open_chat(**USER)
    assert told["message_id"] == "B1q9nsKzN2TENpVfs6"
    with chatsim.journal.expect(path="*/message", status=200):
        desk.handle(receiver.wait()[0].json)
