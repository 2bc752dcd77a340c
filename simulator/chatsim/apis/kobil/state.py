"""What KOBIL keeps in one world: services, users, messages of both directions, and files.

Plain data, written out and read back as it stands; who may do what is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

from chatsim.apis.kobil.ids import MessageIds, conversation_id
from chatsim.core.json import decode
from chatsim.core.media import Blob

KEPT: Final = 20_000
"""So many messages stay; of more, the oldest are forgotten with their files."""

Direction = Literal["to_user", "from_user"]


class Service(msgspec.Struct):
    """A chat service, named after the client id of its backend."""

    id: str
    callback_url: str | None = None


class User(msgspec.Struct, gc=False):
    """Somebody with the SuperApp. `id` is the name or e-mail address as it was first written."""

    id: str
    tenants: list[str] = []


class Media(msgspec.Struct, gc=False):
    """A file of a message; `service` is the client that may download it."""

    id: str
    tenant: str
    service: str
    file_name: str
    content_type: str
    blob: Blob


class Message(msgspec.Struct, kw_only=True, gc=False):
    """A message, or a signature request.

    `raw` is its JSON as sent (`signatureData` for a signature request), empty for what the user sent. It stays encoded,
    and the collector does not look at messages: twenty thousand decoded ones would make it pause.
    """

    id: str
    direction: Direction
    type: str
    at: int
    tenant: str
    service: str
    user: str
    instance_id: str
    text: str
    raw: bytes = b""
    media: str | None = None
    answers: str | None = None
    """The message that this one answers."""
    answered: bool = False

    @property
    def content(self) -> dict[str, Any]:
        """The decoded JSON."""
        content: dict[str, Any] = decode(self.raw) if self.raw else {}
        return content

    @property
    def conversation(self) -> str:
        """The conversation it belongs to."""
        return conversation_id(self.tenant, self.service, self.user)


class Kobil(msgspec.Struct):
    """All of it. Services by id, users by their id in lower case, `conversations` are message ids, oldest first."""

    services: dict[str, Service] = {}
    users: dict[str, User] = {}
    messages: dict[str, Message] = {}
    conversations: dict[str, list[str]] = {}
    media: dict[str, Media] = {}
    ids: MessageIds = msgspec.field(default_factory=MessageIds)

    def user(self, name: str) -> User | None:
        """The user of this name or address, in any case of letters."""
        return self.users.get(name.casefold())

    def add_user(self, name: str, tenant: str) -> User:
        """Return the user, made known to the tenant if need be."""
        user = self.users.setdefault(name.casefold(), User(name))
        if tenant not in user.tenants:
            user.tenants.append(tenant)
        return user

    def add_service(self, name: str) -> Service:
        """Return the service, made if need be."""
        return self.services.setdefault(name, Service(name))

    def add(self, message: Message) -> None:
        """Append a message to its conversation."""
        self.messages[message.id] = message
        self.conversations.setdefault(message.conversation, []).append(message.id)
        if len(self.messages) > KEPT + KEPT // 10:
            self._forget(list(self.messages.values())[:-KEPT])

    def newest(self, conversation: str) -> Iterator[Message]:
        """The messages of a conversation, newest first."""
        return (self.messages[name] for name in reversed(self.conversations.get(conversation, ())))

    def _forget(self, old: list[Message]) -> None:
        for message in old:
            del self.messages[message.id]
            self.media.pop(message.media or "", None)
        for conversation in {message.conversation for message in old}:
            kept = [name for name in self.conversations[conversation] if name in self.messages]
            if kept:
                self.conversations[conversation] = kept
            else:
                del self.conversations[conversation]
