"""Messages of a conversation: write, list, read one, and the sign that somebody types."""

from typing import Any, Final

from chatsim.apis.weavy.access import conversation_of, me, membership, number, reader
from chatsim.apis.weavy.autoreply import auto_reply
from chatsim.apis.weavy.errors import BadValues
from chatsim.apis.weavy.events import message_created, typing
from chatsim.apis.weavy.parameters import parameters
from chatsim.apis.weavy.query import PAGE, Parameters, envelope, order, page, text
from chatsim.apis.weavy.state import Weavy
from chatsim.apis.weavy.views import message_view
from chatsim.core.api import Call
from chatsim.core.errors import NotFound
from chatsim.core.http import EMPTY, Reply

LIST: Final = Parameters({"q": text, "order_by": order(("id", "created_at")), **PAGE})
FEATURES: Final = ["Receipts", "Typing"]
"""What works here of the parts of a chat. Attachments, reactions, meetings and polls are not modelled."""


def create_message(state: Weavy, call: Call) -> Reply:
    """Write a message; unlike other creations this is answered with 200 [source]."""
    user = me(call)
    conversation, _ = membership(state, call)
    written = (call.body.get("text") or "").strip()
    if call.body.get("blobs"):
        raise BadValues({"blobs": ["Attachments are not simulated; send a text alone."]})
    if not written:
        raise BadValues({"text": ["A message needs a text."]})
    extras = {name: value for name in ("embed_id", "meeting_id", "tags", "metadata") if (value := call.body.get(name))}
    message = state.post(conversation, user, call.body["text"], call.now, **extras)
    effects = (*message_created(state, call, conversation, message), *auto_reply(state, call, conversation, message))
    return Reply(body=message_view(state, message, call.link_base), effects=effects)


def list_messages(state: Weavy, call: Call) -> Reply:
    """The messages of a conversation, oldest first unless another order is asked for."""
    conversation = conversation_of(state, call)
    values = parameters(call, LIST)
    wanted = page(values)
    # Ids and moments rise together, so the first sort field decides and the order needs no sorting.
    ids = conversation.messages
    if "q" in values:
        query = values["q"].replace("*", "").casefold()
        ids = [one for one in ids if query in state.messages[one].text.casefold()]
    backwards = values.get("order_by", (("id", False),))[0][1]
    if backwards:
        end = max(len(ids) - wanted.skip, 0)
        chosen = ids[max(end - wanted.top, 0) : end][::-1]
    else:
        chosen = ids[wanted.skip : wanted.skip + wanted.top]
    items = [message_view(state, state.messages[one], call.link_base) for one in chosen]
    return Reply(body=envelope(items, len(ids), wanted))


def get_message(state: Weavy, call: Call) -> Reply:
    """One message of a conversation that the caller is in."""
    wanted = number(call.params["id"])
    message = state.messages.get(wanted)
    user = reader(call)
    conversation = None if message is None else state.conversations[message.app_id]
    if message is None or conversation is None or (user is not None and user.id not in conversation.members):
        raise NotFound(f"there is no message {wanted} for this caller")
    return Reply(body=message_view(state, message, call.link_base))


def set_typing(state: Weavy, call: Call) -> Reply:
    """Tell the others that the caller is typing."""
    conversation, _ = membership(state, call)
    return Reply(status=204, body=EMPTY, effects=tuple(typing(state, call, conversation, me(call))))


def get_features(state: Weavy, call: Call) -> Reply:
    """The parts of a chat that work; the Messenger shows no message pane without this answer [source]."""
    features: list[Any] = list(FEATURES)
    return Reply(body=features)
