"""What one world knows of Airy: channels, conversations, messages and uploads, and every change of them.

Knows no request and no token. Callers check first: a method here is given what may be done and does it.
"""

from __future__ import annotations

from bisect import insort_right
from typing import TYPE_CHECKING, Any, Final

import msgspec

from chatsim.apis.airy.keyring import Former, new_secret, parted
from chatsim.core.clock import SECOND, rfc3339
from chatsim.core.formats import FORMATS
from chatsim.core.media import Blob

if TYPE_CHECKING:
    from chatsim.apis.airy.tokens import Pass
    from chatsim.core.world import World

SOURCE: Final = "chatplugin"
PENDING: Final = "pending"
FAILED: Final = "failed"
DELIVERED: Final = "delivered"


def canonical(name: str) -> str:
    """The one spelling of an id. [source] A UUID is read in any case and written in small letters.

    Agents may name a conversation as they like [source]; what is no UUID stays as it is.
    """
    return name.lower() if FORMATS["uuid"](name) else name


class Channel(msgspec.Struct):
    """A place on somebody's web site where visitors chat."""

    id: str
    name: str
    image_url: str | None = None
    connected: bool = True

    def as_json(self) -> dict[str, Any]:
        """As the core API shows it."""
        metadata = {"name": self.name} | ({"image_url": self.image_url} if self.image_url is not None else {})
        return {
            "id": self.id,
            "source": SOURCE,
            "source_channel_id": self.name,
            "metadata": metadata,
            "connected": self.connected,
        }


class Message(msgspec.Struct, gc=False):
    """One message of a visitor or an agent. `sent_at` is in nanoseconds; `source` is empty while it waits."""

    id: str
    conversation_id: str
    content: Any
    sent_at: int
    from_contact: bool
    sender_id: str
    delivery_state: str = DELIVERED
    metadata: dict[str, Any] | None = None
    source: str = SOURCE

    def as_json(self, states: str, *, core: bool = False) -> dict[str, Any]:
        """As every endpoint shows it; `states` is the value of the quirk `airy.message-state`.

        [source] Where there is no metadata the plugin writes null, and the core API an empty object.
        """
        shown: dict[str, Any] = {"id": self.id, "content": self.content}
        if states != "delivery_state":
            shown["state"] = self.delivery_state.upper()
        if states != "state":
            shown["delivery_state"] = self.delivery_state
        shown |= {
            "from_contact": self.from_contact,
            "sent_at": rfc3339(self.sent_at, 3),
            "source": self.source,
            "metadata": {} if core and self.metadata is None else self.metadata,
            "sender": {"id": self.sender_id, "name": None, "avatar_url": None},
        }
        return shown


class Conversation(msgspec.Struct, gc=False):
    """What a visitor and the agents wrote in one channel, oldest first. It begins with its first message."""

    id: str
    channel_id: str
    created_at: int
    message_ids: list[str] = []


class Upload(msgspec.Struct, gc=False):
    """A file that somebody uploaded."""

    id: str
    filename: str
    content_type: str
    blob: Blob


class Tail(msgspec.Struct, frozen=True):
    """How the frames end that carry the body `raw` to receivers of a STOMP version: the same for all of them."""

    raw: bytes = b""
    version: str = ""
    octets: bytes = b""


class Airy(msgspec.Struct, dict=True):
    """All of it, by id.

    `secret` (hex) is what tokens are signed with, and `key` its bytes; `formers` are the secrets of the worlds that all
    this was taken over from. `passes` are the tokens checked lately, `known` the conversations known under each former
    secret, `tail` is what was pushed last; they are made again when they are needed.
    """

    channels: dict[str, Channel] = {}
    conversations: dict[str, Conversation] = {}
    messages: dict[str, Message] = {}
    uploads: dict[str, Upload] = {}
    secret: str = ""
    formers: list[Former] = []

    def __post_init__(self) -> None:
        self.reindex()

    def reindex(self) -> None:
        """Derive anew what is not kept.

        Raises:
            ValueError: the secret is not hex.
        """
        self.key = bytes.fromhex(self.secret)
        self.passes: dict[str, Pass] = {}
        self.known: dict[str, frozenset[str]] = {}
        self.tail = Tail()

    def taken_over(self, world: World, now: int) -> None:
        """Sign as the world does that this is put into, and remember the former secret."""
        own, former = new_secret(world), self.secret
        if former == own:
            return
        if former:
            kept = [one for one in self.formers if one.secret not in (own, former)]
            self.formers = [*kept, parted(world, former, now // SECOND, self.conversations)]
        self.secret = own
        self.reindex()

    def open_channel(self, channel_id: str) -> Channel | None:
        """The channel, if there is one and it is connected."""
        channel = self.channels.get(channel_id)
        return channel if channel is not None and channel.connected else None

    def find_conversation(self, name: str) -> Conversation | None:
        """The conversation with this id: a UUID in any case, or letter by letter what an agent made up."""
        return self.conversations.get(canonical(name))

    def history(self, conversation_id: str) -> list[Message]:
        """The messages of a conversation, oldest first; none where nothing was said yet."""
        conversation = self.conversations.get(conversation_id)
        return [self.messages[one] for one in conversation.message_ids] if conversation else []

    def add(self, message: Message, channel_id: str) -> Conversation:
        """Put a message into its conversation, which begins with it where there was none.

        [source] Messages stand in the order of their moments; one that had to wait goes where it would have been.
        """
        conversation = self.conversations.get(message.conversation_id)
        if conversation is None:
            conversation = Conversation(message.conversation_id, channel_id, message.sent_at)
            self.conversations[conversation.id] = conversation
        self.messages[message.id] = message
        insort_right(conversation.message_ids, message.id, key=lambda one: self.messages[one].sent_at)
        return conversation

    def forget_conversation(self, conversation_id: str) -> bool:
        """Remove a conversation with its messages; whether there was one."""
        conversation = self.conversations.pop(conversation_id, None)
        for message_id in conversation.message_ids if conversation else ():
            del self.messages[message_id]
        return conversation is not None

    def forget_channel(self, channel_id: str) -> bool:
        """Remove a channel with its conversations; whether there was one."""
        for conversation in [one for one in self.conversations.values() if one.channel_id == channel_id]:
            self.forget_conversation(conversation.id)
        return self.channels.pop(channel_id, None) is not None

    def conversation_as_json(self, conversation: Conversation, states: str) -> dict[str, Any]:
        """As the core API lists it. Nothing marks messages as read, so all of the visitor's count as unread."""
        messages = [self.messages[one] for one in conversation.message_ids]
        return {
            "id": conversation.id,
            "channel": self.channels[conversation.channel_id].as_json(),
            "created_at": rfc3339(conversation.created_at, 3),
            "metadata": {
                "contact": {"display_name": f"Chatplugin {conversation.id[-5:]}"},
                "unread_count": sum(message.from_contact for message in messages),
            },
            "last_message": messages[-1].as_json(states, core=True),
        }
