"""The answer of another user that a test can have without a second client."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from chatsim.apis.m3o.state import Message
from chatsim.core.api import Call
from chatsim.core.effects import Later

AFTER_S: Final = 1.0
NOBODY: Final = "simulator"


def auto_reply(call: Call, operation: str, owner: str, place: str, message: Message) -> tuple[Later, ...]:
    """Plan the answer to `message`, if the setting wants one.

    `owner` is the namespace or tenant, `place` the chat or group.

    What a timer said is not answered: two simulators would talk for ever.
    """
    wanted = call.setting("m3o.auto_reply")
    if wanted == "off" or call.entry.kind == "timer":
        return ()
    text = message.members.get("text", "") if wanted == "echo" else wanted
    args = {"owner": owner, "place": place, "to": message.members["user_id"], "text": text}
    return (Later(operation=operation, args=args, after_s=AFTER_S),)


def somebody_else(user_ids: Iterable[str], user_id: str) -> str:
    """Who answers: the first other user, or the simulator itself."""
    return next((one for one in user_ids if one != user_id), NOBODY)
