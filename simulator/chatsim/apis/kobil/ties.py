"""What has to hold in a state of KOBIL that somebody's document describes."""

from __future__ import annotations

from typing import Any, Final

from chatsim.apis.kobil.ids import decode_message_id
from chatsim.apis.kobil.state import Kobil, Message
from chatsim.core.clock import END
from chatsim.core.ties import Args, Each, Keyed, Owns, Refers, Shown, Ties, moment, within

_MS: Final = 1_000_000
_COUNTED: Final = 32


def _id(record: Any) -> Any:
    return record.id


def _readable(state: Kobil, message: Message) -> str | None:
    content = message.content
    if not isinstance(content, dict):
        return "its JSON is no object"
    if content and message.type == "choiceRequest":
        choices = content["messageContent"]["choices"]
        if not choices or not all(isinstance(one["text"], str) for one in choices):
            return "it has no choices"
    return None


def _given(state: Kobil, message: Message) -> str | None:
    made = decode_message_id(message.id)
    counted = made.low >> _COUNTED
    if made.at_ms > state.ids.latest_ms or counted > state.ids.made:
        return f"{message.id} would be given again: /ids is behind it"
    return None


TIES: Final = Ties(
    rules=(
        Keyed("services", _id),
        Keyed("users", lambda user: user.id.casefold()),
        Keyed("messages", _id),
        Keyed("media", _id),
        Each("users/*/tenants", bool, "has no tenant"),
        moment("messages/*/at"),
        within("ids/latest_ms", 0, END // _MS),
        within("ids/made", 0, 2**62),
        Shown("messages/*", _readable),
        Shown("messages/*", _given),
        Refers("messages/*/media", "media"),
        Owns("conversations", "", "messages", lambda message: message.conversation),
    ),
    timers=(Args("auto_reply", {"message_id": str}),),
)
