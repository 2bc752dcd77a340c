"""Each value of each quirk can be told from the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from desk import Desk

from chatsim.apis.m3o import API
from chatsim.apis.m3o.quirks import QUIRKS

DOCUMENTED = "bed4f0f0-da12-46d2-90d2-17ae1714a214"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def ask(desk: Desk, method: str, body: Any, headers: dict[str, str] | None = None) -> Any:
    """What a documented call answers."""
    answer = desk.ask("POST", f"/chat/{method}", body, token="key", headers=headers)
    assert answer.bug == ""
    return answer.data


def say(desk: Desk, *texts: str) -> Any:
    """Send messages to the documented chat; the answer to the last."""
    return [ask(desk, "Send", {"chat_id": DOCUMENTED, "user_id": "ann", "text": text}) for text in texts][-1]


def history(desk: Desk) -> list[dict[str, str]]:
    """The history of the documented chat."""
    messages: list[dict[str, str]] = ask(desk, "History", {"chat_id": DOCUMENTED}).get("messages", [])
    return messages


def history_on_send(desk: Desk) -> Any:
    """A chat alone."""
    return ask(desk, "Send", {"chat_id": DOCUMENTED}).get("id")


def send_without_chat(desk: Desk) -> Any:
    """A message without its chat."""
    return ask(desk, "Send", {"user_id": "John", "text": "Hey Barry"}).get("id")


def send_reply(desk: Desk) -> Any:
    """What a message answers."""
    return list(say(desk, "x"))


def sent_at(desk: Desk) -> Any:
    """The time of a message."""
    say(desk, "x")
    return history(desk)[-1].get("sent_at")


def form_label(desk: Desk) -> Any:
    """The document's curl."""
    return ask(desk, "History", {"chat_id": DOCUMENTED}, FORM).get("id")


def reply_content_type(desk: Desk) -> Any:
    """Another label on the request."""
    headers = {"content-type": "text/plain"}
    return desk.ask("POST", "/chat/New", {"user_ids": ["x"]}, token="key", headers=headers).headers["Content-Type"]


def error_content_type(desk: Desk) -> Any:
    """A refusal."""
    return desk.ask("POST", "/chat/New", {}, token="key").headers["Content-Type"]


def history_limit(desk: Desk) -> Any:
    """Two messages."""
    say(desk, "x")
    return [message["text"] for message in history(desk)]


def history_order(desk: Desk) -> Any:
    """Many messages, whose ids are chance."""
    say(desk, *"abcdefgh")
    return [message["text"] for message in history(desk)]


def history_expiry(desk: Desk) -> Any:
    """A day later."""
    say(desk, "x")
    desk.time += 25 * 3600 * 10**9
    return history(desk) == []


def new_repeats(desk: Desk) -> Any:
    """The same users twice."""
    chats = {ask(desk, "New", {"user_ids": ["ann"]})["chat_id"] for _ in range(2)}
    return len(chats)


SEEN: dict[str, tuple[Callable[[Desk], Any], dict[str, Any]]] = {
    "history-on-send": (history_on_send, {"answered": None, "refused": "chat.Send.MissingUserID"}),
    "send-without-chat": (send_without_chat, {"accepted": None, "refused": "chat.Send.MissingChatID"}),
    "send-reply": (send_reply, {"empty": [], "message": ["message"]}),
    "sent-at": (sent_at, {"absent": None, "present": "2026-01-01T12:00:00Z"}),
    "form-label": (form_label, {"ignored": None, "obeyed": "go.micro.client"}),
    "reply-content-type": (reply_content_type, {"json": "application/json", "copied": "text/plain"}),
    "error-content-type": (error_content_type, {"json": "application/json", "text": "text/plain; charset=utf-8"}),
    "history-limit": (history_limit, {"fifty": ["Hey Barry", "x"], "one": ["x"]}),
    "history-order": (
        history_order,
        {"sent": ["Hey Barry", *"abcdefgh"], "id": ["b", "e", "f", "Hey Barry", "a", "c", "h", "d", "g"]},
    ),
    "history-expiry": (history_expiry, {"never": False, "day": True}),
    "new-repeats": (new_repeats, {"same": 1, "another": 2}),
}
STREAMED = {"stream-errors", "connect-client-id", "connect-id", "frame-limit"}
"""Those that only a stream shows: see test_realtime.py."""


def test_each_quirk_is_shown_somewhere() -> None:
    """Here or with the streams, each value."""
    assert {quirk.name.removeprefix("m3o.") for quirk in QUIRKS} == SEEN.keys() | STREAMED
    for quirk in QUIRKS:
        name = quirk.name.removeprefix("m3o.")
        assert name in STREAMED or quirk.values.keys() == SEEN[name][1].keys()


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (_, values) in SEEN.items() for value in values])
def test_a_value_shows(desk: Desk, name: str, value: str) -> None:
    """And no other value looks like it."""
    look, values = SEEN[name]
    desk.world.quirks[f"m3o.{name}"] = value
    assert look(desk) == values[value]
    assert [other for other in values if values[other] == values[value]] == [value]


DIFFER = {"history-on-send", "send-without-chat", "send-reply", "sent-at", "form-label", "reply-content-type"}


def test_the_truth_decides_where_document_and_service_part_ways() -> None:
    """The service's own defects stay off under either truth."""
    apart = {quirk.name.removeprefix("m3o.") for quirk in QUIRKS if quirk.document != quirk.service}
    assert apart == DIFFER


def test_the_documented_calls_under_the_truth_of_the_service() -> None:
    """The label of curl alone makes each of them fail, as it did."""
    desk = Desk(apis=[API], truth="service")
    bodies = [{"user_ids": ["JohnBarry"]}, {"user_id": "John", "text": "Hey Barry"}, {"chat_id": DOCUMENTED}]
    for method, body in zip(("New", "Send", "Send"), bodies, strict=True):
        assert ask(desk, method, body, FORM)["id"] == "go.micro.client"


def test_a_repetition_is_answered_with_an_id_of_its_own(desk: Desk) -> None:
    """The real service makes the message before it looks, and stores it nowhere."""
    desk.world.quirks["m3o.send-reply"] = "message"
    body = {"chat_id": DOCUMENTED, "user_id": "ann", "text": "x", "client_id": "1"}
    one, two = (ask(desk, "Send", body)["message"] for _ in range(2))
    assert one["id"] != two["id"]
    assert [message["id"] for message in history(desk)][-1] == one["id"]


def test_v1_copies_no_content_type(desk: Desk) -> None:
    """It came later than those gateways."""
    desk.world.quirks["m3o.reply-content-type"] = "copied"
    answer = desk.ask("POST", "/v1/chat/List", {}, token="key", headers={"content-type": "text/plain"})
    assert answer.headers["Content-Type"] == "application/json"
