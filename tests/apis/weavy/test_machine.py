"""Users create, write, mark and pin in any order: badge, unread flags, order and counts agree with a tiny model."""

from typing import Any

from examples import examples
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from weavy_desk import WeavyDesk

PEOPLE = {"alice": 1, "dora": 4, "nils": 14}
uids = st.sampled_from(sorted(PEOPLE))


class Model:
    """What one conversation is: members, messages as a list of numbers, and per member a marker and a pin."""

    def __init__(self, members: set[str], private: bool) -> None:
        self.members = members
        self.private = private
        self.messages: list[int] = []
        self.marked = dict.fromkeys(members, 0)
        self.pinned = dict.fromkeys(members, 0)

    def unread(self, uid: str) -> bool:
        """Whether the newest message lies behind the marker."""
        return bool(self.messages) and self.messages[-1] > self.marked[uid]


class Messenger(RuleBasedStateMachine):
    """The same acts on the simulator and on the model."""

    chats = Bundle("chats")

    def __init__(self) -> None:
        super().__init__()
        self.weavy = WeavyDesk()
        room = Model(set(PEOPLE), private=False)
        room.messages.append(1)
        room.marked["dora"] = 1
        self.model = {1: room}
        self.moment = 0

    def act(self, uid: str, number: int, method: str, path: str, body: Any = b"") -> bool:
        """Act on a conversation; strangers get 404, and the model then stays as it is."""
        answer = self.weavy.do(uid, method, f"/api/{path}", body)
        allowed = uid in self.model[number].members
        assert (answer.status == 200) == allowed
        return allowed

    @rule(target=chats, uid=uids, others=st.lists(uids, min_size=1, max_size=3))
    def create(self, uid: str, others: list[str]) -> int:
        """Create a conversation; a private chat of two exists once."""
        body = {"members": [PEOPLE[other] for other in others]}
        answer = self.weavy.do(uid, "POST", "/api/conversations", body)
        if set(others) == {uid}:
            assert answer.status == 400
            return 1
        number: int = answer.data["id"]
        members = {uid, *others}
        private = len(set(others)) == 1
        same = [one for one, chat in self.model.items() if private and chat.private and chat.members == members]
        assert number == (same[0] if same else max(self.model) + 1)
        self.model.setdefault(number, Model(members, private))
        return number

    @rule(uid=uids, number=chats)
    def write(self, uid: str, number: int) -> None:
        """Write a message, which its author has read."""
        if self.act(uid, number, "POST", f"apps/{number}/messages", {"text": "x"}):
            chat = self.model[number]
            chat.messages.append(max(one for other in self.model.values() for one in (0, *other.messages)) + 1)
            chat.marked[uid] = chat.messages[-1]

    @rule(uid=uids, number=chats, place=st.none() | st.integers(0, 5))
    def mark(self, uid: str, number: int, place: int | None) -> None:
        """Mark as read, all or up to some message."""
        chat = self.model[number]
        message = None if place is None or not chat.messages else chat.messages[place % len(chat.messages)]
        query = "" if message is None else f"?message_id={message}"
        if self.act(uid, number, "PUT", f"conversations/{number}/mark{query}"):
            chat.marked[uid] = message or max(chat.messages, default=0)

    @rule(uid=uids, number=chats)
    def unmark(self, uid: str, number: int) -> None:
        """Mark as unread."""
        if self.act(uid, number, "DELETE", f"conversations/{number}/mark"):
            self.model[number].marked[uid] = 0

    @rule(uid=uids, number=chats, pin=st.booleans())
    def pin(self, uid: str, number: int, pin: bool) -> None:
        """Pin or unpin; the moments of pins differ."""
        self.weavy.desk.move(1)
        self.moment += 1
        if self.act(uid, number, "PUT" if pin else "DELETE", f"conversations/{number}/pin"):
            pinned = self.model[number].pinned
            pinned[uid] = (pinned[uid] or self.moment) if pin else 0

    @invariant()
    def agrees(self) -> None:
        """Everybody's list, badge and counts are the model's."""
        for uid in PEOPLE:
            mine = {number: chat for number, chat in self.model.items() if uid in chat.members}
            listed = self.weavy.get(uid, "/api/conversations?top=100")
            assert listed["count"] == len(mine)
            assert [one["id"] for one in listed["data"]] == sorted(mine, key=lambda number: self.key(uid, number))
            assert {one["id"] for one in listed["data"] if one["is_unread"]} == set(self.weavy.ids(uid, "unread=true"))
            assert {one["id"]: one["is_unread"] for one in listed["data"]} == {
                number: chat.unread(uid) for number, chat in mine.items()
            }
            unread = [chat.private for chat in mine.values() if chat.unread(uid)]
            badge = self.weavy.get(uid, "/api/conversations/badge")
            assert badge == {"private": sum(unread), "rooms": len(unread) - sum(unread), "chat": 0}

    def key(self, uid: str, number: int) -> tuple[int, int, int]:
        """Pinned first, then the newest message, then the newest conversation; each downwards."""
        chat = self.model[number]
        return -chat.pinned[uid], -max(chat.messages, default=0), -number


Messenger.TestCase.settings = settings(max_examples=examples(50), stateful_step_count=30, deadline=None)
TestMessenger = Messenger.TestCase
