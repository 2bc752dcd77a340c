"""For each user the conversations in order, kept sorted so that no request has to look at all of them.

An index: everything here follows from the records and is rebuilt from them after a restore.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice

import msgspec

from chatsim.apis.weavy.records import KINDS, Conversation, Member

Key = tuple[int, int, int, int, int]
Lane = tuple[str, bool]
"""A type of conversation, and whether the trashed ones are meant."""

LANES: tuple[Lane, ...] = tuple((kind, trashed) for trashed in (False, True) for kind in KINDS)


def sort_key(conversation: Conversation, member: Member) -> Key:
    """Pinned first, then newest last message, then newest created [source]; ids settle what is left.

    What is read first is greatest and stands last: nearly every change concerns the newest, and a list is cheap to
    change at its end. The message id is behind the moment because a frozen clock gives many messages the same one.
    """
    return (
        member.pinned_at or 0,
        conversation.last_message_at,
        conversation.last_message_id or 0,
        conversation.created_at,
        conversation.id,
    )


class Shelf(msgspec.Struct):
    """One user's conversations: in order per lane, and which of them are unread."""

    order: dict[Lane, list[Key]] = msgspec.field(default_factory=lambda: {lane: [] for lane in LANES})
    unread: dict[Lane, set[int]] = msgspec.field(default_factory=lambda: {lane: set() for lane in LANES})
    places: dict[int, tuple[Lane, Key]] = {}

    def place(self, conversation: Conversation, member: Member) -> None:
        """Put a conversation where it belongs now, taking it from where it was; a mark alone moves nothing."""
        lane = (conversation.type, conversation.is_trashed)
        place = (lane, sort_key(conversation, member))
        if self.places.get(conversation.id) != place:
            self.remove(conversation.id)
            insort(self.order[lane], place[1])
            self.places[conversation.id] = place
        if conversation.is_unread(member):
            self.unread[lane].add(conversation.id)
        else:
            self.unread[lane].discard(conversation.id)

    def remove(self, conversation_id: int) -> None:
        """Take a conversation off the shelf; nothing happens where it is not on it."""
        if (place := self.places.pop(conversation_id, None)) is None:
            return
        lane, key = place
        keys = self.order[lane]
        del keys[bisect_left(keys, key)]
        self.unread[lane].discard(conversation_id)

    def count(self, lanes: Iterable[Lane]) -> int:
        """How many conversations these lanes have."""
        return sum(len(self.order[lane]) for lane in lanes)

    def all(self, lanes: Iterable[Lane]) -> Iterator[int]:
        """The ids of these lanes in reading order."""
        for key in merge(*(reversed(self.order[lane]) for lane in lanes), reverse=True):
            yield key[-1]

    def page(self, lanes: Iterable[Lane], skip: int, top: int) -> list[int]:
        """A part of `all`; a single lane is cut, several are merged from their beginning."""
        filled = [self.order[lane] for lane in lanes if self.order[lane]]
        if len(filled) > 1:
            return list(islice(self.all(lanes), skip, skip + top))
        return [key[-1] for keys in filled for key in _from_end(keys, skip, top)]

    def is_unread(self, conversation_id: int) -> bool:
        """Whether a conversation on the shelf is unread."""
        return conversation_id in self.unread[self.places[conversation_id][0]]

    def unread_page(self, lanes: Iterable[Lane], skip: int, top: int) -> list[int]:
        """A part of the unread conversations of these lanes, in reading order."""
        keys = sorted(self.places[number][1] for lane in lanes for number in self.unread[lane])
        return [key[-1] for key in _from_end(keys, skip, top)]

    def count_unread(self, lanes: Iterable[Lane]) -> int:
        """How many unread conversations these lanes have."""
        return sum(len(self.unread[lane]) for lane in lanes)


def _from_end(keys: list[Key], skip: int, top: int) -> list[Key]:
    end = max(len(keys) - skip, 0)
    return keys[max(end - top, 0) : end][::-1]
