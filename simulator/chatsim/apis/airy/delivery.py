"""How a message reaches a visitor: the topic of a conversation and what goes to it, and answers that nobody wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chatsim.apis.airy.auth import agent_id
from chatsim.apis.airy.state import DELIVERED, FAILED, PENDING, SOURCE, Airy, Message
from chatsim.apis.airy.tokens import Visitor
from chatsim.core.api import Call
from chatsim.core.effects import Effect, Later, Push
from chatsim.core.http import Reply

if TYPE_CHECKING:
    from chatsim.core.world import World

ANSWER_AFTER_S: Final = 1.0
RETRY_AFTER_S: Final = 1.0
RETRIES: Final = 30


def topic(conversation_id: str) -> str:
    """What the sockets of a conversation listen to."""
    return f"airy/{conversation_id}"


def tell(shown: dict[str, Any], visitor: Visitor) -> Push:
    """Send a message to every socket of its conversation.

    The document shows `message` alone; [source] the service says which conversation and channel it is of.
    """
    body = {"conversation_id": visitor.conversation_id, "channel_id": visitor.channel_id, "message": shown}
    return Push(topic=topic(visitor.conversation_id), event="message", body=body)


def write(airy: Airy, call: Call, conversation_id: str, content: Any, sender_id: str) -> Message:
    """An agent's message as it is before it was delivered, not yet kept."""
    return Message(
        id=call.ids.uuid("airy-message"),
        conversation_id=conversation_id,
        content=content,
        sent_at=call.now,
        from_contact=False,
        sender_id=sender_id,
        delivery_state=PENDING,
        source=SOURCE if conversation_id in airy.conversations else "",
    )


def deliver(airy: Airy, call: Call, message: Message) -> tuple[Effect, ...]:
    """Deliver a message to its conversation, which it joins now where it had to wait for it.

    [source] The visitor sees it once, already delivered; where the channel is closed it has failed, and nobody does.
    """
    conversation = airy.conversations[message.conversation_id]
    if not message.source:
        message.source = SOURCE
        airy.add(message, conversation.channel_id)
    if airy.open_channel(conversation.channel_id) is None:
        message.delivery_state = FAILED
        return ()
    message.delivery_state = DELIVERED
    shown = message.as_json(call.quirk("airy.message-state"))
    return (tell(shown, Visitor(conversation.id, conversation.channel_id)),)


def answer_by_itself(world: World, message: Message) -> tuple[Effect, ...]:
    """The answer that `airy.auto_reply` asks for, a second from now on the world's clock."""
    wanted: str = world.setting("airy.auto_reply")
    if wanted == "off":
        return ()
    content = message.content if wanted == "echo" else {"text": wanted}
    args = {"conversation_id": message.conversation_id, "message": content}
    return (Later(operation="auto_reply", args=args, after_s=ANSWER_AFTER_S),)


def auto_reply(airy: Airy, call: Call) -> Reply:
    """Timer: an agent answers by itself."""
    conversation = airy.conversations.get(call.body["conversation_id"])
    if conversation is None or airy.open_channel(conversation.channel_id) is None:
        return Reply()
    message = write(airy, call, conversation.id, call.body["message"], agent_id(call.world))
    airy.add(message, conversation.channel_id)
    return Reply(effects=deliver(airy, call, message))


def wait_for_conversation(message: Message, tried: int = 0) -> Later:
    """Look again in a second whether the conversation of an agent's message has begun."""
    args = {"message_id": message.id, "tried": tried + 1}
    return Later(operation="retry_message", args=args, after_s=RETRY_AFTER_S)


def retry_message(airy: Airy, call: Call) -> Reply:
    """Timer: [source] a message to an unknown conversation is tried every second for 30 s, then it has failed."""
    message = airy.messages[call.body["message_id"]]
    if message.conversation_id in airy.conversations:
        return Reply(effects=deliver(airy, call, message))
    if call.body["tried"] < RETRIES:
        return Reply(effects=(wait_for_conversation(message, call.body["tried"]),))
    message.delivery_state = FAILED
    message.metadata = {"error": f"there is no conversation {message.conversation_id}"}
    return Reply()
