"""Ids in any case of letters: a UUID is the same in each, wherever it comes in, and shown in lower case."""

from __future__ import annotations

from typing import Any

import pytest
from desk import Desk
from visitor import AGENT, CHANNEL, Line, Visitor

from chatsim.core.json import decode

CONVERSATION = "0a3b2d41-6f0e-4c0e-9b8d-3f7f6b1f2f55"


def resumed(desk: Desk, conversation: str, channel: str = CHANNEL) -> Visitor:
    """A visitor whose resume token an agent got with these ids."""
    ids = {"channel_id": channel, "conversation_id": conversation}
    token = desk.ask("POST", "/chatplugin.resumeToken", ids, token=AGENT).data["resume_token"]
    return Visitor(desk, resume_token=token)


@pytest.mark.parametrize("conversation", [CONVERSATION, CONVERSATION.upper()])
@pytest.mark.parametrize("channel", [CHANNEL, CHANNEL.upper()])
def test_an_agent_may_write_ids_in_capitals(desk: Desk, conversation: str, channel: str) -> None:
    """The conversation begins in the channel, is listed under its one name, and can be read and written to."""
    visitor = resumed(desk, conversation, channel)
    line = visitor.line()
    sent = visitor.send("Hello")
    (listed,) = visitor.agent("conversations.list", {}).data["data"]
    assert (sent.status, sent.data["sender"]["id"], listed["id"]) == (200, CONVERSATION, CONVERSATION)
    for name in (CONVERSATION, CONVERSATION.upper()):
        read = visitor.agent("messages.list", {"conversation_id": name})
        written = visitor.agent("messages.send", {"conversation_id": name, "message": {"text": "Hi"}})
        (frame,) = line.hear(written)
        body = decode(frame.body)
        assert (read.status, written.status) == (200, 200)
        assert (body["conversation_id"], body["channel_id"]) == (CONVERSATION, CHANNEL)


def test_both_spellings_are_one_conversation(desk: Desk) -> None:
    """Two visitors who came in under one name each have the same history and hear each other."""
    resumed(desk, CONVERSATION).send("one")
    other = resumed(desk, CONVERSATION.upper())
    assert [one["content"]["text"] for one in other.history] == ["one"]
    assert len(resumed(desk, CONVERSATION).line().hear(other.send("two"))) == 1


def test_the_user_name_is_the_conversations(desk: Desk) -> None:
    """CONNECTED shows it as messages do."""
    (frame,) = Line(desk).connect(resumed(desk, CONVERSATION.upper()).token)
    assert frame.get("user-name") == CONVERSATION


def test_a_waiting_message_finds_its_conversation(desk: Desk) -> None:
    """Written in advance in capitals, it is delivered when the conversation begins."""
    body = {"conversation_id": CONVERSATION.upper(), "message": {"text": "Welcome"}}
    assert desk.ask("POST", "/messages.send", body, token=AGENT).status == 202
    visitor = resumed(desk, CONVERSATION.upper())
    visitor.send("Hello")
    desk.move(1)
    listed = visitor.agent("messages.list", {"conversation_id": CONVERSATION}).data["data"]
    assert sorted(one["content"]["text"] for one in listed) == ["Hello", "Welcome"]


@pytest.mark.parametrize("call", ["channels.info", "channels.chatplugin.disconnect"])
def test_a_channel_is_found_in_capitals(desk: Desk, call: str) -> None:
    """By agents as by visitors."""
    assert desk.ask("POST", f"/{call}", {"channel_id": CHANNEL.upper()}, token=AGENT).status in (200, 204)


@pytest.mark.parametrize("name", ["My-Conversation", CONVERSATION.upper() + "X", "ÀÉ"])
def test_what_is_no_uuid_is_taken_letter_by_letter(desk: Desk, name: str) -> None:
    """An agent may make up any name."""
    sent: Any = resumed(desk, name).send("Hello").data
    assert sent["sender"]["id"] == name
