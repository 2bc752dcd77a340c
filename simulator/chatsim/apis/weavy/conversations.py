"""The documented endpoints: create, list, get, badge, mark and pin."""

from collections.abc import Iterable
from typing import Any, Final

from chatsim.apis.weavy.access import conversation_of, me, membership
from chatsim.apis.weavy.errors import BadValues
from chatsim.apis.weavy.events import app_created, conversation_marked
from chatsim.apis.weavy.listing import LIST, chosen
from chatsim.apis.weavy.pages import conversation_detail, conversation_page
from chatsim.apis.weavy.parameters import parameters
from chatsim.apis.weavy.query import Parameters, flag, integer, page
from chatsim.apis.weavy.records import CONTEXTUAL, PRIVATE, ROOM, Conversation
from chatsim.apis.weavy.state import Weavy
from chatsim.core.api import Call
from chatsim.core.errors import NotFound
from chatsim.core.http import Reply

GET: Final = Parameters({"trashed": flag})
MARK: Final = Parameters({"message_id": integer})


def create_conversation(state: Weavy, call: Call) -> Reply:
    """Make a room where more than one member is named, else a private chat.

    Counted are the distinct ids of the request (A3). A private chat that exists already is the answer (A5).
    """
    user = me(call)
    wanted = list(dict.fromkeys(call.body["members"]))
    unknown = [one for one in wanted if one not in state.users or state.users[one].is_trashed]
    if unknown:
        raise BadValues({"members": [f"There is no user with id {', '.join(map(str, unknown))}."]})
    if wanted == [user.id]:
        raise BadValues({"members": ["Name somebody beside yourself."]})
    name = call.body.get("name") or None
    if len(wanted) > 1:
        return _created(state, call, ROOM, dict.fromkeys((user.id, *wanted)), name)
    found = state.private_chat(user.id, wanted[0])
    if found is not None:
        if found.is_trashed:
            state.change(found, call.now, user, is_trashed=False)
        return Reply(status=201, body=conversation_detail(state, call, found))
    if call.quirk("weavy.private-chat-name") == "dropped":
        name = None
    return _created(state, call, PRIVATE, (user.id, wanted[0]), name)


def _created(state: Weavy, call: Call, kind: str, members: Iterable[int], name: str | None) -> Reply:
    user = me(call)
    made = state.add_conversation(kind, members, call.now, created_by_id=user.id, name=name)
    body = conversation_detail(state, call, made)
    return Reply(status=201, body=body, effects=tuple(app_created(state, call, made, user)))


def list_conversations(state: Weavy, call: Call) -> Reply:
    """List the conversations of the caller: filters, then order, then the page."""
    user = me(call)
    values = parameters(call, LIST)
    wanted = page(values)
    ids, total = chosen(state, user, values, wanted)
    return Reply(body=conversation_page(state, call, user, ids, total, wanted))


def get_conversation(state: Weavy, call: Call) -> Reply:
    """Get a conversation, as one of its members or with an API key. It does not mark as read."""
    trashed = parameters(call, GET).get("trashed", False)
    conversation = conversation_of(state, call, trashed=trashed)
    return Reply(body=conversation_detail(state, call, conversation))


def get_badge(state: Weavy, call: Call) -> Reply:
    """Count the unread conversations of the caller, "grouped by conversation type"."""
    shelf = state.shelf(me(call).id)
    names = {"private": PRIVATE, "rooms": ROOM, "chat": CONTEXTUAL}
    return Reply(body={name: shelf.count_unread([(kind, False)]) for name, kind in names.items()})


def mark_conversation(state: Weavy, call: Call) -> Reply:
    """Mark a conversation as read, up to `message_id`, the "Id of last read message", or all of it."""
    conversation, member = membership(state, call)
    message_id = parameters(call, MARK).get("message_id")
    if message_id is not None:
        message = state.messages.get(message_id)
        if message is None or message.app_id != conversation.id:
            raise NotFound(f"conversation {conversation.id} has no message {message_id}")
    state.mark(conversation, member, message_id, call.now)
    return _changed(state, call, conversation, tuple(conversation_marked(state, call, conversation, member)))


def unmark_conversation(state: Weavy, call: Call) -> Reply:
    """Mark a conversation as unread: the read marker goes; an empty conversation stays read (A14)."""
    conversation, member = membership(state, call)
    state.unmark(conversation, member)
    return _changed(state, call, conversation, tuple(conversation_marked(state, call, conversation, member)))


def pin_conversation(state: Weavy, call: Call) -> Reply:
    """Pin a conversation, for the caller alone."""
    conversation, member = membership(state, call)
    state.pin(conversation, member, call.now)
    return _changed(state, call, conversation)


def unpin_conversation(state: Weavy, call: Call) -> Reply:
    """Unpin a conversation. The document's sample repeats that of marking as unread; its heading wins (A1)."""
    conversation, member = membership(state, call)
    state.pin(conversation, member, None)
    return _changed(state, call, conversation)


def _changed(state: Weavy, call: Call, conversation: Conversation, effects: tuple[Any, ...] = ()) -> Reply:
    return Reply(body=conversation_detail(state, call, conversation), effects=effects)
