"""What a test may set up and look at in Airy, and the agent whom it may play, below the simulator's control API."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from chatsim.apis.airy.auth import ANONYMOUS, agent_id
from chatsim.apis.airy.contract import hold
from chatsim.apis.airy.delivery import deliver, write
from chatsim.apis.airy.keyring import new_secret
from chatsim.apis.airy.state import DELIVERED, FAILED, SOURCE, Airy, Channel, Message
from chatsim.core.dialect import escape
from chatsim.core.errors import Conflict, NotFound
from chatsim.core.formats import FORMATS
from chatsim.core.http import Reply
from chatsim.core.schemas import inside, read_moment, refused

if TYPE_CHECKING:
    from chatsim.core.api import Call
    from chatsim.core.world import World


def build(world: World, fixture: Mapping[str, Any], now: int) -> Airy:
    """The state of a fresh world: the channels and conversations of its fixture.

    Raises:
        Invalid: the fixture breaks the contract, or a conversation is in no channel of it.
    """
    airy = Airy(secret=new_secret(world))
    for channel_id, body in fixture.get("channels", {}).items():
        with inside(f"/channels/{escape(channel_id)}"):
            _set_channel(airy, _uuid(channel_id, ""), hold(world, "sim-channels", body))
    for conversation_id, body in fixture.get("conversations", {}).items():
        with inside(f"/conversations/{escape(conversation_id)}"):
            _know_channel(airy, hold(world, "sim-conversations", body))
            _set_conversation(airy, world, now, _uuid(conversation_id, ""), body)
    return airy


def put_channel(airy: Airy, call: Call) -> tuple[bool, Any]:
    """Make or change a channel."""
    channel_id = _uuid(call.params["channel_id"], "/channel_id")
    created = channel_id not in airy.channels
    return created, _set_channel(airy, channel_id, call.body or {}).as_json()


def get_channel(airy: Airy, call: Call) -> Any:
    """Show one channel."""
    channel = airy.channels.get(call.params["channel_id"].lower())
    return channel and channel.as_json()


def delete_channel(airy: Airy, call: Call) -> bool:
    """Remove a channel with its conversations."""
    return airy.forget_channel(call.params["channel_id"].lower())


def list_channels(airy: Airy, call: Call) -> list[Any]:
    """Show all channels."""
    return [channel.as_json() for channel in airy.channels.values()]


def put_conversation(airy: Airy, call: Call) -> tuple[bool, Any]:
    """Make a conversation, or give it other messages."""
    conversation_id = _uuid(call.params["conversation_id"], "/conversation_id")
    created = conversation_id not in airy.conversations
    _know_channel(airy, call.body)
    _set_conversation(airy, call.world, call.now, conversation_id, call.body)
    return created, _show_conversation(airy, call, conversation_id)


def get_conversation(airy: Airy, call: Call) -> Any:
    """Show one conversation with its messages, oldest first."""
    conversation = airy.find_conversation(call.params["conversation_id"])
    return _show_conversation(airy, call, conversation.id) if conversation else None


def delete_conversation(airy: Airy, call: Call) -> bool:
    """Remove a conversation with its messages."""
    conversation = airy.find_conversation(call.params["conversation_id"])
    return conversation is not None and airy.forget_conversation(conversation.id)


def list_conversations(airy: Airy, call: Call) -> list[Any]:
    """Show all conversations with their messages, those that began first first."""
    return [_show_conversation(airy, call, one) for one in airy.conversations]


def agent_message(airy: Airy, call: Call) -> Reply:
    """An agent answers; or fails to, and the visitor sees nothing of it."""
    body = call.body
    conversation_id = body.get("conversation_id") or _only_conversation(airy)
    conversation = airy.find_conversation(conversation_id)
    if conversation is None:
        raise NotFound(f"there is no conversation {conversation_id}: it begins with the visitor's first message")
    message = write(airy, call, conversation.id, body["message"], body.get("sender_id") or agent_id(call.world))
    message.metadata = body.get("metadata", message.metadata)
    airy.add(message, conversation.channel_id)
    if body.get("state") == "FAILED":
        message.delivery_state = FAILED
        return Reply(body={"message_id": message.id})
    return Reply(body={"message_id": message.id}, effects=deliver(airy, call, message))


def _only_conversation(airy: Airy) -> str:
    if len(airy.conversations) != 1:
        raise Conflict(f"there are {len(airy.conversations)} conversations: name one in conversation_id")
    return next(iter(airy.conversations))


def _know_channel(airy: Airy, body: Mapping[str, Any]) -> None:
    if body["channel_id"].lower() not in airy.channels:
        raise Conflict(f"there is no channel {body['channel_id']}: make it first")


def _set_channel(airy: Airy, channel_id: str, body: Mapping[str, Any]) -> Channel:
    channel = Channel(channel_id, body.get("name", "Website"), body.get("image_url"), body.get("connected", True))
    airy.channels[channel_id] = channel
    return channel


def _set_conversation(airy: Airy, world: World, now: int, conversation_id: str, body: Mapping[str, Any]) -> None:
    moments = [
        read_moment(one["sent_at"], f"/messages/{place}/sent_at") if "sent_at" in one else now
        for place, one in enumerate(body["messages"])
    ]
    airy.forget_conversation(conversation_id)
    for sent_at, one in sorted(zip(moments, body["messages"], strict=True), key=itemgetter(0)):
        from_contact = one.get("from_contact", True)
        message = Message(
            id=world.ids.uuid("airy-message"),
            conversation_id=conversation_id,
            content=one["message"],
            sent_at=sent_at,
            from_contact=from_contact,
            sender_id=one.get("sender_id", conversation_id if from_contact else ANONYMOUS),
            delivery_state=one.get("state", DELIVERED).lower(),
            metadata=one.get("metadata"),
            source=SOURCE,
        )
        airy.add(message, body["channel_id"].lower())


def _show_conversation(airy: Airy, call: Call, conversation_id: str) -> dict[str, Any]:
    conversation = airy.conversations[conversation_id]
    states = call.quirk("airy.message-state")
    messages = [message.as_json(states) for message in airy.history(conversation_id)]
    return {"id": conversation.id, "channel_id": conversation.channel_id, "messages": messages}


def _uuid(text: str, where: str) -> str:
    if not FORMATS["uuid"](text):
        raise refused(where, f"{text!r} is no UUID; an example is 09816fe0-7950-40cb-bf60-adfa0d6d0679")
    return text.lower()
