"""What has to hold in a state of Weavy that somebody's document describes."""

from __future__ import annotations

from typing import Any, Final

from chatsim.apis.weavy.access import TOKEN_PREFIX
from chatsim.apis.weavy.records import CONTEXTUAL, KINDS, PRIVATE, Conversation
from chatsim.apis.weavy.state import LAST_ID, Weavy, fold_uid
from chatsim.apis.weavy.users import PROFILE
from chatsim.core.ids import Ids
from chatsim.core.ties import Args, Each, Fresh, Keyed, Owns, Refers, Shown, Ties, Unique, moment, within

_TYPES: Final[dict[str, type]] = {"metadata": dict, "tags": list}


def _id(record: Any) -> Any:
    return record.id


def _token(ids: Ids, kind: str) -> str:
    return TOKEN_PREFIX + ids.secret_token(kind)


def _profile(state: Weavy, profile: dict[str, Any]) -> str | None:
    for name, value in profile.items():
        good = isinstance(value, _TYPES.get(name, str)) and all(isinstance(tag, str) for tag in profile.get("tags", ()))
        if name not in PROFILE or not good:
            return f"its {name!r} cannot be {value!r:.80}"
    return None


def _members(state: Weavy, conversation: Conversation) -> str | None:
    if conversation.type == PRIVATE and len(conversation.members) != 2:
        return "a private chat has two members"
    if conversation.type == CONTEXTUAL and conversation.uid is None:
        return "a contextual chat has a uid"
    return None


def _pair(conversation: Conversation) -> tuple[int, ...] | None:
    return tuple(sorted(conversation.members)) if conversation.type == PRIVATE else None


def _context(conversation: Conversation) -> str | None:
    return fold_uid(conversation.uid) if conversation.type == CONTEXTUAL and conversation.uid is not None else None


TIES: Final = Ties(
    rules=(
        *(Keyed(name, _id) for name in ("users", "conversations", "messages")),
        *(within(f"{name}/*/id", 1, LAST_ID) for name in ("users", "conversations", "messages")),
        Keyed("conversations/*/members", lambda member: member.user_id),
        Each("conversations/*/type", KINDS.__contains__, f"is none of {', '.join(KINDS)}"),
        Each("users/*/uid", bool, "is no uid"),
        Shown("users/*/profile", _profile),
        *(
            moment(path)
            for path in (
                "users/*/created_at", "users/*/modified_at", "conversations/*/created_at", "messages/*/created_at",
                "conversations/*/modified_at", "conversations/*/last_message_at", "conversations/*/members/*/marked_at",
                "conversations/*/members/*/pinned_at", "tokens/*/expires_at",
            )
        ),
        Shown("conversations/*", _members),
        Unique("users/*", lambda user: fold_uid(user.uid)),
        Unique("conversations/*", _pair),
        Unique("conversations/*", _context),
        *(
            Refers(path, "users")
            for path in (
                "conversations/*/created_by_id", "conversations/*/modified_by_id", "conversations/*/members/*/user_id",
                "messages/*/created_by_id", "tokens/*/user_id",
            )
        ),
        Refers("conversations/*/members/*/marked_id", "messages"),
        *(within(f"messages/*/{name}", -LAST_ID, LAST_ID) for name in ("embed_id", "meeting_id")),
        Owns("conversations", "messages", "messages", lambda message: message.app_id),
    ),
    fresh=(
        Fresh("weavy-token", lambda state: list(state.tokens), _token),
    ),
    timers=(Args("auto_reply", {"conversation_id": int, "user_id": int, "text": str}),),
)  # fmt: skip
