"""What is set up and looked at through the control API, and what a fixture holds."""

from __future__ import annotations

from typing import Any

import pytest
from desk import Answer, Desk

from chatsim.apis.m3o import API

SIM = "/_sim/worlds/default/m3o"
DOCUMENTED = "bed4f0f0-da12-46d2-90d2-17ae1714a214"


def control(desk: Desk, method: str, path: str, body: Any = b"") -> Answer:
    """Ask the control API."""
    answer = desk.ask(method, f"{SIM}/{path}", body)
    assert answer.bug == ""
    return answer


def history(desk: Desk, chat_id: str, namespace: str = "demo") -> Answer:
    """Ask for the history of a chat."""
    headers = {"micro-namespace": namespace}
    return desk.ask("POST", "/chat/History", {"chat_id": chat_id}, token="key", headers=headers)


def test_a_token_is_refused_and_allowed_again(desk: Desk) -> None:
    """The documented way to have one refused."""
    assert control(desk, "PUT", "tokens/key", {"allowed": False}).status == 201
    assert history(desk, DOCUMENTED).status == 401
    assert control(desk, "PUT", "tokens/key", {}).status == 200
    assert history(desk, DOCUMENTED).status == 200


def test_a_token_shows_what_was_set_up(desk: Desk) -> None:
    """With the defaults that matter."""
    body = {"allowed": False, "reason": "Usage cap exceeded", "owner": "acme", "calls_per_second": 5}
    shown = control(desk, "PUT", "tokens/key", body).data
    assert shown == {**body, "token": "key", "scopes": ["*"]}
    assert control(desk, "GET", "tokens/key").data == shown
    assert control(desk, "GET", "tokens").data["items"] == [shown]


def test_a_token_is_forgotten(desk: Desk) -> None:
    """Then it is any token again."""
    control(desk, "PUT", "tokens/key", {"allowed": False})
    assert [control(desk, "DELETE", "tokens/key").status for _ in range(2)] == [204, 404]
    assert history(desk, DOCUMENTED).status == 200


@pytest.mark.parametrize("body", [{"allowed": "no"}, {"nope": 1}, {"calls_per_second": 0}])
def test_a_token_that_makes_no_sense(desk: Desk, body: Any) -> None:
    """Refused by its schema."""
    assert control(desk, "PUT", "tokens/key", body).status == 422


def test_a_chat_is_put_into_every_namespace(desk: Desk) -> None:
    """Those that were used already and those to come."""
    history(desk, DOCUMENTED, "old")
    body = {"user_ids": ["ben", "ann"], "messages": [{"user_id": "ann", "text": "hello", "subject": "Greeting"}]}
    answer = control(desk, "PUT", "chats/mine", body)
    assert (answer.status, "namespace" in answer.data) == (201, False)
    texts = [history(desk, "mine", one).data["messages"][0]["text"] for one in ("old", "new")]
    assert texts == ["hello", "hello"]


def test_a_chat_is_put_into_one_namespace(desk: Desk) -> None:
    """And is the chat of its users there."""
    control(desk, "PUT", "chats/mine", {"namespace": "demo", "user_ids": ["ben", "ann"]})
    headers = {"micro-namespace": "demo"}
    new = desk.ask("POST", "/chat/New", {"user_ids": ["ann", "ben"]}, token="key", headers=headers)
    assert new.data == {"chat_id": "mine"}
    assert (history(desk, "mine").status, history(desk, "mine", "other").status) == (200, 400)


def test_a_chat_is_replaced(desk: Desk) -> None:
    """What it held is gone."""
    control(desk, "PUT", "chats/mine", {"messages": [{"user_id": "ann", "text": "hello"}]})
    assert control(desk, "PUT", "chats/mine", {}).status == 200
    assert history(desk, "mine").data == {}


def test_messages_keep_the_time_they_were_given(desk: Desk) -> None:
    """So that an old history can be set up."""
    message = {"user_id": "ann", "text": "hello", "sent_at": "2022-02-17T16:12:43Z"}
    control(desk, "PUT", "chats/mine", {"messages": [message]})
    assert history(desk, "mine").data["messages"][0]["sent_at"] == message["sent_at"]
    desk.world.quirks["m3o.history-expiry"] = "day"
    assert history(desk, "mine").data == {}


def test_chats_are_looked_at(desk: Desk) -> None:
    """All of them, or those of a namespace, or one as it was used last."""
    desk.ask(
        "POST",
        "/chat/Send",
        {"chat_id": DOCUMENTED, "user_id": "ann", "text": "hello"},
        token="key",
        headers={"micro-namespace": "demo"},
    )
    listed = control(desk, "GET", "chats").data["items"]
    assert [one.get("namespace") for one in listed] == [None, None, "demo", "demo"]
    assert len(control(desk, "GET", "chats?namespace=demo").data["items"]) == 2
    assert [len(control(desk, "GET", f"chats/{DOCUMENTED}").data["messages"])] == [2]


def test_a_chat_is_deleted(desk: Desk) -> None:
    """Everywhere."""
    assert [control(desk, "DELETE", f"chats/{DOCUMENTED}").status for _ in range(2)] == [204, 404]
    assert history(desk, DOCUMENTED).data["id"] == "chat.History.InvalidChatID"


def test_a_chat_is_deleted_in_one_namespace(desk: Desk) -> None:
    """Whether anybody used the namespace before or not; the others keep theirs."""
    path = f"chats/{DOCUMENTED}?namespace=demo"
    assert [control(desk, "DELETE", path).status for _ in range(2)] == [204, 404]
    assert [history(desk, DOCUMENTED, one).status for one in ("demo", "other")] == [400, 200]


def test_a_namespace_that_nobody_used_can_be_looked_at(desk: Desk) -> None:
    """It has what every one begins with."""
    items = control(desk, "GET", "chats?namespace=new").data["items"]
    assert [one["namespace"] for one in items] == ["new", "new"]


def test_an_empty_fixture_is_empty() -> None:
    """No documented chat then."""
    desk = Desk(apis=[API], fixture="empty")
    assert history(desk, DOCUMENTED).status == 400


def test_a_fixture_has_the_shapes_of_the_collections() -> None:
    """Tokens and chats by their ids."""
    fixture = {
        "m3o": {
            "tokens": {"bad": {"allowed": False}},
            "chats": {"mine": {"user_ids": ["ann"], "messages": [{"user_id": "ann", "text": "hello"}]}},
        }
    }
    desk = Desk(apis=[API], fixture=fixture)
    assert history(desk, "mine").data["messages"][0]["text"] == "hello"
    assert desk.ask("POST", "/chat/New", {"user_ids": ["ann"]}, token="key").data == {"chat_id": "mine"}
    assert desk.ask("POST", "/chat/New", token="bad").status == 401


def test_a_chat_that_was_put_and_taken_gives_its_users_back(desk: Desk) -> None:
    """New finds the chat that they had before."""
    headers = {"micro-namespace": "demo"}

    def new() -> str:
        body = {"user_ids": ["ann", "ben"]}
        chat_id: str = desk.ask("POST", "/chat/New", body, token="key", headers=headers).data["chat_id"]
        return chat_id

    first = new()
    control(desk, "PUT", "chats/mine", {"namespace": "demo", "user_ids": ["ann", "ben"]})
    found = new()
    control(desk, "DELETE", "chats/mine?namespace=demo")
    assert (found, new()) == ("mine", first)
