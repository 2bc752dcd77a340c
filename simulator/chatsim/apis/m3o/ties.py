"""What has to hold in a state of M3O that somebody's document describes."""

from __future__ import annotations

from typing import Any, Final

from chatsim.apis.m3o.state import M3O, Chat, Group, Namespace, users_key
from chatsim.core.clock import parse_rfc3339
from chatsim.core.formats import FORMATS
from chatsim.core.ties import Args, Each, Fresh, Keyed, Rule, Shown, Ties, moment


def _id(record: Any) -> Any:
    return record.id


def _indexed(state: M3O, space: Namespace) -> str | None:
    users = {users_key(chat.user_ids) for chat in space.chats.values() if chat.user_ids}
    if users != space.by_users.keys():
        return f"by_users does not tell the users of the chats: {min(users ^ space.by_users.keys())!r}"
    for key, chat_id in space.by_users.items():
        if chat_id not in space.chats or users_key(space.chats[chat_id].user_ids) != key:
            return f"by_users names {chat_id!r}, which is no chat of {key!r}"
    said = {message.client_id for chat in space.chats.values() for message in chat.messages}
    missing = sorted(said - space.client_ids.keys())
    return f"client_ids lacks {missing[0]!r}" if missing else None


def _said_here(state: M3O, chat: Chat) -> str | None:
    for message in chat.messages:
        if message.members["chat_id"] != chat.id:
            return f"a message in it is of {message.members['chat_id']!r}"
        if unknown := message.members.keys() - _MEMBERS:
            return f"a message in it has {min(unknown)!r}, which is none of {', '.join(_MEMBERS)}"
        sent_at = message.members.get("sent_at", "0")  # of the first version's clients it is a number
        if not FORMATS["date-time"](sent_at) and not sent_at.lstrip("-").isdigit():
            return f"a message in it was sent at {sent_at!r}"
    return None


def _said_there(state: M3O, group: Group) -> str | None:
    parse_rfc3339(group.created_at)
    for message in group.messages:
        if unknown := message.members.keys() ^ _LATER:
            return f"a message in it has {min(unknown)!r} or lacks it"
        if not FORMATS["uuid"](message.id):
            return f"the id {message.id!r} of a message in it is no UUID"
        parse_rfc3339(message.members["sent_at"])
    return None


def _chats(path: str) -> tuple[Rule, ...]:
    return (
        Keyed(f"{path}/chats", _id),
        Shown(path, _indexed),
        Shown(f"{path}/chats/*", _said_here),
        moment(f"{path}/chats/*/messages/*/at"),
    )


_MEMBERS: Final = ("id", "client_id", "chat_id", "user_id", "sent_at", "subject", "text")
_LATER: Final = frozenset({"id", "client", "group_id", "user_id", "sent_at", "subject", "text"})

TIES: Final = Ties(
    rules=(
        *_chats("everywhere"),
        *_chats("namespaces/*"),
        Keyed("tenants/*", _id),
        Shown("tenants/*/*", _said_there),
        moment("tenants/*/*/messages/*/at"),
        Each("tenants/*/*/id", FORMATS["uuid"], "is no UUID"),
    ),
    fresh=(Fresh("group", lambda state: [name for groups in state.tenants.values() for name in groups]),),
    timers=tuple(
        Args(name, {"owner": str, "place": str, "to": str, "text": str}) for name in ("reply_in_chat", "reply_in_group")
    ),
)
