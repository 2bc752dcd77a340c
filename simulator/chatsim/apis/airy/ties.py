"""What has to hold in a state of Airy that somebody's document describes."""

from __future__ import annotations

import re
from typing import Any, Final

from chatsim.apis.airy.keyring import MOST_GIVEN
from chatsim.apis.airy.state import DELIVERED, FAILED, PENDING, SOURCE, Airy, Message
from chatsim.core.clock import END, SECOND
from chatsim.core.formats import FORMATS
from chatsim.core.ids import Ids
from chatsim.core.ties import Args, Each, Fresh, Keyed, Owns, Refers, Ties, moment, within


def _id(record: Any) -> Any:
    return record.id


def _waits(message: Message) -> bool:
    """Whether it is of an agent, to a conversation that has not begun."""
    return not message.source


def _uploaded(ids: Ids, kind: str) -> str:
    return ids.next_bytes(kind, 12).hex()


def _written(airy: Airy) -> list[str]:
    return list(airy.messages)


_KEY: Final = re.compile("([0-9a-f]{2})+")
_STATES: Final = (PENDING, FAILED, DELIVERED)

TIES: Final = Ties(
    rules=(
        Keyed("channels", _id),
        Keyed("conversations", _id),
        Keyed("messages", _id),
        Keyed("uploads", _id),
        Each("channels/*/id", FORMATS["uuid"], "is no UUID"),
        Each("conversations/*/id", bool, "is no id"),
        Each("messages/*/id", FORMATS["uuid"], "is no UUID"),
        Each("messages/*/delivery_state", _STATES.__contains__, f"is none of {', '.join(_STATES)}"),
        Each("messages/*/source", (SOURCE, "").__contains__, f"is neither {SOURCE} nor empty"),
        moment("messages/*/sent_at"),
        moment("conversations/*/created_at"),
        Each("formers/*/secret", _KEY.fullmatch, "is no key in hex"),
        within("formers/*/until", 0, END // SECOND),
        within("formers/*/given", 0, MOST_GIVEN),
        Each("conversations/*/message_ids", bool, "has no message: a conversation begins with its first"),
        Refers("conversations/*/channel_id", "channels"),
        Owns("conversations", "message_ids", "messages", lambda message: message.conversation_id, _waits),
    ),
    fresh=(
        Fresh("airy-message", _written),
        Fresh("airy-upload", lambda airy: list(airy.uploads), _uploaded),
    ),
    timers=(
        Args("auto_reply", {"conversation_id": str, "message": object}),
        Args("retry_message", {"message_id": "messages", "tried": int}),
    ),
)
