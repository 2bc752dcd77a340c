"""Which messages of a chat or group a reader gets, in which order."""

from __future__ import annotations

from typing import Final

from chatsim.apis.m3o.state import Message
from chatsim.core.api import Call
from chatsim.core.clock import SECOND

NEWEST: Final = 50
DAY: Final = 24 * 3600 * SECOND


def in_order(call: Call, messages: list[Message]) -> list[Message]:
    """The messages as sent, or under a quirk in the order of their ids."""
    by_id = call.quirk("m3o.history-order") == "id"
    return sorted(messages, key=lambda message: message.id) if by_id else messages


def of_chat(call: Call, messages: list[Message]) -> list[Message]:
    """The newest fifty, oldest first; whether newest or oldest, the source leaves open [guess]."""
    if call.quirk("m3o.history-expiry") == "day":
        messages = [message for message in messages if message.at > call.now - DAY]
    most = 1 if call.quirk("m3o.history-limit") == "one" else NEWEST
    return in_order(call, messages[-most:])
