"""What the hub tells: one event for each member who listens, as this member sees it.

A subscription is a name, `event` for all of the user's apps or `a{app}:event` for one; a topic is the user's
identifier and that name, so that the journal shows who was told.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from chatsim.apis.weavy.records import Conversation, Member, Message, User
from chatsim.apis.weavy.state import Weavy
from chatsim.apis.weavy.views import app_view, author_view, conversation_view, member_view, message_view, rebased, stamp
from chatsim.core.api import Call
from chatsim.core.effects import Push

ONLINE: Final = "online"

View = Callable[[User], dict[str, Any]]
"""The members of an event beside its envelope, for one reader; addresses without their base."""


def topic(user: User, name: str) -> str:
    """The topic of one user's subscription."""
    return f"{user.uid} {name}"


def app_created(state: Weavy, call: Call, conversation: Conversation, actor: User | None) -> list[Push]:
    """A conversation came into being."""
    return _tell(state, call, "app_created", conversation, actor, _app(state, conversation))


def app_updated(state: Weavy, call: Call, conversation: Conversation, actor: User | None) -> list[Push]:
    """Name, description, tags or metadata changed."""
    return _tell(state, call, "app_updated", conversation, actor, _app(state, conversation))


def message_created(state: Weavy, call: Call, conversation: Conversation, message: Message) -> list[Push]:
    """Somebody wrote; the author is told as well, for other windows of the same user."""
    author = state.users[message.created_by_id]
    view = {"message": message_view(state, message, "")}
    return _tell(state, call, "message_created", conversation, author, lambda _: view)


def conversation_marked(state: Weavy, call: Call, conversation: Conversation, member: Member) -> list[Push]:
    """A read marker moved or went away; all members are told, it drives "seen by"."""
    marked: dict[str, Any] = {}
    if member.marked_id is not None:
        marked["marked_id"] = member.marked_id
    if member.marked_at is not None:
        marked["marked_at"] = stamp(member.marked_at)
    return _tell(
        state, call, "conversation_marked", conversation, state.users[member.user_id],
        lambda user: {"conversation": conversation_view(state, conversation, user, ""), **marked},
    )  # fmt: skip


def member_changed(
    state: Weavy, call: Call, event: str, conversation: Conversation, members: Iterable[Member], actor: User | None
) -> list[Push]:
    """`member_added` or `member_removed`, for each one; who was removed is told too."""
    pushes = []
    for member in members:
        told = {*conversation.members, member.user_id}
        view = _with_member(state, conversation, member)
        pushes += _tell(state, call, event, conversation, actor, view, told)
    return pushes


def typing(state: Weavy, call: Call, conversation: Conversation, actor: User) -> list[Push]:
    """Somebody types; the others are told."""
    view = {"entity": {"id": conversation.id, "type": "app"}, "type": "app"}
    others = [number for number in conversation.members if number != actor.id]
    return _tell(state, call, "typing", conversation, actor, lambda _: view, others)


def online(state: Weavy, body: int | list[int]) -> list[Push]:
    """Who is there: one id for somebody who came, the list of all where somebody left [source]."""
    return [
        Push(topic=name, event=ONLINE, body=body)
        for user in map(state.users.__getitem__, sorted(state.online))
        if (name := topic(user, ONLINE)) in state.listening
    ]


def _app(state: Weavy, conversation: Conversation) -> View:
    return lambda user: {"app": app_view(state, conversation, user, "")}


def _with_member(state: Weavy, conversation: Conversation, member: Member) -> View:
    view = member_view(state, member, "")
    return lambda user: {"app": app_view(state, conversation, user, ""), "member": view}


def _tell(
    state: Weavy,
    call: Call,
    event: str,
    conversation: Conversation,
    actor: User | None,
    view: View,
    told: Iterable[int] | None = None,
) -> list[Push]:
    """A push for each subscription that hears of it. The bodies are made now: they show this moment."""
    if not state.listening:
        return []
    envelope: dict[str, Any] = {"id": call.ids.count("weavy-event"), "action": event}
    if actor is not None:
        envelope["actor"] = author_view(state, actor, "")
    pushes = []
    for number in conversation.members if told is None else sorted(told):
        user = state.users[number]
        names = [name for name in (event, f"a{conversation.id}:{event}") if topic(user, name) in state.listening]
        if names:
            body = {**envelope, **view(user)}
            pushes += [Push(topic=topic(user, name), event=event, body=_at(call, body)) for name in names]
    return pushes


def _at(call: Call, body: dict[str, Any]) -> Callable[[str], Any]:
    public = call.world.public_url
    return lambda base: rebased(body, public or base)
