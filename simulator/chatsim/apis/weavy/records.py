"""What a Weavy world keeps: users, conversations with their members, messages, tokens. Plain data, tied by id."""

from typing import Any, Final

import msgspec

PRIVATE: Final = "7e14f418-8f15-46f4-b182-f619b671e470"
ROOM: Final = "edb400ac-839b-45a7-b2a8-6a01820d1c44"
CONTEXTUAL: Final = "d65dd4bc-418e-403c-9f56-f9cf4da931ed"
KINDS: Final = (PRIVATE, ROOM, CONTEXTUAL)
"""The types of conversation; clients compare these GUIDs as text [source]."""


class User(msgspec.Struct, kw_only=True, gc=False):
    """A person. `profile` has the optional members of the answer under their own names."""

    id: int
    uid: str
    created_at: int
    name: str | None = None
    modified_at: int | None = None
    profile: dict[str, Any] = {}
    is_admin: bool = False
    is_suspended: bool = False
    is_trashed: bool = False

    @property
    def display_name(self) -> str:
        """The name that others see: the given one, else the identifier."""
        return self.name or self.uid


class Member(msgspec.Struct, kw_only=True, gc=False):
    """One user in one conversation, and what only this user sees of it. Moments are nanoseconds UTC."""

    user_id: int
    marked_id: int | None = None
    marked_at: int | None = None
    pinned_at: int | None = None
    is_starred: bool = False


class Conversation(msgspec.Struct, kw_only=True, gc=False):
    """A private chat, a room or a contextual chat. `members` by user id, `messages` by id, oldest first."""

    id: int
    type: str
    created_at: int
    created_by_id: int | None
    name: str | None = None
    uid: str | None = None
    description: str | None = None
    modified_at: int | None = None
    modified_by_id: int | None = None
    tags: list[str] = []
    metadata: dict[str, Any] = {}
    is_trashed: bool = False
    members: dict[int, Member] = {}
    messages: list[int] = []
    last_message_at: int = 0

    @property
    def last_message_id(self) -> int | None:
        """The newest message, if there is one."""
        return self.messages[-1] if self.messages else None

    def is_unread(self, member: Member) -> bool:
        """Whether the newest message lies behind the member's read marker."""
        return bool(self.messages) and self.messages[-1] > (member.marked_id or 0)


class Message(msgspec.Struct, kw_only=True, gc=False):
    """A text in a conversation."""

    id: int
    app_id: int
    text: str
    created_at: int
    created_by_id: int
    embed_id: int | None = None
    meeting_id: int | None = None
    tags: list[str] | None = None
    metadata: dict[str, Any] | None = None


class Token(msgspec.Struct, kw_only=True, gc=False):
    """An access token of a user; usable before `expires_at`."""

    user_id: int
    expires_at: int


class Records(msgspec.Struct, kw_only=True):
    """All that a snapshot of this API has."""

    users: dict[int, User] = {}
    conversations: dict[int, Conversation] = {}
    messages: dict[int, Message] = {}
    tokens: dict[str, Token] = {}
    keys: dict[str, bool] = {}
