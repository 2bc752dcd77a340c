"""The later service: groups, which older clients call rooms."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from desk import NOON, Answer, Desk


def ask(desk: Desk, method: str, body: Any = b"", token: str = "key") -> Answer:
    """Call a method with an API key."""
    answer = desk.ask("POST", f"/v1/chat/{method}", body, token=token)
    assert answer.bug == ""
    return answer


def made(desk: Desk, *user_ids: str) -> str:
    """Make a group and return its id."""
    group_id: str = ask(desk, "Create", {"name": "general", "user_ids": user_ids}).data["group"]["id"]
    return group_id


def members(desk: Desk, method: str, group_id: str, user_id: str) -> list[str]:
    """Who is in the group after a call."""
    user_ids: list[str] = ask(desk, method, {"group_id": group_id, "user_id": user_id}).data["group"]["user_ids"]
    return user_ids


def error(answer: Answer) -> tuple[int, str, str]:
    """Status, id and detail of an error."""
    return answer.status, answer.data["id"], answer.data["detail"]


def test_a_group_of_nothing_is_written_out_in_full(desk: Desk) -> None:
    """Nothing is needed to make one, and zero values are shown."""
    group = ask(desk, "Create", {}).data["group"]
    assert {**group, "id": ""} == {
        "id": "",
        "name": "",
        "description": "",
        "created_at": "2026-01-01T12:00:00Z",
        "user_ids": [],
        "private": False,
    }


def test_create_never_finds_an_old_group(desk: Desk) -> None:
    """Unlike /chat/New; users named twice stay so."""
    assert made(desk, "ann", "ann") != made(desk, "ann", "ann")


def test_times_have_no_zeros_at_their_end(desk: Desk) -> None:
    """Up to nine digits, as many as it takes."""
    desk.time = NOON + 940_000_000
    assert ask(desk, "Create", {}).data["group"]["created_at"] == "2026-01-01T12:00:00.94Z"


def test_list_shows_all_groups(desk: Desk) -> None:
    """In the order of their making; an empty list is written out."""
    assert ask(desk, "List", {}).data == {"groups": []}
    ids = [made(desk), made(desk)]
    assert [group["id"] for group in ask(desk, "List", {}).data["groups"]] == ids


def test_list_shows_the_groups_of_a_user(desk: Desk) -> None:
    """Only those that the user is in."""
    mine = made(desk, "ann", "ben")
    made(desk, "ben")
    assert [group["id"] for group in ask(desk, "List", {"user_id": "ann"}).data["groups"]] == [mine]


def test_a_message_is_answered_and_kept(desk: Desk) -> None:
    """The answer is what the history shows, empty members and time included."""
    group_id = made(desk, "ann")
    body = {"group_id": group_id, "user_id": "ann", "text": "hello", "client": "web"}
    message = ask(desk, "Send", body).data["message"]
    assert {**message, "id": ""} == {**body, "id": "", "subject": "", "sent_at": "2026-01-01T12:00:00Z"}
    assert ask(desk, "History", {"group_id": group_id}).data == {"messages": [message]}


def test_client_does_not_drop_repetitions(desk: Desk) -> None:
    """It is only stored."""
    group_id = made(desk, "ann")
    for _ in range(2):
        ask(desk, "Send", {"group_id": group_id, "user_id": "ann", "text": "hello", "client": "web"})
    assert len(ask(desk, "History", {"group_id": group_id}).data["messages"]) == 2


def test_a_message_without_client_gets_one(desk: Desk) -> None:
    """A UUID."""
    answer = ask(desk, "Send", {"group_id": made(desk, "ann"), "user_id": "ann", "text": "hello"})
    assert len(answer.data["message"]["client"]) == 36


def test_the_history_has_no_limit(desk: Desk) -> None:
    """All messages, as sent."""
    group_id = made(desk, "ann")
    for number in range(60):
        ask(desk, "Send", {"group_id": group_id, "user_id": "ann", "text": str(number)})
    messages = ask(desk, "History", {"group_id": group_id}).data["messages"]
    assert [message["text"] for message in messages] == [str(number) for number in range(60)]


def test_invite_adds_once(desk: Desk) -> None:
    """A second invitation changes nothing."""
    group_id = made(desk, "ann")
    assert [members(desk, "Invite", group_id, "ben") for _ in range(2)] == [["ann", "ben"]] * 2


@pytest.mark.parametrize("method", ["Kick", "Leave"])
def test_kick_and_leave_are_the_same(desk: Desk, method: str) -> None:
    """A user is out, however often in; who was not in is no error."""
    group_id = made(desk, "ann", "ben", "ann")
    assert [members(desk, method, group_id, user) for user in ("ann", "nobody")] == [["ben"], ["ben"]]


def test_private_has_no_effect(desk: Desk) -> None:
    """Anybody can be invited all the same."""
    group = ask(desk, "Create", {"private": True}).data["group"]
    assert group["private"] is True
    assert members(desk, "Invite", group["id"], "ann") == ["ann"]


def test_delete_answers_the_group_as_it_was(desk: Desk) -> None:
    """Afterwards nobody knows it."""
    group_id = made(desk, "ann")
    assert ask(desk, "Delete", {"group_id": group_id}).data["group"]["user_ids"] == ["ann"]
    for method in ("History", "Delete"):
        assert error(ask(desk, method, {"group_id": group_id})) == (400, f"chat.{method.lower()}", "group not found")


def test_tenants_are_apart(desk: Desk) -> None:
    """A key sees the groups of its owner, and each key nobody set up is an owner of its own."""
    group_id = made(desk)
    assert ask(desk, "List", {}, "other").data == {"groups": []}
    assert error(ask(desk, "History", {"group_id": group_id}, "other"))[2] == "group not found"


FULL = {"group_id": "nope", "user_id": "ann", "text": "hello"}
DETAILS = {"group_id": "missing group id", "user_id": "missing user id", "text": "missing text"}
WANTED = {
    "Delete": ("group_id",),
    "History": ("group_id",),
    "Invite": ("group_id", "user_id"),
    "Kick": ("group_id", "user_id"),
    "Leave": ("group_id", "user_id"),
    "Send": ("group_id", "user_id", "text"),
}
MISSING = [
    (method, missing)
    for method, names in WANTED.items()
    for size in range(len(names) + 1)
    for missing in combinations(names, size)
]


@pytest.mark.parametrize(("method", "missing"), MISSING)
@pytest.mark.parametrize("void", ["", None])
def test_errors_come_in_order(desk: Desk, method: str, missing: tuple[str, ...], void: str | None) -> None:
    """Of several mistakes the first of the table is told; with everything there the group is unknown."""
    body = {name: FULL[name] for name in WANTED[method]} | dict.fromkeys(missing, void)
    detail = DETAILS[missing[0]] if missing else "group not found"
    assert error(ask(desk, method, body)) == (400, f"chat.{method.lower()}", detail)


def test_send_is_for_members(desk: Desk) -> None:
    """Told after everything else."""
    answer = ask(desk, "Send", {"group_id": made(desk, "ben"), "user_id": "ann", "text": "hello"})
    assert error(answer) == (400, "chat.send", "user is not in the group")


@pytest.mark.parametrize("method", ["Create", "List"])
def test_rooms_by_setting(desk: Desk, method: str) -> None:
    """Where the body names no id the setting decides."""
    desk.world.settings["m3o.dialect"] = "rooms"
    assert list(ask(desk, method, {}).data) == ["room" if method == "Create" else "rooms"]


def test_the_oldest_clients_make_rooms(desk: Desk) -> None:
    """/v1/chat/New is of the first month and knows nothing else."""
    assert list(ask(desk, "New", {"name": "general"}).data) == ["room"]


@pytest.mark.parametrize("setting", ["groups", "rooms"])
def test_the_key_decides(desk: Desk, setting: str) -> None:
    """Who asks by room_id is answered in rooms, whatever the setting."""
    desk.world.settings["m3o.dialect"] = setting
    room_id = ask(desk, "New", {"user_ids": ["ann"]}).data["room"]["id"]
    message = ask(desk, "Send", {"room_id": room_id, "user_id": "ann", "text": "hello"}).data["message"]
    assert message["room_id"] == room_id
    assert list(ask(desk, "Kick", {"room_id": room_id, "user_id": "ann"}).data) == ["room"]


@pytest.mark.parametrize(
    ("body", "detail"), [({"room_id": ""}, "missing room id"), ({"room_id": "x"}, "room not found")]
)
def test_errors_speak_of_rooms_too(desk: Desk, body: dict[str, str], detail: str) -> None:
    """In the words of the caller."""
    assert error(ask(desk, "History", body))[2] == detail


def test_both_eras_are_apart(desk: Desk) -> None:
    """A group is no chat."""
    answer = desk.ask("POST", "/chat/History", {"chat_id": made(desk)}, token="key")
    assert answer.data["id"] == "chat.History.InvalidChatID"
