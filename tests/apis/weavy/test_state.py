"""The state: its changes, and that every index follows from the records."""

import msgspec
import pytest

from chatsim.apis.weavy.records import PRIVATE, ROOM, Conversation
from chatsim.apis.weavy.shelves import LANES
from chatsim.apis.weavy.state import Weavy

LIVE = LANES[:3]


@pytest.fixture
def weavy() -> Weavy:
    """Three users, one room of all, one private chat of the first two."""
    state = Weavy()
    for uid in ("ann", "ben", "cat"):
        state.add_user(uid, 1)
    state.add_conversation(ROOM, (1, 2, 3), 2, created_by_id=1)
    state.add_conversation(PRIVATE, (2, 1), 3, created_by_id=2)
    return state


def post(state: Weavy, number: int, user_id: int, now: int) -> None:
    """One message of this user."""
    state.post(state.conversations[number], state.users[user_id], "hi", now)


def order(state: Weavy, user_id: int) -> list[int]:
    """The user's conversations as a list would show them."""
    return list(state.shelf(user_id).all(LIVE))


def unread(state: Weavy, user_id: int) -> int:
    """How many conversations the user has not read."""
    return state.shelf(user_id).count_unread(LIVE)


def room(state: Weavy) -> Conversation:
    """The room."""
    return state.conversations[1]


def test_a_message_moves_the_conversation_up_for_everybody(weavy: Weavy) -> None:
    """Order follows the newest message."""
    assert order(weavy, 1) == [2, 1]
    post(weavy, 1, 3, 10)
    assert (order(weavy, 1), order(weavy, 3)) == ([1, 2], [1])


def test_a_message_is_unread_for_all_but_its_author(weavy: Weavy) -> None:
    """Own messages make nothing unread."""
    post(weavy, 1, 1, 10)
    assert [unread(weavy, user) for user in (1, 2, 3)] == [0, 1, 1]


def test_a_mark_moves_both_ways(weavy: Weavy) -> None:
    """All read, then only the first message, then all again."""
    post(weavy, 1, 2, 10)
    post(weavy, 1, 2, 11)
    seen = []
    for message in (None, 1, 2):
        weavy.mark(room(weavy), room(weavy).members[1], message, 12)
        seen.append(unread(weavy, 1))
    assert seen == [0, 1, 0]


def test_without_a_mark_messages_are_unread_again(weavy: Weavy) -> None:
    """Also where every message is one's own; an empty conversation stays read."""
    post(weavy, 1, 1, 10)
    for number in (1, 2):
        conversation = weavy.conversations[number]
        weavy.unmark(conversation, conversation.members[1])
    assert unread(weavy, 1) == 1


def test_a_pin_is_personal_and_keeps_its_moment(weavy: Weavy) -> None:
    """Pinning twice changes nothing; unpinning puts it back."""
    member = room(weavy).members[1]
    weavy.pin(room(weavy), member, 10)
    weavy.pin(room(weavy), member, 11)
    assert (member.pinned_at, order(weavy, 1), order(weavy, 2)) == (10, [1, 2], [2, 1])
    weavy.pin(room(weavy), member, None)
    assert order(weavy, 1) == [2, 1]


def test_a_private_chat_is_found_from_both_sides(weavy: Weavy) -> None:
    """The pair has no order."""
    found = weavy.private_chat(1, 2)
    assert found is not None
    assert found is weavy.private_chat(2, 1)
    assert weavy.private_chat(1, 3) is None


def test_members_join_and_leave(weavy: Weavy) -> None:
    """Only changes are reported, and shelves follow."""
    dan = weavy.add_user("dan", 5)
    assert [m.user_id for m in weavy.join(room(weavy), [1, dan.id])] == [dan.id]
    assert [m.user_id for m in weavy.leave(room(weavy), [dan.id, 99, 2])] == [dan.id, 2]
    assert (order(weavy, dan.id), order(weavy, 2)) == ([], [2])


def test_a_trashed_conversation_leaves_the_lists_and_comes_back(weavy: Weavy) -> None:
    """It is neither listed nor counted while in the bin."""
    post(weavy, 1, 2, 10)
    weavy.change(room(weavy), 11, None, is_trashed=True)
    assert (order(weavy, 1), unread(weavy, 1)) == ([2], 0)
    weavy.change(room(weavy), 12, None, is_trashed=False)
    assert (order(weavy, 1), unread(weavy, 1)) == ([1, 2], 1)


def test_users_are_found_by_identifier_and_number(weavy: Weavy) -> None:
    """Identifiers compare without case."""
    found = [weavy.find_user(name) for name in ("BEN", "2", "9", "x", "²")]
    assert [user and user.id for user in found] == [2, 2, None, None, None]


def test_a_token_ends_by_time_and_by_revocation(weavy: Weavy) -> None:
    """The moment of expiry itself is too late; revoking takes only that user's tokens."""
    ann, ben = weavy.users[1], weavy.users[2]
    for token, user in (("a", ann), ("b", ben)):
        weavy.mint(token, user, 100)
    assert (weavy.bearer("a", 99), weavy.bearer("a", 100)) == (ann, None)
    weavy.revoke(ann)
    assert (weavy.bearer("a", 1), weavy.bearer("b", 1)) == (None, ben)


@pytest.mark.parametrize("flag", ["is_trashed", "is_suspended"])
def test_a_token_of_a_locked_out_user_is_no_good(weavy: Weavy, flag: str) -> None:
    """Neither trashed nor suspended users get in."""
    weavy.mint("a", weavy.users[1], 100)
    setattr(weavy.users[1], flag, True)
    assert weavy.bearer("a", 1) is None


def test_everything_survives_being_written_out(weavy: Weavy) -> None:
    """Read back, the records are equal and so is every index."""
    post(weavy, 1, 2, 10)
    weavy.pin(room(weavy), room(weavy).members[1], 11)
    back = msgspec.json.decode(msgspec.json.encode(weavy), type=Weavy)
    assert back == weavy
    assert vars(back) == vars(weavy)
