"""What tests set up and look at in Airy, and the agent they play, by the control API."""

from __future__ import annotations

from typing import Any

import pytest
from desk import Answer, Desk
from visitor import CHANNEL, Visitor

from chatsim.core.json import decode
from chatsim.core.snapshot import read, restore, take

HERE = "/_sim/worlds/default/airy"
OTHER = "11111111-1111-4111-8111-111111111111"
CONVERSATION = "22222222-2222-4222-8222-222222222222"


def put_conversation(desk: Desk, **more: Any) -> Answer:
    """Set up a conversation of two messages."""
    messages = [
        {"message": {"text": "Hello"}, "sent_at": "2020-10-25T21:24:54.560Z"},
        {"message": {"text": "Sorry"}, "from_contact": False, "state": "FAILED", "metadata": {"sentFrom": "iPhone"}},
    ]
    body = {"channel_id": CHANNEL, "messages": messages} | more
    return desk.ask("PUT", f"{HERE}/conversations/{CONVERSATION}", body)


def test_a_channel_can_be_made_with_an_id(desk: Desk) -> None:
    """201 at first, 200 then; visitors can use it at once."""
    answers = [desk.ask("PUT", f"{HERE}/channels/{OTHER}", body) for body in ({}, {"name": "Shop"})]
    assert [(answer.status, answer.data["metadata"]["name"]) for answer in answers] == [(201, "Website"), (200, "Shop")]
    assert desk.ask("POST", "/chatplugin.authenticate", {"channel_id": OTHER.upper()}).status == 200


def test_a_channel_can_be_closed_and_removed(desk: Desk) -> None:
    """Both leave visitors without one."""
    desk.ask("PUT", f"{HERE}/channels/{CHANNEL}", {"connected": False})
    closed = desk.ask("POST", "/chatplugin.authenticate", {"channel_id": CHANNEL})
    removed = desk.ask("DELETE", f"{HERE}/channels/{CHANNEL}")
    listed = desk.ask("GET", f"{HERE}/channels")
    assert (closed.status, removed.status, listed.data["items"]) == (404, 204, [])


def test_a_channel_needs_a_uuid(desk: Desk) -> None:
    """Visitors could not name another."""
    answer = desk.ask("PUT", f"{HERE}/channels/shop", {})
    assert (answer.status, "no UUID" in answer.data["detail"]) == (422, True)


def test_a_conversation_can_be_set_up(desk: Desk) -> None:
    """With dates, states and metadata of one's choice; agents list it."""
    answer = put_conversation(desk)
    shown = answer.data["messages"]
    assert (answer.status, [one["state"] for one in shown]) == (201, ["DELIVERED", "FAILED"])
    assert (shown[0]["sent_at"], shown[1]["metadata"]) == ("2020-10-25T21:24:54.560Z", {"sentFrom": "iPhone"})
    listed = Visitor(desk).agent("conversations.list", {}).data["data"]
    assert [one["id"] for one in listed] == [CONVERSATION]


def test_a_failed_message_that_was_set_up_can_be_resent(desk: Desk) -> None:
    """It is the agents' to try again."""
    failed = put_conversation(desk).data["messages"][1]
    again = [Visitor(desk).agent("messages.resend", {"message_id": failed["id"]}).status for _ in range(2)]
    assert again == [200, 409]


def test_a_conversation_needs_its_channel(desk: Desk) -> None:
    """409 names what to do first."""
    assert put_conversation(desk, channel_id=OTHER).status == 409


def test_conversations_are_shown_and_removed(desk: Desk) -> None:
    """With all of their messages; afterwards both are gone."""
    put_conversation(desk)
    shown = desk.ask("GET", f"{HERE}/conversations/{CONVERSATION}").data
    desk.ask("DELETE", f"{HERE}/conversations/{CONVERSATION}")
    statuses = [desk.ask(method, f"{HERE}/conversations/{CONVERSATION}").status for method in ("GET", "DELETE")]
    assert ([one["content"]["text"] for one in shown["messages"]], statuses) == (["Hello", "Sorry"], [404, 404])


def test_the_agent_can_be_played(desk: Desk) -> None:
    """The trigger writes to the only conversation and pushes to its sockets."""
    visitor = Visitor(desk)
    line = visitor.line()
    visitor.send("Hello")
    answer = desk.ask("POST", f"{HERE}/agent-message", {"message": {"text": "Hi"}, "sender_id": "github:12345"})
    (frame,) = line.hear(answer)
    message = decode(frame.body)["message"]
    assert (answer.status, answer.data["message_id"]) == (200, message["id"])
    assert (message["content"], message["sender"]["id"], message["state"]) == (
        {"text": "Hi"},
        "github:12345",
        "DELIVERED",
    )


def test_the_agent_can_fail(desk: Desk) -> None:
    """The message is kept as failed, the visitor sees nothing, and it can be sent again."""
    visitor = Visitor(desk)
    line = visitor.line()
    visitor.send("Hello")
    answer = desk.ask("POST", f"{HERE}/agent-message", {"message": {"text": "Hi"}, "state": "FAILED"})
    assert line.hear(answer) == []
    assert visitor.agent("messages.resend", {"message_id": answer.data["message_id"]}).status == 200


def test_the_agent_fails_where_the_channel_is_closed(desk: Desk) -> None:
    """The visitor sees nothing, and the message is kept as failed."""
    visitor = Visitor(desk)
    line = visitor.line()
    conversation = visitor.send("Hello").data["sender"]["id"]
    desk.ask("PUT", f"{HERE}/channels/{CHANNEL}", {"connected": False})
    answer = desk.ask("POST", f"{HERE}/agent-message", {"message": {"text": "Hi"}})
    shown = desk.ask("GET", f"{HERE}/conversations/{conversation}").data["messages"][1]
    assert (answer.status, line.hear(answer), shown["state"]) == (200, [], "FAILED")


def test_a_conversation_whose_id_is_no_uuid_can_be_written_to_shown_and_removed(desk: Desk) -> None:
    """Its id comes from a resume token that an agent asked for, and is taken letter by letter."""
    ids = {"channel_id": CHANNEL, "conversation_id": "My-Conversation"}
    token = desk.ask("POST", "/chatplugin.resumeToken", ids, token="airy-system-token").data["resume_token"]
    Visitor(desk, resume_token=token).send("Hello")
    body = {"message": 1, "conversation_id": "My-Conversation"}
    path = f"{HERE}/conversations/My-Conversation"
    statuses = [desk.ask("POST", f"{HERE}/agent-message", body).status]
    statuses += [desk.ask(method, path).status for method in ("GET", "DELETE", "GET")]
    assert statuses == [200, 200, 204, 404]


@pytest.mark.parametrize("count", [0, 2])
def test_the_agent_must_know_whom_to_write_to(desk: Desk, count: int) -> None:
    """Without exactly one conversation its id is needed."""
    for _ in range(count):
        Visitor(desk).send("Hello")
    answer = desk.ask("POST", f"{HERE}/agent-message", {"message": 1})
    assert (answer.status, f"there are {count} conversations" in answer.data["detail"]) == (409, True)


def test_the_agent_cannot_write_into_nothing(desk: Desk) -> None:
    """404 says when a conversation begins."""
    answer = desk.ask("POST", f"{HERE}/agent-message", {"message": 1, "conversation_id": CONVERSATION})
    assert (answer.status, "first message" in answer.data["detail"]) == (404, True)


def test_a_history_is_in_the_order_of_its_moments(desk: Desk) -> None:
    """Whatever the order in which it was set up; what was said at one moment stays in that order."""
    moments = ["2026-01-01T13:00:00Z", "2025-01-01T00:00:00Z", "2026-01-01T13:00:00Z"]
    messages = [{"message": number, "sent_at": at} for number, at in enumerate(moments)]
    desk.ask("PUT", f"{HERE}/conversations/{CONVERSATION}", {"channel_id": CHANNEL, "messages": messages})
    ids = {"channel_id": CHANNEL, "conversation_id": CONVERSATION}
    token = desk.ask("POST", "/chatplugin.resumeToken", ids, token="airy-system-token").data["resume_token"]
    visitor = Visitor(desk, resume_token=token)
    visitor.send("at noon")
    history = [one["content"] for one in Visitor(desk, resume_token=token).history]
    (listed,) = visitor.agent("conversations.list", {}).data["data"]
    assert history == [1, {"text": "at noon"}, 0, 2]
    assert (listed["created_at"], listed["last_message"]["content"]) == ("2025-01-01T00:00:00.000Z", 2)


def test_a_fixture_can_hold_conversations() -> None:
    """A world of one's own begins with what was said before."""
    conversation = {"channel_id": OTHER, "messages": [{"message": {"text": "Once upon a time"}}]}
    fixture = {"airy": {"channels": {OTHER: {}}, "conversations": {CONVERSATION: conversation}}}
    desk = Desk()
    desk.make_world("mine", fixture=fixture)
    token = desk.ask(
        "POST",
        "/chatplugin.resumeToken",
        {"channel_id": OTHER, "conversation_id": CONVERSATION},
        token="airy-system-token",
        world="mine",
    ).data["resume_token"]
    history = Visitor(desk, world="mine", resume_token=token).history
    assert [one["content"]["text"] for one in history] == ["Once upon a time"]


@pytest.mark.parametrize(
    ("airy", "status"),
    [
        ({"channels": {"shop": {}}}, 422),
        ({"channels": {OTHER: {"title": "Shop"}}}, 422),
        ({"conversations": {CONVERSATION: {"channel_id": OTHER, "messages": [{"message": 1}]}}}, 422),
        ({"channels": {OTHER.upper(): {}}}, 201),
    ],
)
def test_a_fixture_is_held_to_the_contract(desk: Desk, airy: Any, status: int) -> None:
    """A world with a broken one is not made."""
    assert desk.ask("POST", "/_sim/worlds", {"name": "mine", "fixture": {"airy": airy}}).status == status


def test_a_snapshot_holds_everything(desk: Desk) -> None:
    """Channels, conversations and messages come back, and tokens stay good."""
    visitor = Visitor(desk)
    sent = visitor.send("Hello").data
    document = take(desk.world)
    visitor.send("to be forgotten")
    restore(desk.world, read(desk.simulator, document))
    listed = visitor.agent("messages.list", {"conversation_id": sent["sender"]["id"]}).data["data"]
    assert (listed, visitor.send("again").status) == ([sent | {"metadata": {}}], 200)
