"""The state of one Weavy world and every change of it. Knows no request, no dialect and no clock.

Callers check first: a method here is given what exists and does its one change, indexes included.
"""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, Final

from msgspec import Raw

from chatsim.apis.weavy.records import PRIVATE, Conversation, Member, Message, Records, Token, User
from chatsim.apis.weavy.shelves import Shelf

LAST_ID: Final = 2**31 - 1
"""No number is greater: clients keep them in 32 bits."""

Part = tuple[str, Raw]
"""A piece of an answer, and the base URL of the addresses in it."""


class Weavy(Records, kw_only=True, dict=True):
    """The records, and beside them the indexes: users by identifier, private chats by pair, shelves by user.

    What hangs on open connections is no record either: who is `online`, which topics somebody is `listening` to,
    which connection tokens were `negotiated`. `parts`, `message_parts` and `authors` are conversations, messages and
    people as they were last shown.
    """

    def __post_init__(self) -> None:
        self.reindex()

    def reindex(self) -> None:
        """Build every index anew from the records."""
        self.uids: dict[str, int] = {fold_uid(user.uid): user.id for user in self.users.values()}
        self.shelves: dict[int, Shelf] = {}
        self.private: dict[tuple[int, int], int] = {}
        self.contexts: dict[str, int] = {}
        self.online: dict[int, set[str]] = {}
        self.listening: dict[str, set[str]] = {}
        self.negotiated: dict[str, None] = {}
        self.parts: dict[tuple[int, int], Part] = {}
        self.message_parts: dict[int, Part] = {}
        self.authors: dict[tuple[int, str], dict[str, Any]] = {}
        self.last_user_id = max(self.users, default=0)
        self.last_conversation_id = max(self.conversations, default=0)
        self.last_message_id = max(self.messages, default=0)
        for conversation in self.conversations.values():
            self._index(conversation)

    # --- users

    def find_user(self, name: str) -> User | None:
        """The user with this identifier, else with this number; identifiers have at least one letter or sign."""
        number = self.uids.get(fold_uid(name))
        if number is None and name.isascii() and name.isdigit():
            number = int(name)
        return None if number is None else self.users.get(number)

    def add_user(self, uid: str, now: int, *, number: int | None = None) -> User:
        """A new user; numbers go up, and are used twice only after the greatest that there is."""
        user = User(id=number or _next(self.users, self.last_user_id), uid=uid, created_at=now)
        self.users[user.id] = user
        self.uids[fold_uid(uid)] = user.id
        self.last_user_id = max(self.last_user_id, user.id)
        return user

    def shelf(self, user_id: int) -> Shelf:
        """The user's conversations in order."""
        if (shelf := self.shelves.get(user_id)) is None:
            shelf = self.shelves[user_id] = Shelf()
        return shelf

    def presence(self, user_id: int) -> str:
        """Active while the user has a connection to the hub, else away [source]."""
        return "active" if user_id in self.online else "away"

    def arrive(self, user: User, socket: str) -> bool:
        """A connection of a user is there; whether it is the first one."""
        sockets = self.online.setdefault(user.id, set())
        sockets.add(socket)
        self.people_changed()
        return len(sockets) == 1

    def depart(self, user: User, socket: str) -> bool:
        """A connection is gone; whether it was the last one."""
        sockets = self.online.get(user.id, set())
        if socket not in sockets:
            return False
        sockets.discard(socket)
        if sockets:
            return False
        del self.online[user.id]
        self.people_changed()
        return True

    def people_changed(self) -> None:
        """Names or presence changed, which any conversation may show."""
        self.parts.clear()
        self.message_parts.clear()
        self.authors.clear()

    # --- tokens

    def bearer(self, token: str, now: int) -> User | None:
        """The user of a token that is still good."""
        found = self.tokens.get(token)
        if found is None or found.expires_at <= now:
            return None
        user = self.users[found.user_id]
        return None if user.is_trashed or user.is_suspended else user

    def mint(self, token: str, user: User, expires_at: int) -> None:
        """Remember a token of a user."""
        self.tokens[token] = Token(user_id=user.id, expires_at=expires_at)

    def revoke(self, user: User) -> None:
        """Forget every token of a user."""
        self.tokens = {text: token for text, token in self.tokens.items() if token.user_id != user.id}

    # --- conversations

    def private_chat(self, first: int, second: int) -> Conversation | None:
        """The private chat of two users, whoever began it."""
        number = self.private.get(_pair(first, second))
        return None if number is None else self.conversations[number]

    def context(self, uid: str) -> Conversation | None:
        """The contextual chat with this identifier."""
        number = self.contexts.get(fold_uid(uid))
        return None if number is None else self.conversations[number]

    def add_conversation(
        self,
        kind: str,
        member_ids: Iterable[int],
        now: int,
        *,
        created_by_id: int | None = None,
        number: int | None = None,
        **values: Any,
    ) -> Conversation:
        """A new conversation of this type with these members."""
        conversation = Conversation(
            id=number or _next(self.conversations, self.last_conversation_id),
            type=kind,
            created_at=now,
            created_by_id=created_by_id,
            **values,
            members={user_id: Member(user_id=user_id) for user_id in member_ids},
        )
        self.conversations[conversation.id] = conversation
        self.last_conversation_id = max(self.last_conversation_id, conversation.id)
        self._index(conversation)
        return conversation

    def join(self, conversation: Conversation, user_ids: Iterable[int]) -> list[Member]:
        """Add members; those that were none before are returned."""
        fresh = [Member(user_id=number) for number in user_ids if number not in conversation.members]
        conversation.members.update({member.user_id: member for member in fresh})
        self._replace(conversation)
        return fresh

    def leave(self, conversation: Conversation, user_ids: Iterable[int]) -> list[Member]:
        """Take members out; those that were members are returned."""
        gone = [conversation.members.pop(number) for number in user_ids if number in conversation.members]
        for member in gone:
            self.shelf(member.user_id).remove(conversation.id)
        self._replace(conversation)
        return gone

    def change(self, conversation: Conversation, now: int, by: User | None, **values: Any) -> None:
        """Give a conversation other values of its own: name, description, tags, metadata, the bin."""
        for name, value in values.items():
            setattr(conversation, name, value)
        conversation.modified_at, conversation.modified_by_id = now, by.id if by else None
        self._replace(conversation)

    # --- messages and marks

    def post(
        self, conversation: Conversation, user: User, text: str, now: int, *, number: int | None = None, **extras: Any
    ) -> Message:
        """A new message. Its author has read up to it: own messages make nothing unread for oneself [guess]."""
        message = Message(
            id=number or _next(self.messages, self.last_message_id),
            app_id=conversation.id,
            text=text,
            created_at=now,
            created_by_id=user.id,
            **extras,
        )
        self.messages[message.id] = message
        self.last_message_id = max(self.last_message_id, message.id)
        conversation.messages.append(message.id)
        conversation.last_message_at = now
        if (author := conversation.members.get(user.id)) is not None:
            author.marked_id, author.marked_at = message.id, now
        self._replace(conversation)
        return message

    def mark(self, conversation: Conversation, member: Member, message_id: int | None, now: int) -> None:
        """Move the read marker to a message; without one everything so far is read."""
        member.marked_id = message_id or conversation.last_message_id
        member.marked_at = now
        self._place(conversation, member)

    def unmark(self, conversation: Conversation, member: Member) -> None:
        """Take the read marker away."""
        member.marked_id = member.marked_at = None
        self._place(conversation, member)

    def pin(self, conversation: Conversation, member: Member, now: int | None) -> None:
        """Pin for this member at a moment, or unpin with None; a pinned one keeps its moment."""
        if now is None or member.pinned_at is None:
            member.pinned_at = now
            self._place(conversation, member)

    def star(self, conversation: Conversation, member: Member, starred: bool) -> None:
        """Star for this member, or take the star away."""
        member.is_starred = starred
        self._place(conversation, member)

    def _place(self, conversation: Conversation, member: Member) -> None:
        self.parts.pop((member.user_id, conversation.id), None)
        self.shelf(member.user_id).place(conversation, member)

    def _replace(self, conversation: Conversation) -> None:
        for member in conversation.members.values():
            self._place(conversation, member)

    def _index(self, conversation: Conversation) -> None:
        self._replace(conversation)
        if conversation.type == PRIVATE:
            first, second = conversation.members
            self.private[_pair(first, second)] = conversation.id
        elif conversation.uid is not None:
            self.contexts[fold_uid(conversation.uid)] = conversation.id


def _next(taken: Mapping[int, object], last: int) -> int:
    return last + 1 if last < LAST_ID else next(number for number in count(1) if number not in taken)


def fold_uid(uid: str) -> str:
    """The form in which identifiers compare: without regard to case, as the service's database does [guess]."""
    return uid.lower()


def _pair(first: int, second: int) -> tuple[int, int]:
    return (first, second) if first < second else (second, first)
