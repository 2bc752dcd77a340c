"""The visitor's three calls, asked through the pipeline."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from typing import Any

import pytest
from desk import NOON, Desk
from visitor import AGENT, CHANNEL, Visitor, pushed

from chatsim.core.clock import SECOND
from chatsim.core.http import Part
from chatsim.core.json import decode
from chatsim.core.media import Blob

UNKNOWN = "11111111-1111-4111-8111-111111111111"


def test_a_new_conversation_has_a_token_and_no_messages(desk: Desk) -> None:
    """Authenticating with a channel gives exactly two members."""
    answer = desk.ask("POST", "/chatplugin.authenticate", {"channel_id": CHANNEL})
    assert (answer.status, answer.bug, sorted(answer.data), answer.data["messages"]) == (
        200, "", ["messages", "token"], [],
    )  # fmt: skip


@pytest.mark.parametrize(("kind", "prefix", "lifetime"), [("token", "", 3600), ("resume_token", "resume_", 604800)])
def test_what_a_token_says(desk: Desk, kind: str, prefix: str, lifetime: int) -> None:
    """Its head names the algorithm alone; both ids stand under names of its kind, and no other claim does."""
    visitor = Visitor(desk)
    conversation = visitor.send("Hello").data["sender"]["id"]
    tokens = {"token": visitor.token, **visitor.ask("resumeToken", {}).data}
    head, claims = (decode(urlsafe_b64decode(part + "==")) for part in tokens[kind].split(".")[:2])
    assert head == {"alg": "HS256"}
    assert claims == {
        f"{prefix}conversation_id": conversation,
        f"{prefix}channel_id": CHANNEL,
        "sub": conversation,
        "iat": NOON // SECOND,
        "exp": NOON // SECOND + lifetime,
    }


def test_a_message_is_answered_as_delivered(desk: Desk) -> None:
    """The answer carries both spellings of the state, the source and the three members of sender."""
    answer = Visitor(desk).send("Hello World")
    assert (answer.status, answer.bug) == (200, "")
    assert answer.data == {
        "id": "c4f1bc6a-9a6d-4f0e-ad7d-edca8b10241e",
        "content": {"text": "Hello World"},
        "state": "DELIVERED",
        "delivery_state": "delivered",
        "from_contact": True,
        "sent_at": "2026-01-01T12:00:00.000Z",
        "source": "chatplugin",
        "metadata": None,
        "sender": {"id": "3722c76e-7d84-4940-83e3-298b5abaa8b2", "name": None, "avatar_url": None},
    }


@pytest.mark.parametrize(
    ("value", "members"),
    [
        ("both", {"state": "DELIVERED", "delivery_state": "delivered"}),
        ("state", {"state": "DELIVERED"}),
        ("delivery_state", {"delivery_state": "delivered"}),
    ],
)
def test_the_state_is_spelled_as_the_world_wants_it(desk: Desk, value: str, members: dict[str, str]) -> None:
    """In the answer and in the agents' list alike, and every spelling keeps the contract."""
    desk.world.quirks["airy.message-state"] = value
    visitor = Visitor(desk)
    answers = [visitor.send("Hello"), visitor.agent("conversations.list", {})]
    shown = [answers[0].data, answers[1].data["data"][0]["last_message"]]
    spelled = [{name: one[name] for name in one if name.endswith("state")} for one in shown]
    assert (spelled, [one.bug for one in answers]) == ([members] * 2, ["", ""])


@pytest.mark.parametrize(
    "message",
    [
        {"text": "Hi", "postbackData": "a"},
        {"attachment": {"type": "image", "payload": {"url": "https://example.com/a.png"}}},
        "just text",
        None,
        [1, 2.5, {"deep": [[]]}],
    ],
)
def test_any_json_is_a_message(desk: Desk, message: Any) -> None:
    """Whatever the message is, it comes back unchanged as content."""
    answer = Visitor(desk).ask("send", {"message": message})
    assert (answer.status, answer.data["content"]) == (200, message)


def test_a_resumed_conversation_has_all_messages_oldest_first(desk: Desk) -> None:
    """With a resume token the visitor gets everything that was said, the agent's messages as delivered."""
    visitor = Visitor(desk)
    first = visitor.send("one").data
    visitor.agent("messages.send", {"conversation_id": first["sender"]["id"], "message": {"text": "two"}})
    token = visitor.ask("resumeToken", {}).data["resume_token"]
    history = Visitor(desk, resume_token=token).history
    assert [(one["content"]["text"], one["state"], one["from_contact"]) for one in history] == [
        ("one", "DELIVERED", True),
        ("two", "DELIVERED", False),
    ]


def test_the_resume_token_wins_over_the_channel(desk: Desk) -> None:
    """With both, the channel is not even looked up."""
    visitor = Visitor(desk)
    visitor.send("one")
    token = visitor.ask("resumeToken", {}).data["resume_token"]
    answer = desk.ask("POST", "/chatplugin.authenticate", {"channel_id": UNKNOWN, "resume_token": token})
    assert (answer.status, len(answer.data["messages"])) == (200, 1)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff", b'{"channel_id": 7}', b'{"user": "Ada"}'])
def test_a_visitors_body_is_not_looked_at(content_type: str, body: bytes) -> None:
    """Whatever it is and is called, the resume token is the visitor's own; in a strict world too."""
    for strict in (False, True):
        visitor = Visitor(Desk(strict=strict))
        headers = {"Content-Type": content_type} if content_type else {}
        answer = visitor.desk.ask("POST", "/chatplugin.resumeToken", body, headers=headers, token=visitor.token)
        assert (answer.status, list(answer.data), answer.bug) == (200, ["resume_token"], "")


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{", 400),
        ("application/json", b"", 400),
        ("text/plain", b"{}", 415),
    ],
)
def test_an_agents_body_is_looked_at(desk: Desk, content_type: str, body: bytes, status: int) -> None:
    """It names the conversation."""
    headers = {"Content-Type": content_type}
    assert desk.ask("POST", "/chatplugin.resumeToken", body, headers=headers, token=AGENT).status == status


def test_a_resume_token_serves_again_and_again(desk: Desk) -> None:
    """Resuming uses nothing up."""
    token = Visitor(desk).ask("resumeToken", {}).data["resume_token"]
    assert [Visitor(desk, resume_token=token).history for _ in range(3)] == [[], [], []]


def test_a_conversation_exists_from_its_first_message_on(desk: Desk) -> None:
    """An idle visitor is invisible to agents."""
    visitor = Visitor(desk)
    before = visitor.agent("conversations.list", {}).data["pagination_data"]["total"]
    visitor.send("here I am")
    after = visitor.agent("conversations.list", {}).data["pagination_data"]["total"]
    assert (before, after) == (0, 1)


def test_the_resume_token_call_ignores_a_visitors_body(desk: Desk) -> None:
    """No body, an empty object and a wrong one all do."""
    visitor = Visitor(desk)
    bodies: tuple[Any, ...] = (b"", {}, {"channel_id": 7})
    assert [visitor.ask("resumeToken", body).status for body in bodies] == [200, 200, 200]


def test_the_system_token_resumes_any_conversation(desk: Desk) -> None:
    """On behalf of a user nothing is looked up: the document's own sample works."""
    body = {"channel_id": "channel-id", "conversation_id": "channel-id"}
    answer = desk.ask("POST", "/chatplugin.resumeToken", body, token=AGENT)
    resumed = desk.ask("POST", "/chatplugin.authenticate", {"resume_token": answer.data["resume_token"]})
    assert (answer.status, resumed.status, resumed.data["messages"]) == (200, 200, [])


def test_on_behalf_both_ids_are_needed(desk: Desk) -> None:
    """The system token without ids is a bad request."""
    answers = [
        desk.ask("POST", "/chatplugin.resumeToken", body, token=AGENT) for body in (b"", {}, {"channel_id": "a"})
    ]
    assert [answer.status for answer in answers] == [400, 400, 400]


def test_tokens_may_come_without_bearer(desk: Desk) -> None:
    """`Bearer X` and `X` are the same."""
    visitor = Visitor(desk)
    answer = desk.ask("POST", "/chatplugin.send", {"message": 1}, headers={"Authorization": visitor.token})
    assert answer.status == 200


def test_a_message_to_a_closed_channel_is_not_found(desk: Desk) -> None:
    """Disconnecting a channel stops its visitors; the answer has no body."""
    visitor = Visitor(desk)
    visitor.agent("channels.chatplugin.disconnect", {"channel_id": CHANNEL})
    answer = visitor.send("anybody there?")
    assert (answer.status, answer.body, answer.bug) == (404, b"", "")


@pytest.mark.parametrize(("name", "shown_as"), [("a b.png", "a%20b.png"), ("\udcff.png", "%EF%BF%BD.png")])
def test_the_widget_may_upload_and_point_to_a_file(desk: Desk, name: str, shown_as: str) -> None:
    """The address that an upload gives is one of the simulator's own, where the client reached it."""
    part = Part(name="file", filename=name, content_type="image/png", blob=Blob.of(b"png"))
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    url = desk.ask("POST", "/media.upload", b"", headers=headers, parts=(part,)).data["media_url"]
    shown = desk.ask("GET", url.removeprefix("http://localhost:8080"))
    assert (url.rpartition("/")[2], shown.status, shown.body) == (shown_as, 200, b"png")


def test_an_automatic_answer_comes_a_second_later(desk: Desk) -> None:
    """`airy.auto_reply` echoes, or says its text, on the world's clock."""
    desk.world.settings["airy.auto_reply"] = "One moment, please"
    visitor = Visitor(desk)
    visitor.send("Hello?")
    assert desk.move(0.9) == []
    (outcome,) = desk.move(0.1)
    answer = pushed(outcome)["message"]
    assert (answer["content"], answer["from_contact"]) == ({"text": "One moment, please"}, False)


def test_an_echo_repeats_the_message(desk: Desk) -> None:
    """`echo` answers with the content itself."""
    desk.world.settings["airy.auto_reply"] = "echo"
    Visitor(desk).ask("send", {"message": [1]})
    (outcome,) = desk.move(1)
    assert pushed(outcome)["message"]["content"] == [1]


def test_nobody_gets_the_conversation_of_a_token_from_before_a_restart(desk: Desk) -> None:
    """The token is still good, and ids begin anew: who comes new is given the next that is free."""
    old = Visitor(Desk())
    old.desk = desk
    old.send("still here")
    answer = desk.ask("POST", "/chatplugin.authenticate", {"channel_id": CHANNEL})
    assert answer.data["messages"] == []
    assert Visitor(desk).send("new").data["sender"]["id"] != old.send("again").data["sender"]["id"]
