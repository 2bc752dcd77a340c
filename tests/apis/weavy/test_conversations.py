"""The documented endpoints: create, get, badge, mark, pin, each as several users see it."""

from typing import Any

import pytest
from weavy_desk import KEY, WeavyDesk

PRIVATE = "7e14f418-8f15-46f4-b182-f619b671e470"
ROOM = "edb400ac-839b-45a7-b2a8-6a01820d1c44"


def create(weavy: WeavyDesk, uid: str, **body: Any) -> Any:
    """A conversation made by a user."""
    answer = weavy.do(uid, "POST", "/api/conversations", body)
    assert answer.status == 201, answer.data
    return answer.data


def unread(weavy: WeavyDesk, uid: str, number: int = 1) -> bool:
    """Whether a user has not read a conversation."""
    flag: bool = weavy.get(uid, f"/api/conversations/{number}")["is_unread"]
    return flag


# --- create


def test_several_members_make_a_room(weavy: WeavyDesk) -> None:
    """The first sample: a room with the given name, the caller counted once."""
    made = create(weavy, "alice", name="My chat room", members=[1, 4, 14])
    assert (made["type"], made["display_name"], made["name"]) == (ROOM, "My chat room", "My chat room")
    assert ([member["id"] for member in made["members"]], made["member_count"]) == ([1, 4, 14], 3)


def test_one_member_makes_a_private_chat(weavy: WeavyDesk) -> None:
    """The second sample: two members, and the name that was given (A2)."""
    made = create(weavy, "alice", name="My private chat", members=[4])
    assert (made["type"], made["user_id"], made["member_count"]) == (PRIVATE, 4, 2)
    assert made["display_name"] == "My private chat"


def test_the_service_gives_private_chats_no_name() -> None:
    """Under the other value of the quirk a private chat is called after the other user."""
    weavy = WeavyDesk(truth="service")
    made = create(weavy, "alice", name="My private chat", members=[4])
    assert (made["display_name"], "name" in made) == ("Dora Dale", False)


def test_a_private_chat_is_called_after_the_other(weavy: WeavyDesk) -> None:
    """Its name, picture and user depend on who reads."""
    number = create(weavy, "alice", members=[4])["id"]
    seen = {uid: weavy.get(uid, f"/api/conversations/{number}") for uid in ("alice", "dora")}
    assert {uid: one["display_name"] for uid, one in seen.items()} == {"alice": "Dora Dale", "dora": "Alice Archer"}
    assert {uid: one["user_id"] for uid, one in seen.items()} == {"alice": 4, "dora": 1}
    assert seen["alice"]["avatar_url"].endswith("/api/users/4/avatar.svg")


def test_a_room_without_a_name_is_called_after_the_others(weavy: WeavyDesk) -> None:
    """Its name are "the participant(s) names": those of the others, per reader (A4)."""
    number = create(weavy, "alice", members=[4, 14])["id"]
    names = {uid: weavy.get(uid, f"/api/conversations/{number}")["display_name"] for uid in ("alice", "dora")}
    assert names == {"alice": "Dora Dale, Nils Norman", "dora": "Alice Archer, Nils Norman"}


def test_the_same_private_chat_is_found_from_both_sides(weavy: WeavyDesk) -> None:
    """A second creation gives the first one, unchanged, also with 201 (A5)."""
    first = create(weavy, "alice", members=[4])
    again = [create(weavy, "dora", members=[1], name="x"), create(weavy, "alice", members=[4, 4])]
    assert [one["id"] for one in again] == [first["id"]] * 2
    assert "name" not in again[0]


def test_rooms_are_always_new(weavy: WeavyDesk) -> None:
    """Two equal requests make two rooms; oneself and another are two ids (A3)."""
    rooms = [create(weavy, "alice", members=[1, 4]) for _ in range(2)]
    assert (rooms[0]["type"], rooms[0]["id"] != rooms[1]["id"]) == (ROOM, True)


def test_a_trashed_private_chat_comes_back(weavy: WeavyDesk) -> None:
    """Creating it again takes it out of the bin."""
    number = weavy.chat("alice", 4)
    weavy.do("alice", "POST", f"/api/apps/{number}/trash")
    assert (weavy.chat("dora", 1), number in weavy.ids("alice")) == (number, True)


REFUSED: list[tuple[Any, str]] = [
    ({}, "members"),
    ({"members": []}, "members"),
    ({"members": [1]}, "members"),
    ({"members": [99]}, "members"),
    ({"members": ["x"]}, "members.0"),
    ({"members": 4}, "members"),
    ({"members": [4.5]}, "members.0"),
    ({"members": [2**31]}, "members.0"),
    ({"members": [4], "name": "x" * 257}, "name"),
    ({"members": [4], "name": 5}, "name"),
    ([], ""),
]


@pytest.mark.parametrize(("body", "member"), REFUSED)
def test_a_bad_creation_is_refused(weavy: WeavyDesk, body: Any, member: str) -> None:
    """A 400 that says which member is wrong; nothing is made."""
    answer = weavy.do("alice", "POST", "/api/conversations", body)
    assert (answer.status, list(answer.data["errors"])) == (400, [member])
    assert weavy.ids("alice") == [1]


def test_an_empty_body_is_refused(weavy: WeavyDesk) -> None:
    """Nothing is not a conversation."""
    assert weavy.do("alice", "POST", "/api/conversations").status == 400


# --- get


def test_the_whole_conversation(weavy: WeavyDesk) -> None:
    """Every member of an answer, in a world whose time stands still."""
    dora = {
        "id": 4, "uid": "dora", "display_name": "Dora Dale", "presence": "away",
        "avatar_url": "http://localhost:8080/api/users/4/avatar.svg",
    }  # fmt: skip
    seen = weavy.get("alice", "/api/conversations/1")
    assert [member.pop("id") for member in seen.pop("members")] == [1, 4, 14]
    assert seen.pop("created_by")["uid"] == "alice"
    assert seen == {
        "id": 1, "type": ROOM, "display_name": "Reading club", "name": "Reading club", "member_count": 3,
        "avatar_url": "http://localhost:8080/api/conversations/1/avatar.svg", "created_by_id": 1,
        "created_at": "2026-01-01T12:00:00.0000000Z", "is_pinned": False, "is_unread": True, "is_starred": False,
        "is_subscribed": True, "is_trashed": False, "last_message_id": 1,
        "last_message": {
            "id": 1, "app_id": 1, "text": "Which book is next?", "html": "<p>Which book is next?</p>",
            "plain": "Which book is next?", "attachment_count": 0, "attachments": [], "reactions": [],
            "created_at": "2026-01-01T12:00:00.0000000Z", "created_by_id": 4, "created_by": dora, "is_trashed": False,
        },
    }  # fmt: skip


def test_reading_does_not_mark(weavy: WeavyDesk) -> None:
    """A conversation that was got is still unread."""
    assert [unread(weavy, "alice"), unread(weavy, "alice")] == [True, True]


def test_an_api_key_reads_as_nobody(weavy: WeavyDesk) -> None:
    """Personal flags are false and the name is neutral (A13)."""
    number = weavy.chat("alice", 4)
    seen = weavy.ask("GET", f"/api/conversations/{number}", token=KEY).data
    assert (seen["display_name"], "user_id" in seen) == ("Alice Archer, Dora Dale", False)
    assert [seen[flag] for flag in ("is_unread", "is_pinned", "is_subscribed")] == [False, False, False]


@pytest.mark.parametrize("path", ["", "/mark", "/pin"])
@pytest.mark.parametrize("number", ["2", "99", "x", "1.0", "99999999999"])
def test_strangers_find_nothing(weavy: WeavyDesk, path: str, number: str) -> None:
    """404 for what belongs to others as for what is not there: 403 would make clients renew their token."""
    weavy.chat("dora", 14)
    method = "PUT" if path else "GET"
    answer = weavy.do("alice", method, f"/api/conversations/{number}{path}")
    assert (answer.status, answer.data["title"]) == (404, "Not Found")


def test_a_trashed_conversation_is_found_only_where_asked_for(weavy: WeavyDesk) -> None:
    """`trashed=true` shows it."""
    weavy.do("alice", "POST", "/api/apps/1/trash")
    assert weavy.do("alice", "GET", "/api/conversations/1").status == 404
    assert weavy.get("alice", "/api/conversations/1?trashed=true")["is_trashed"]


# --- badge


def test_the_badge_counts_conversations_by_kind(weavy: WeavyDesk) -> None:
    """Two messages in one chat count once; zeros are there too."""
    number = weavy.chat("dora", 1)
    for _ in range(2):
        weavy.write("dora", number)
    assert weavy.get("alice", "/api/conversations/badge") == {"private": 1, "rooms": 1, "chat": 0}
    assert weavy.get("dora", "/api/conversations/badge") == {"private": 0, "rooms": 0, "chat": 0}


def test_the_badge_counts_contextual_chats(weavy: WeavyDesk) -> None:
    """They have their own number."""
    app = {"app": {"uid": "invoice-7"}}
    number = weavy.do("alice", "POST", "/api/apps/init", app).data["id"]
    weavy.do("dora", "POST", "/api/apps/init", app)
    weavy.write("dora", number)
    assert weavy.get("alice", "/api/conversations/badge")["chat"] == 1


# --- mark


def test_marking_reads_everything(weavy: WeavyDesk) -> None:
    """Without a message all is read, for the caller alone."""
    marked = weavy.do("alice", "PUT", "/api/conversations/1/mark").data
    assert (marked["is_unread"], marked["members"][0]["marked_id"]) == (False, 1)
    assert unread(weavy, "nils")


@pytest.mark.parametrize("name", ["message_id", "messageId", "MESSAGEID"])
def test_marking_up_to_a_message(weavy: WeavyDesk, name: str) -> None:
    """An older message leaves it unread, the newest does not."""
    newest = weavy.write("dora", 1)
    flags = [
        weavy.do("alice", "PUT", f"/api/conversations/1/mark?{name}={one}").data["is_unread"] for one in (1, newest)
    ]
    assert flags == [True, False]


@pytest.mark.parametrize(("value", "status"), [("2", 404), ("99", 404), ("x", 400), ("", 200)])
def test_a_foreign_message_cannot_be_marked(weavy: WeavyDesk, value: str, status: int) -> None:
    """Message 2 belongs to another conversation; an empty value is none."""
    weavy.write("alice", weavy.chat("alice", 4))
    assert weavy.do("alice", "PUT", f"/api/conversations/1/mark?message_id={value}").status == status


def test_unmarking_makes_it_unread_and_leaves_the_pin(weavy: WeavyDesk) -> None:
    """`DELETE …/mark` is not the unpinning that the document's sample takes it for (A1)."""
    weavy.do("alice", "PUT", "/api/conversations/1/pin")
    weavy.do("alice", "PUT", "/api/conversations/1/mark")
    seen = weavy.do("alice", "DELETE", "/api/conversations/1/mark").data
    assert (seen["is_unread"], seen["is_pinned"], "marked_id" in seen["members"][0]) == (True, True, False)


def test_an_empty_conversation_stays_read(weavy: WeavyDesk) -> None:
    """There is nothing to be unread (A14)."""
    number = weavy.chat("alice", 4)
    assert weavy.do("alice", "DELETE", f"/api/conversations/{number}/mark").data["is_unread"] is False


def test_own_messages_are_read(weavy: WeavyDesk) -> None:
    """Writing reads what was there."""
    weavy.write("alice", 1)
    assert (unread(weavy, "alice"), unread(weavy, "nils")) == (False, True)


# --- pin


def test_a_pin_is_personal_and_repeats_change_nothing(weavy: WeavyDesk) -> None:
    """Pinned twice, unpinned twice."""
    flags = [
        weavy.do("alice", method, "/api/conversations/1/pin").data["is_pinned"]
        for method in ("PUT", "PUT", "DELETE", "DELETE")
    ]
    assert flags == [True, True, False, False]


def test_pinned_ones_come_first(weavy: WeavyDesk) -> None:
    """For the one who pinned; the latest pin on top."""
    chats = [weavy.chat("alice", 4), weavy.chat("alice", 14)]
    for number in (chats[0], chats[1]):
        weavy.desk.move(1)
        weavy.do("alice", "PUT", f"/api/conversations/{number}/pin")
    assert (weavy.ids("alice"), weavy.ids("dora")) == ([chats[1], chats[0], 1], [1, chats[0]])


def test_forty_creations_of_one_private_chat_give_one_id(weavy: WeavyDesk) -> None:
    """From both sides, in turns."""
    made = {weavy.chat(*pair) for pair in [("alice", 4), ("dora", 1)] * 20}
    assert len(made) == 1
