"""The other party: the trigger that lets somebody write, and the answer that comes by itself."""

from collections.abc import Iterable
from typing import Any

from chatsim.apis.weavy.events import message_created
from chatsim.apis.weavy.records import Conversation, Message
from chatsim.apis.weavy.state import Weavy
from chatsim.core.api import Call
from chatsim.core.effects import Later
from chatsim.core.errors import Conflict, NotFound
from chatsim.core.http import Reply
from chatsim.core.schemas import refused

DELAY_S = 1.0


def auto_reply(state: Weavy, call: Call, conversation: Conversation, message: Message) -> Iterable[Later]:
    """The answer of the first other member, a second later on the world's clock, where the setting wants one."""
    wanted = call.setting("weavy.auto_reply")
    others = [number for number in conversation.members if number != message.created_by_id]
    if not others or wanted in (None, "off"):
        return
    words = message.text if wanted == "echo" else wanted
    yield Later(
        operation="auto_reply",
        args={"conversation_id": conversation.id, "user_id": others[0], "text": words},
        after_s=DELAY_S,
    )


def run_auto_reply(state: Weavy, call: Call) -> Reply:
    """The timer: nothing happens where the conversation or its member is gone by now."""
    conversation = state.conversations.get(call.body["conversation_id"])
    if conversation is None or conversation.is_trashed or call.body["user_id"] not in conversation.members:
        return Reply(body={})
    return _post(state, call, conversation, call.body["user_id"])


def post_message(state: Weavy, call: Call) -> Reply:
    """The trigger: a member writes now, without the automatic answer."""
    conversation = _conversation(state, call.body.get("conversation_id"))
    uid = call.body.get("uid")
    if uid is None:
        others = [number for number in conversation.members if number != conversation.created_by_id]
        if not others:
            raise Conflict('nobody else is in this conversation; name an author with "uid"')
        return _post(state, call, conversation, others[0])
    user = state.find_user(uid)
    if user is None or user.id not in conversation.members:
        raise refused("/uid", f"'{uid}' is no member of conversation {conversation.id}")
    return _post(state, call, conversation, user.id)


def _post(state: Weavy, call: Call, conversation: Conversation, user_id: int) -> Reply:
    message = state.post(conversation, state.users[user_id], call.body["text"], call.now)
    body: dict[str, Any] = {"message_id": message.id, "conversation_id": conversation.id}
    return Reply(body=body, effects=tuple(message_created(state, call, conversation, message)))


def _conversation(state: Weavy, number: int | None) -> Conversation:
    if number is None:
        if len(state.conversations) != 1:
            raise Conflict(f'there are {len(state.conversations)} conversations; name one with "conversation_id"')
        return next(iter(state.conversations.values()))
    found = state.conversations.get(number)
    if found is None:
        raise NotFound(f"there is no conversation {number}")
    return found
