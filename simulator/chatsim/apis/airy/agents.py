"""The agent's calls of the core API, as far as a visitor's chat needs them."""

from __future__ import annotations

from typing import Any, Final

from chatsim.apis.airy.delivery import deliver, wait_for_conversation, write
from chatsim.apis.airy.errors import Bare, NotFailed
from chatsim.apis.airy.state import FAILED, PENDING, Airy, Channel, canonical
from chatsim.core.api import Call
from chatsim.core.effects import Effect
from chatsim.core.http import Body, Reply

PAGE_SIZE: Final = 20


def optional_json(call: Call, body: Body) -> Any:
    """A body that may be missing: then it names nothing."""
    decoded = call.api.decode(call, body)
    return {} if decoded is None else decoded


def connect_channel(airy: Airy, call: Call) -> Reply:
    """Make a channel. [source] Each call makes another one, also under the same name."""
    channel = Channel(call.ids.uuid("airy-channel"), call.body["name"], call.body.get("image_url"))
    airy.channels[channel.id] = channel
    return Reply(body=channel.as_json())


def disconnect_channel(airy: Airy, call: Call) -> Reply:
    """Close a channel: nobody can write in it any more. [source] 204, also where it was closed already."""
    _channel(airy, call.body["channel_id"]).connected = False
    return Reply(status=204)


def list_channels(airy: Airy, call: Call) -> Reply:
    """List the channels, those disconnected too."""
    source = call.body.get("source")
    return Reply(body={"data": [one.as_json() for one in airy.channels.values() if source in (None, "chatplugin")]})


def show_channel(airy: Airy, call: Call) -> Reply:
    """Show one channel."""
    return Reply(body=_channel(airy, call.body["channel_id"]).as_json())


def list_conversations(airy: Airy, call: Call) -> Reply:
    """List the conversations, newest first. [source] The cursor is a number written as text."""
    if "filters" in call.body:
        call.note("filters", "filters are not modelled: all conversations are listed")
    cursor = call.body.get("cursor")
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise Bare(f"cursor {cursor!r} is not a number")
    start, size = int(cursor or 0), call.body.get("page_size") or PAGE_SIZE
    latest_first = reversed(airy.conversations.values())
    newest = sorted(latest_first, key=lambda one: one.created_at, reverse=True)
    states = call.quirk("airy.message-state")
    data = [airy.conversation_as_json(one, states) for one in newest[start : start + size]]
    following = str(start + size) if start + size < len(newest) else None
    return Reply(body={"data": data, "pagination_data": _pages(str(start), following, len(newest))})


def list_messages(airy: Airy, call: Call) -> Reply:
    """List a conversation's messages. [source] The cursor is the id of the first message of its page."""
    conversation = airy.find_conversation(call.body["conversation_id"])
    if conversation is None:
        raise Bare(f"there is no conversation {call.body['conversation_id']}", status=404)
    ids = conversation.message_ids
    if call.quirk("airy.messages-order") == "newest-first":
        ids = ids[::-1]
    cursor, size = call.body.get("cursor"), call.body.get("page_size") or PAGE_SIZE
    start = ids.index(cursor) if cursor in ids else 0
    states = call.quirk("airy.message-state")
    data = [airy.messages[one].as_json(states, core=True) for one in ids[start : start + size]]
    following = ids[start + size] if start + size < len(ids) else None
    return Reply(body={"data": data, "pagination_data": _pages(cursor, following, len(ids))})


def send_message(airy: Airy, call: Call) -> Reply:
    """Write to a visitor. The answer shows the message as pending, the visitor sees it delivered.

    [source] A conversation that is not known yet gives 202; the message waits for it.
    """
    if not call.body.get("conversation_id"):
        raise Bare("conversation_id is needed: visitors of a chat plugin cannot be written to first")
    conversation_id = canonical(call.body["conversation_id"])
    conversation = airy.conversations.get(conversation_id)
    if conversation is not None and airy.open_channel(conversation.channel_id) is None:
        raise Bare(f"the channel of conversation {conversation_id} is disconnected", status=403)
    assert call.principal is not None
    message = write(airy, call, conversation_id, call.body["message"], call.principal.id)
    shown = message.as_json(call.quirk("airy.message-state"), core=True)
    if conversation is None:
        airy.messages[message.id] = message
        return Reply(status=202, body=shown, effects=(wait_for_conversation(message),))
    airy.add(message, conversation.channel_id)
    return Reply(body=shown, effects=deliver(airy, call, message))


def resend_message(airy: Airy, call: Call) -> Reply:
    """Send a message that has failed once more."""
    message = airy.messages.get(call.body["message_id"].lower())
    if message is None:
        raise Bare(f"there is no message {call.body['message_id']}", status=404)
    if message.delivery_state != FAILED:
        raise NotFailed("Message is not in a failed state")
    message.delivery_state, message.metadata = PENDING, None
    known = message.conversation_id in airy.conversations
    effects: tuple[Effect, ...] = deliver(airy, call, message) if known else (wait_for_conversation(message),)
    return Reply(effects=effects)


def _channel(airy: Airy, channel_id: str) -> Channel:
    channel = airy.channels.get(channel_id.lower())
    if channel is None:
        raise Bare(f"there is no channel {channel_id}", status=404)
    return channel


def _pages(previous: str | None, following: str | None, total: int) -> dict[str, Any]:
    return {"previous_cursor": previous, "next_cursor": following, "total": total}
