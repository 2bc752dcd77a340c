"""The chats and groups of one world, and what was said in them. Knows no HTTP: who may ask is decided before."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import msgspec


class Message(msgspec.Struct, gc=False):
    """One message of a chat or a group: its `members` as readers see them, and the moment of sending in ns UTC.

    It is never changed, so that a history of fifty needs nothing made anew.
    """

    members: dict[str, str]
    at: int = 0

    @property
    def id(self) -> str:
        """Its id; empty where a client of /chat/Connect gave none and none was assigned."""
        return self.members.get("id", "")

    @property
    def client_id(self) -> str:
        """Its name with the sender, in the documented service."""
        return self.members.get("client_id", "")


class Chat(msgspec.Struct, gc=False):
    """A chat of the documented service. `user_ids` are sorted, with their repetitions."""

    id: str
    user_ids: list[str]
    messages: list[Message] = []


class Namespace(msgspec.Struct):
    """The documented service in one namespace: none sees the chats of another.

    `client_ids` are those that were used; a dictionary keeps their order, so that a snapshot is the same in each run.
    """

    chats: dict[str, Chat] = {}
    by_users: dict[str, str] = {}
    client_ids: dict[str, None] = {}

    def add(self, chat: Chat) -> None:
        """Put a chat in; from now on it is the one of its users."""
        self.chats[chat.id] = chat
        if chat.user_ids:
            self.by_users[users_key(chat.user_ids)] = chat.id
        self.client_ids |= dict.fromkeys(message.client_id for message in chat.messages)

    def remove(self, chat_id: str) -> None:
        """Take a chat out; another of the same users is theirs again. The client ids stay remembered, as they would."""
        gone = self.chats.pop(chat_id)
        key = users_key(gone.user_ids)
        if self.by_users.get(key) == chat_id:
            del self.by_users[key]
            others = [one.id for one in self.chats.values() if one.user_ids and users_key(one.user_ids) == key]
            if others:
                self.by_users[key] = others[-1]

    def chat_of(self, user_ids: Sequence[str]) -> Chat | None:
        """Return the chat of exactly these users, in any order."""
        found = self.by_users.get(users_key(user_ids))
        return None if found is None else self.chats[found]

    def accept(self, message: Message) -> bool:
        """Keep a message, unless one with its client id was kept anywhere in the namespace: then say False.

        A message to a chat that does not exist is accepted and lost, only its client id stays. [source]
        """
        if message.client_id in self.client_ids:
            return False
        self.client_ids[message.client_id] = None
        chat = self.chats.get(message.members["chat_id"])
        if chat is not None:
            chat.messages.append(message)
        return True


class Group(msgspec.Struct):
    """A group of the later service; older clients call it a room. `created_at` is RFC 3339."""

    id: str
    name: str
    description: str
    created_at: str
    user_ids: list[str]
    private: bool
    messages: list[Message] = []


class Token(msgspec.Struct):
    """How one token is treated. `owner` and `namespace` are empty where nothing was set up."""

    allowed: bool = True
    reason: str = ""
    scopes: list[str] = msgspec.field(default_factory=lambda: ["*"])
    owner: str = ""
    namespace: str = ""
    calls_per_second: int | None = None
    second: int = 0
    calls: int = 0

    @property
    def may_chat(self) -> bool:
        """Whether its scopes reach the chat service."""
        return "*" in self.scopes or "chat" in self.scopes

    def spend(self, now: int) -> bool:
        """Count one call at `now` (ns); False if this second has no call left."""
        if self.calls_per_second is None:
            return True
        second = now // 1_000_000_000
        if second != self.second:
            self.second, self.calls = second, 0
        self.calls += 1
        return self.calls <= self.calls_per_second


class M3O(msgspec.Struct):
    """Everything one world knows. `everywhere` holds the chats that each namespace begins with."""

    everywhere: Namespace = msgspec.field(default_factory=Namespace)
    namespaces: dict[str, Namespace] = {}
    tenants: dict[str, dict[str, Group]] = {}
    tokens: dict[str, Token] = {}

    def look(self, namespace: str) -> Namespace:
        """Return a namespace to read in. One that nobody wrote to is not made by reading."""
        return self.namespaces.get(namespace, self.everywhere)

    def enter(self, namespace: str) -> Namespace:
        """Return a namespace to write in, making it if it is new."""
        found = self.namespaces.get(namespace)
        if found is None:
            found = self.namespaces[namespace] = deepcopy(self.everywhere)
        return found

    def groups(self, tenant: str) -> dict[str, Group]:
        """Return the groups of a tenant, by id, to read."""
        return self.tenants.get(tenant, {})

    def add_group(self, tenant: str, group: Group) -> None:
        """Put a group in."""
        self.tenants.setdefault(tenant, {})[group.id] = group

    def put_everywhere(self, chat: Chat) -> None:
        """Put a chat into each namespace there is and will be."""
        for namespace in (self.everywhere, *self.namespaces.values()):
            namespace.add(deepcopy(chat))


def users_key(user_ids: Sequence[str]) -> str:
    """Name a set of users, whatever their order.

    Ids are joined by `_`, so ["a_b", "c"] and ["a", "b_c"] are the same set. [source]
    """
    return "_".join(sorted(user_ids))
