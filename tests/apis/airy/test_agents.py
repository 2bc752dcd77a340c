"""The agent's calls of the core API, asked through the pipeline."""

from __future__ import annotations

from typing import Any

import pytest
from desk import Desk
from visitor import AGENT, CHANNEL, Visitor, pushed, pushes

UNKNOWN = "11111111-1111-4111-8111-111111111111"

CALLS = [
    "channels.chatplugin.connect",
    "channels.chatplugin.disconnect",
    "channels.list",
    "channels.info",
    "conversations.list",
    "messages.list",
    "messages.send",
    "messages.resend",
]


def contents(listed: list[Any]) -> list[Any]:
    """The contents of messages."""
    return [one["content"] for one in listed]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("token", [None, "wrong"])
def test_agents_need_the_system_token(desk: Desk, call: str, token: str | None) -> None:
    """Without it, or with another, 403 and no body."""
    answer = desk.ask("POST", f"/{call}", {}, token=token)
    assert (answer.status, answer.body, answer.bug) == (403, b"", "")


def test_without_a_system_token_everybody_is_an_agent(desk: Desk) -> None:
    """Where none is set, agents are anonymous."""
    desk.world.settings["airy.system_token"] = ""
    visitor = Visitor(desk)
    conversation = visitor.send("Hello").data["sender"]["id"]
    answer = desk.ask("POST", "/messages.send", {"conversation_id": conversation, "message": {"text": "Hi"}})
    assert (answer.status, answer.data["sender"]["id"]) == (200, "airy-core-anonymous")


def test_connecting_makes_another_channel_each_time(desk: Desk) -> None:
    """The same name gives two channels, and a visitor can use either at once."""
    first, second = (Visitor(desk).agent("channels.chatplugin.connect", {"name": "Shop"}) for _ in range(2))
    answer = desk.ask("POST", "/chatplugin.authenticate", {"channel_id": second.data["id"]})
    assert (first.data["id"] != second.data["id"], answer.status) == (True, 200)
    assert first.data == {
        "id": first.data["id"],
        "source": "chatplugin",
        "source_channel_id": "Shop",
        "metadata": {"name": "Shop"},
        "connected": True,
    }


def test_a_channel_can_be_disconnected_twice(desk: Desk) -> None:
    """204 both times, 404 for one that never was; then visitors find none."""
    visitor = Visitor(desk)
    ids = (CHANNEL, CHANNEL, UNKNOWN)
    answers = [visitor.agent("channels.chatplugin.disconnect", {"channel_id": one}) for one in ids]
    assert [(answer.status, answer.body, answer.bug) for answer in answers] == [
        (204, b"", ""), (204, b"", ""), (404, b"", ""),
    ]  # fmt: skip
    assert desk.ask("POST", "/chatplugin.authenticate", {"channel_id": CHANNEL}).status == 404


def test_channels_are_listed_and_shown(desk: Desk) -> None:
    """The documented channel is there; a filter for another source finds nothing."""
    visitor = Visitor(desk)
    lists = [visitor.agent("channels.list", body).data["data"] for body in (b"", {"source": "facebook"})]
    shown = visitor.agent("channels.info", {"channel_id": CHANNEL}).data
    assert (lists, shown["metadata"]) == ([[shown], []], {"name": "Website"})


def test_a_conversation_is_listed_as_agents_see_it(desk: Desk) -> None:
    """With its channel, the visitor's display name, and the last message."""
    visitor = Visitor(desk)
    sent = visitor.send("Hello").data
    (listed,) = visitor.agent("conversations.list", b"").data["data"]
    assert listed["id"] == sent["sender"]["id"]
    assert listed["metadata"] == {"contact": {"display_name": f"Chatplugin {listed['id'][-5:]}"}, "unread_count": 1}
    assert listed["last_message"] == sent | {"metadata": {}}


def test_conversations_are_paged_newest_first(desk: Desk) -> None:
    """The cursor is a number as text, and leads through all of them."""
    visitors = []
    for _ in range(3):
        visitors.append(Visitor(desk))
        visitors[-1].send("Hello")
        desk.move(1)
    first = visitors[0].agent("conversations.list", {"page_size": 2}).data
    cursor = first["pagination_data"]["next_cursor"]
    second = visitors[0].agent("conversations.list", {"page_size": 2, "cursor": cursor}).data
    assert first["pagination_data"] == {"previous_cursor": "0", "next_cursor": "2", "total": 3}
    assert second["pagination_data"] == {"previous_cursor": "2", "next_cursor": None, "total": 3}
    moments = [one["created_at"] for one in first["data"] + second["data"]]
    assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize("cursor", ["x", "-1", "1" * 5000])
def test_a_cursor_that_is_no_number(desk: Desk, cursor: str) -> None:
    """A bad request without a body."""
    answer = Visitor(desk).agent("conversations.list", {"cursor": cursor})
    assert (answer.status, answer.body, answer.bug) == (400, b"", "")


def test_messages_are_paged_newest_first(desk: Desk) -> None:
    """The cursor is the id of the first message of its page."""
    visitor = Visitor(desk)
    sent = [visitor.send(text).data for text in "abc"]
    conversation = sent[0]["sender"]["id"]
    first = visitor.agent("messages.list", {"conversation_id": conversation, "page_size": 2}).data
    cursor = first["pagination_data"]["next_cursor"]
    second = visitor.agent("messages.list", {"conversation_id": conversation, "cursor": cursor}).data
    assert contents(first["data"] + second["data"]) == [{"text": text} for text in "cba"]
    assert second["pagination_data"] == {"previous_cursor": cursor, "next_cursor": None, "total": 3}


def test_the_order_of_messages_is_a_switch(desk: Desk) -> None:
    """The core API's page says oldest first."""
    desk.world.quirks["airy.messages-order"] = "oldest-first"
    visitor = Visitor(desk)
    sent = [visitor.send(text).data for text in "ab"]
    conversation = sent[0]["sender"]["id"]
    listed = visitor.agent("messages.list", {"conversation_id": conversation}).data["data"]
    assert contents(listed) == [{"text": "a"}, {"text": "b"}]


def test_messages_of_an_unknown_conversation(desk: Desk) -> None:
    """404 without a body."""
    answer = Visitor(desk).agent("messages.list", {"conversation_id": UNKNOWN})
    assert (answer.status, answer.body, answer.bug) == (404, b"", "")


def test_an_agents_message_is_pending_for_him_and_delivered_for_the_visitor(desk: Desk) -> None:
    """The answer says pending, the push delivered, the list delivered."""
    visitor = Visitor(desk)
    conversation = visitor.send("Hello").data["sender"]["id"]
    answer = visitor.agent("messages.send", {"conversation_id": conversation, "message": {"text": "Hi"}})
    assert (answer.status, answer.bug, answer.data["delivery_state"], answer.data["metadata"]) == (
        200,
        "",
        "pending",
        {},
    )
    assert (answer.data["sender"]["id"], answer.data["from_contact"]) == ("system-token-airy", False)
    listed = visitor.agent("messages.list", {"conversation_id": conversation}).data["data"][0]
    assert listed == answer.data | {"delivery_state": "delivered", "state": "DELIVERED"}
    assert pushed(answer)["message"] == listed | {"metadata": None}


def test_a_message_may_come_before_its_conversation(desk: Desk) -> None:
    """202, and it is delivered once the visitor has said something."""
    visitor = Visitor(desk)
    conversation = desk.simulator.worlds["default"].state("airy")
    token = visitor.ask("resumeToken", {}).data["resume_token"]
    known = visitor.desk.ask("POST", "/chatplugin.send", {"message": 0}, token=visitor.token)
    conversation.forget_conversation(known.data["sender"]["id"])
    body = {"conversation_id": known.data["sender"]["id"], "message": {"text": "Early"}}
    answer = visitor.agent("messages.send", body)
    desk.move(5)
    visitor.send("Hello")
    outcomes = desk.move(1)
    history = Visitor(desk, resume_token=token).history
    assert (answer.status, answer.data["source"], answer.bug) == (202, "", "")
    assert contents(history) == [{"text": "Early"}, {"text": "Hello"}]
    assert pushed(outcomes[-1])["message"]["source"] == "chatplugin"


def test_a_message_waits_thirty_seconds_for_its_conversation(desk: Desk) -> None:
    """Then it has failed, with an error in its metadata, and can be sent again."""
    visitor = Visitor(desk)
    answer = visitor.agent("messages.send", {"conversation_id": UNKNOWN, "message": {"text": "Nobody"}})
    body = {"message_id": answer.data["id"]}
    for _ in range(29):
        desk.move(1)
    early = visitor.agent("messages.resend", body)
    desk.move(1)
    late = visitor.agent("messages.resend", body)
    assert (early.status, early.data) == (409, {"message": "Message is not in a failed state"})
    assert (late.status, late.body, late.bug) == (200, b"", "")


def test_nobody_writes_into_a_closed_channel(desk: Desk) -> None:
    """403 without a body."""
    visitor = Visitor(desk)
    conversation = visitor.send("Hello").data["sender"]["id"]
    visitor.agent("channels.chatplugin.disconnect", {"channel_id": CHANNEL})
    answer = visitor.agent("messages.send", {"conversation_id": conversation, "message": 1})
    assert (answer.status, answer.body, answer.bug) == (403, b"", "")


@pytest.mark.parametrize(
    ("call", "body", "status"),
    [
        ("messages.send", {"message": 1}, 400),
        ("messages.send", {"conversation_id": UNKNOWN}, 400),
        ("messages.resend", {"message_id": UNKNOWN}, 404),
        ("channels.info", {"channel_id": UNKNOWN}, 404),
        ("channels.chatplugin.connect", {}, 400),
    ],
)
def test_what_agents_get_refused(desk: Desk, call: str, body: Any, status: int) -> None:
    """The statuses of the core API."""
    answer = Visitor(desk).agent(call, body)
    assert (answer.status, answer.bug) == (status, "")


def test_a_resent_message_reaches_the_visitor(desk: Desk) -> None:
    """A failed message is delivered at the second attempt."""
    from chatsim.apis.airy.state import FAILED

    visitor = Visitor(desk)
    conversation = visitor.send("Hello").data["sender"]["id"]
    answer = visitor.agent("messages.send", {"conversation_id": conversation, "message": {"text": "Hi"}})
    desk.world.state("airy").messages[answer.data["id"]].delivery_state = FAILED
    again = visitor.agent("messages.resend", {"message_id": answer.data["id"]})
    assert (again.status, pushed(again)["message"]["content"]) == (200, {"text": "Hi"})


def test_a_message_resent_to_a_conversation_that_has_begun_stays_in_it(desk: Desk) -> None:
    """It failed because there was no conversation; now it stands in the history, as from this source."""
    visitor = Visitor(desk)
    conversation = visitor.send("Hello").data["sender"]["id"]
    token = visitor.ask("resumeToken", {}).data["resume_token"]
    desk.world.state("airy").forget_conversation(conversation)
    early = visitor.agent("messages.send", {"conversation_id": conversation, "message": {"text": "Early"}})
    for _ in range(30):
        desk.move(1)
    visitor.send("Hello again")
    again = visitor.agent("messages.resend", {"message_id": early.data["id"]})
    assert pushed(again)["message"]["source"] == "chatplugin"
    assert contents(Visitor(desk, resume_token=token).history) == [{"text": "Early"}, {"text": "Hello again"}]


def test_a_message_resent_into_a_closed_channel_fails_again(desk: Desk) -> None:
    """Nothing reaches the visitor, and it can be tried once more."""
    visitor = Visitor(desk)
    conversation = visitor.send("Hello").data["sender"]["id"]
    message = {"conversation_id": conversation, "message": 1, "state": "FAILED"}
    failed = desk.ask("POST", "/_sim/worlds/default/airy/agent-message", message).data["message_id"]
    visitor.agent("channels.chatplugin.disconnect", {"channel_id": CHANNEL})
    tries = [visitor.agent("messages.resend", {"message_id": failed}) for _ in range(2)]
    assert [(one.status, pushes(one)) for one in tries] == [(200, []), (200, [])]


def test_a_conversation_with_an_id_that_is_no_uuid_is_listed(desk: Desk) -> None:
    """The document's sample calls one `channel-id`; agents see it once its visitor has written."""
    ids = {"channel_id": CHANNEL, "conversation_id": "channel-id"}
    token = desk.ask("POST", "/chatplugin.resumeToken", ids, token=AGENT).data["resume_token"]
    visitor = Visitor(desk, resume_token=token)
    visitor.send("Hello")
    answer = visitor.agent("conversations.list", {})
    assert (answer.status, answer.bug, [one["id"] for one in answer.data["data"]]) == (200, "", ["channel-id"])


def test_the_newest_conversation_comes_first_in_a_frozen_world_too(desk: Desk) -> None:
    """Where two begin at the same moment, the later one is first."""
    first, second = (Visitor(desk).send("Hello").data["sender"]["id"] for _ in range(2))
    answer = Visitor(desk).agent("conversations.list", {})
    assert [one["id"] for one in answer.data["data"]] == [second, first]


def test_the_agents_sign_of_life_is_open(desk: Desk) -> None:
    """`/actuator/health` needs no token."""
    answer = desk.ask("GET", "/actuator/health")
    assert (answer.status, answer.data, AGENT in answer.body.decode()) == (200, {"status": "UP"}, False)
