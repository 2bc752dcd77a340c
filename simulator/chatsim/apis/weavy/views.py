"""What the records look like from outside, for one reader and one base URL. Null members are left out [source]."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from chatsim.apis.weavy.records import PRIVATE, Conversation, Member, Message, User
from chatsim.apis.weavy.state import Weavy
from chatsim.core.clock import rfc3339

AUTHORS_LIMIT: Final = 10_000
"""So many people are kept as they were last shown."""


def stamp(moment: int) -> str:
    """A moment with seven fraction digits, as .NET writes it; one real client insists on a fraction [source]."""
    return rfc3339(moment, 7)


def display_name(state: Weavy, conversation: Conversation, reader: User | None) -> str:
    """The given name; "If name is omitted, […] the participant(s) names": those of the others (A4)."""
    if conversation.name:
        return conversation.name
    others = [
        state.users[number].display_name for number in conversation.members if reader is None or number != reader.id
    ]
    return ", ".join(others) or (reader.display_name if reader else "")


def partner(conversation: Conversation, reader: User | None) -> int | None:
    """The other user of a private chat."""
    if conversation.type != PRIVATE or reader is None:
        return None
    return next((number for number in conversation.members if number != reader.id), None)


def user_view(state: Weavy, user: User, base: str) -> dict[str, Any]:
    """UserOut."""
    view = {
        "id": user.id,
        "uid": user.uid,
        "display_name": user.display_name,
        **({} if user.name is None else {"name": user.name}),
        **user.profile,
        "avatar_url": user_avatar(user.id, base),
        "presence": state.presence(user.id),
        "created_at": stamp(user.created_at),
        "is_admin": user.is_admin,
        "is_suspended": user.is_suspended,
        "is_trashed": user.is_trashed,
    }
    if user.modified_at is not None:
        view["modified_at"] = stamp(user.modified_at)
    return view


def author_view(state: Weavy, user: User, base: str) -> dict[str, Any]:
    """UserOut in the little that lists carry of it; one value for all who show it, which nobody changes."""
    if (view := state.authors.get((user.id, base))) is None:
        view = {
            "id": user.id,
            "uid": user.uid,
            "display_name": user.display_name,
            "avatar_url": user_avatar(user.id, base),
            "presence": state.presence(user.id),
        }
        if len(state.authors) >= AUTHORS_LIMIT:
            state.authors.clear()
        state.authors[user.id, base] = view
    return view


def member_view(state: Weavy, member: Member, base: str) -> dict[str, Any]:
    """MemberOut: `marked_id` is the last message that the member has read."""
    view = author_view(state, state.users[member.user_id], base).copy()
    if member.marked_at is not None:
        view["marked_at"] = stamp(member.marked_at)
    if member.marked_id is not None:
        view["marked_id"] = member.marked_id
    return view


def message_view(state: Weavy, message: Message, base: str) -> dict[str, Any]:
    """MessageOut; attachments and reactions are not modelled and always empty."""
    view: dict[str, Any] = {
        "id": message.id,
        "app_id": message.app_id,
        "text": message.text,
        "html": html(message.text),
        "plain": message.text,
        "attachment_count": 0,
        "attachments": [],
        "reactions": [],
        "created_at": stamp(message.created_at),
        "created_by_id": message.created_by_id,
        "created_by": author_view(state, state.users[message.created_by_id], base),
        "is_trashed": False,
    }
    for name in ("embed_id", "meeting_id", "tags", "metadata"):
        if value := getattr(message, name):
            view[name] = value
    return view


def html(text: str) -> str:
    """A text as paragraphs, its own markup escaped."""
    paragraphs = escape(text).replace("\r\n", "\n").split("\n\n")
    return "".join(f"<p>{paragraph.replace(chr(10), '<br>')}</p>" for paragraph in paragraphs)


def app_view(state: Weavy, conversation: Conversation, reader: User | None, base: str) -> dict[str, Any]:
    """AppOut: what does not depend on reading and pinning."""
    member = conversation.members.get(reader.id) if reader else None
    view: dict[str, Any] = {
        "id": conversation.id,
        "type": conversation.type,
        "display_name": display_name(state, conversation, reader),
        "avatar_url": conversation_avatar(conversation, reader, base),
        "created_at": stamp(conversation.created_at),
        "member_count": len(conversation.members),
        "is_starred": member is not None and member.is_starred,
        "is_subscribed": member is not None,
        "is_trashed": conversation.is_trashed,
    }
    for name in ("uid", "name", "description", "tags", "metadata", "created_by_id", "modified_by_id"):
        if value := getattr(conversation, name):
            view[name] = value
    if conversation.modified_at is not None:
        view["modified_at"] = stamp(conversation.modified_at)
    return view


def summary_view(state: Weavy, conversation: Conversation, reader: User | None, base: str) -> dict[str, Any]:
    """ConversationOut without what costs: members, people, and the last message, which is a part of its own."""
    member = conversation.members.get(reader.id) if reader else None
    view = app_view(state, conversation, reader, base)
    view["is_pinned"] = member is not None and member.pinned_at is not None
    view["is_unread"] = member is not None and conversation.is_unread(member)
    if (other := partner(conversation, reader)) is not None:
        view["user_id"] = other
    if conversation.messages:
        view["last_message_id"] = conversation.messages[-1]
    return view


def conversation_view(state: Weavy, conversation: Conversation, reader: User | None, base: str) -> dict[str, Any]:
    """ConversationOut as lists and events carry it: the summary and the last message."""
    view = summary_view(state, conversation, reader, base)
    if conversation.messages:
        view["last_message"] = message_view(state, state.messages[conversation.messages[-1]], base)
    return view


def detail_view(state: Weavy, conversation: Conversation, reader: User | None, base: str) -> dict[str, Any]:
    """ConversationOut as one conversation is answered, but for the last message: members, and who made and changed."""
    view = summary_view(state, conversation, reader, base)
    view["members"] = [member_view(state, member, base) for member in conversation.members.values()]
    if conversation.created_by_id is not None:
        view["created_by"] = author_view(state, state.users[conversation.created_by_id], base)
    if conversation.modified_by_id is not None:
        view["modified_by"] = author_view(state, state.users[conversation.modified_by_id], base)
    return view


def user_avatar(number: int, base: str) -> str:
    """Where a user's picture is; absolute, because clients of another origin put it into `<img src>` [source]."""
    return f"{base}/api/users/{number}/avatar.svg"


def conversation_avatar(conversation: Conversation, reader: User | None, base: str) -> str:
    """The other user's picture for a private chat, else the conversation's own."""
    other = partner(conversation, reader)
    return user_avatar(other, base) if other else f"{base}/api/conversations/{conversation.id}/avatar.svg"


def rebased(view: Any, base: str) -> Any:
    """A view that was made with an empty base, its addresses completed; what users store is left as it is."""
    if isinstance(view, list):
        return [rebased(one, base) for one in view]
    if not isinstance(view, Mapping):
        return view
    return {
        name: base + value if name == "avatar_url" else value if name == "metadata" else rebased(value, base)
        for name, value in view.items()
    }
