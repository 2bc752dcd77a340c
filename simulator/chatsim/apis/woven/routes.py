"""The table of the Woven City Chat API."""

from __future__ import annotations

from typing import Final

from chatsim.apis.woven.operations import send_message
from chatsim.core.api import Route

ROUTES: Final = (
    Route(
        method="POST",
        # The document's schema has the slash, its curl call has not; the real framework serves both.
        path="/mini-app-runtime/v1/chat/",
        slash=True,
        operation=send_message,
        title="Send a chat message to residents",
        body="send-message",
        replies={200: "send-message-reply"},
    ),
)
