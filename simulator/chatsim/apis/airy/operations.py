"""The visitor's three calls."""

from __future__ import annotations

from typing import Any

from chatsim.apis.airy.contract import hold
from chatsim.apis.airy.delivery import answer_by_itself, tell
from chatsim.apis.airy.errors import Bare
from chatsim.apis.airy.keyring import CONVERSATION
from chatsim.apis.airy.state import DELIVERED, Airy, Message
from chatsim.apis.airy.tokens import AUTH, RESUME, Visitor, mint, visitor_of
from chatsim.core.api import Call
from chatsim.core.errors import NotFound
from chatsim.core.http import Body, Reply
from chatsim.core.tokens import TokenRefused


def authenticate(airy: Airy, call: Call) -> Reply:
    """Give a token for a new conversation, or for one to be resumed, with all of its messages.

    [source] A resume token wins over a channel, and neither its channel nor its conversation is looked up. A new
    conversation is stored nowhere until its first message.
    """
    channel_id, resume_token = call.body.get("channel_id"), call.body.get("resume_token")
    if resume_token is not None:
        try:
            visitor, _ = visitor_of(airy, call.world, RESUME, resume_token, call.now)
        except TokenRefused as refused:
            raise Bare(f"resume_token: {refused}", status=401) from refused
    elif channel_id is not None:
        if airy.open_channel(channel_id.lower()) is None:
            raise NotFound(_no_channel(call, channel_id))
        name = call.ids.uuid(CONVERSATION)
        while name in airy.conversations:  # begun with a token from before a restart, which is still good
            name = call.ids.uuid(CONVERSATION)
        visitor = Visitor(name, channel_id.lower())
    else:
        raise Bare("channel_id or resume_token is needed")
    states = call.quirk("airy.message-state")
    messages = [message.as_json(states) for message in airy.history(visitor.conversation_id)]
    return Reply(body={"token": mint(airy, call.world, AUTH, visitor, call.now), "messages": messages})


def agents_json(call: Call, body: Body) -> Any:
    """[source] What an agent sent; a visitor's body is not looked at, whatever it is."""
    return call.api.decode(call, body) if call.principal and call.principal.kind == "agent" else None


def resume_token(airy: Airy, call: Call) -> Reply:
    """Give a token that resumes the caller's conversation; with the system token, any conversation.

    [source] What an agent names is not looked up; the ids need not even be UUIDs.
    """
    assert call.principal is not None
    if call.principal.kind == "visitor":
        visitor = call.principal.data
    else:
        hold(call.world, "resume-token", call.body)
        visitor = Visitor(call.body["conversation_id"], call.body["channel_id"])
    return Reply(body={"resume_token": mint(airy, call.world, RESUME, visitor, call.now)})


def send(airy: Airy, call: Call) -> Reply:
    """Take a visitor's message, show it on every socket of the conversation, and begin the conversation with it."""
    assert call.principal is not None
    visitor: Visitor = call.principal.data
    if airy.open_channel(visitor.channel_id) is None:
        raise Bare(_no_channel(call, visitor.channel_id), status=404)
    message = Message(
        id=call.ids.uuid("airy-message"),
        conversation_id=visitor.conversation_id,
        content=call.body["message"],
        sent_at=call.now,
        from_contact=True,
        sender_id=visitor.conversation_id,
        delivery_state=DELIVERED,
    )
    airy.add(message, visitor.channel_id)
    shown = message.as_json(call.quirk("airy.message-state"))
    return Reply(body=shown, effects=(tell(shown, visitor), *answer_by_itself(call.world, message)))


def _no_channel(call: Call, channel_id: str) -> str:
    path = f"/_sim/worlds/{call.world.name}/airy/channels/{channel_id}"
    return f"there is no connected channel {channel_id}; PUT {path} makes one"
