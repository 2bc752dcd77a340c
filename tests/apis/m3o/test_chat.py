"""The documented service: New, Send, History."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from desk import Answer, Desk

DOCUMENTED = "bed4f0f0-da12-46d2-90d2-17ae1714a214"


def ask(desk: Desk, method: str, body: Any = b"", namespace: str | None = "demo", **more: Any) -> Answer:
    """Call a method with a token that nobody set up."""
    headers = {} if namespace is None else {"micro-namespace": namespace}
    answer = desk.ask("POST", f"/chat/{method}", body, token="any", headers=headers, **more)
    assert answer.bug == ""
    return answer


def made(desk: Desk, *user_ids: str, namespace: str = "demo") -> str:
    """Make a chat and return its id."""
    chat_id: str = ask(desk, "New", {"user_ids": user_ids}, namespace).data["chat_id"]
    return chat_id


def say(desk: Desk, chat_id: str, text: str = "hello", **more: Any) -> Answer:
    """Send a message of ann."""
    return ask(desk, "Send", {"chat_id": chat_id, "user_id": "ann", "text": text, **more})


def texts(desk: Desk, chat_id: str) -> list[str]:
    """What the history holds."""
    messages = ask(desk, "History", {"chat_id": chat_id}).data.get("messages", [])
    return [message["text"] for message in messages]


def error(answer: Answer) -> tuple[int, str, str]:
    """Status, id and detail of an error, whose other members follow from these."""
    data = answer.data
    assert list(data) == ["id", "code", "detail", "status"]
    assert (data["code"], data["status"]) == (400, "Bad Request")
    return answer.status, data["id"], data["detail"]


def test_the_same_users_get_the_same_chat(desk: Desk) -> None:
    """Whatever their order."""
    assert made(desk, "ann", "ben") == made(desk, "ben", "ann")


def test_other_users_get_another_chat(desk: Desk) -> None:
    """A user named twice makes another set, too."""
    assert len({made(desk, "ann"), made(desk, "ann", "ben"), made(desk, "ann", "ann")}) == 3


def test_the_documented_users_get_the_documented_chat(desk: Desk) -> None:
    """On a fresh world the first curl call answers what is printed below it."""
    assert made(desk, "JohnBarry") == "3c9ea66c-d516-45d4-abe8-082089e18b27"


def test_a_message_is_kept_as_sent(desk: Desk) -> None:
    """All members of the document's reply, none of them empty, and no time."""
    chat_id = made(desk, "ann", "ben")
    assert say(desk, chat_id, subject="Greeting", client_id="mine").data == {}
    (message,) = ask(desk, "History", {"chat_id": chat_id}).data["messages"]
    assert message == {
        "id": message["id"],
        "client_id": "mine",
        "chat_id": chat_id,
        "user_id": "ann",
        "subject": "Greeting",
        "text": "hello",
    }


def test_members_that_hold_nothing_are_left_out(desk: Desk) -> None:
    """Gateways of that time wrote no zero values: no subject, and {} for an empty history."""
    chat_id = made(desk, "ann")
    assert ask(desk, "History", {"chat_id": chat_id}).data == {}
    say(desk, chat_id, subject="")
    assert "subject" not in ask(desk, "History", {"chat_id": chat_id}).data["messages"][0]


def test_the_history_is_in_the_order_of_sending(desk: Desk) -> None:
    """Not in that of the ids."""
    chat_id = made(desk, "ann")
    for number in range(5):
        say(desk, chat_id, str(number))
    assert texts(desk, chat_id) == ["0", "1", "2", "3", "4"]


def test_the_history_gives_the_newest_fifty(desk: Desk) -> None:
    """There is no way to ask for more."""
    chat_id = made(desk, "ann")
    for number in range(53):
        say(desk, chat_id, str(number))
    assert texts(desk, chat_id) == [str(number) for number in range(3, 53)]


def test_a_repeated_client_id_is_dropped_silently(desk: Desk) -> None:
    """In any chat and from any user; the journal says so."""
    one, two = made(desk, "ann"), made(desk, "ben")
    say(desk, one, "first", client_id="x")
    again = say(desk, two, "second", client_id="x")
    assert (again.status, again.notes) == (200, ["m3o.repetition"])
    assert (texts(desk, one), texts(desk, two)) == (["first"], [])


def test_nobody_asks_who_is_in_a_chat(desk: Desk) -> None:
    """The real code leaves that to real applications."""
    chat_id = made(desk, "ben")
    say(desk, chat_id)
    assert texts(desk, chat_id) == ["hello"]


def test_a_message_to_an_unknown_chat_is_answered_and_lost(desk: Desk) -> None:
    """Send does not look, History does."""
    assert say(desk, "nowhere").data == {}
    assert error(ask(desk, "History", {"chat_id": "nowhere"}))[1] == "chat.History.InvalidChatID"


def test_spaces_are_a_text(desk: Desk) -> None:
    """Only presence is checked."""
    chat_id = made(desk, "ann")
    assert say(desk, chat_id, "  ").status == 200


def test_namespaces_are_apart(desk: Desk) -> None:
    """The same users have another chat in another namespace, and ids do not cross."""
    here = made(desk, "ann", namespace="one")
    assert made(desk, "ann", namespace="two") != here
    assert error(ask(desk, "History", {"chat_id": here}, "two"))[1] == "chat.History.InvalidChatID"


@pytest.mark.parametrize("namespace", ["one", "$yourNamespace", None])
def test_the_documented_chat_is_in_every_namespace(desk: Desk, namespace: str | None) -> None:
    """The printed history is there on a fresh world, and says nothing of time."""
    (message,) = ask(desk, "History", {"chat_id": DOCUMENTED}, namespace).data["messages"]
    assert (message["id"], "sent_at" in message) == ("a61284a8-f471-4734-9192-640d89762e98", False)


def test_the_documented_chat_goes_its_own_way_in_each_namespace(desk: Desk) -> None:
    """What is added to it in one is not seen in another."""
    ask(desk, "Send", {"chat_id": DOCUMENTED, "user_id": "Barry", "text": "Hey John"}, "one")
    counts = [len(ask(desk, "History", {"chat_id": DOCUMENTED}, one).data["messages"]) for one in ("one", "two")]
    assert counts == [2, 1]


def test_the_documented_client_id_was_used(desk: Desk) -> None:
    """It counts in every namespace like any other."""
    chat_id = made(desk, "ann")
    assert say(desk, chat_id, client_id="6ba0d2a6-96fa-47d8-8f6f-7f75b4cc8b3e").notes == ["m3o.repetition"]


def test_send_with_a_chat_alone_answers_its_history(desk: Desk) -> None:
    """The document sends its history call there; journal and header tell that it was lenient."""
    answer = ask(desk, "Send", {"chat_id": DOCUMENTED})
    assert len(answer.data["messages"]) == 1
    assert (answer.notes, answer.headers["X-Simulator-Note"]) == (["m3o.history-on-send"], "m3o.history-on-send")


def test_send_without_a_chat_is_answered_and_lost(desk: Desk) -> None:
    """As the document prints it; journal and header tell."""
    answer = ask(desk, "Send", {"user_id": "John", "subject": "Hello", "text": "Hey Barry"})
    assert answer.data == {}
    assert (answer.notes, answer.headers["X-Simulator-Note"]) == (["m3o.send-without-chat"], "m3o.send-without-chat")


def test_a_plain_call_carries_no_note(desk: Desk) -> None:
    """The header is there only when something was lenient."""
    assert "X-Simulator-Note" not in say(desk, DOCUMENTED).headers


@pytest.mark.parametrize("user_ids", [{}, {"user_ids": []}, {"user_ids": None}])
def test_new_wants_users(desk: Desk, user_ids: dict[str, Any]) -> None:
    """Missing, empty and null are the same."""
    detail = "One or more user IDs are required"
    assert error(ask(desk, "New", user_ids)) == (400, "chat.New.MissingUserIDs", detail)


SEND = {"chat_id": DOCUMENTED, "user_id": "ann", "text": "hello"}
SEND_ERRORS = {
    "chat_id": (400, "chat.Send.MissingChatID", "ChatID is missing"),
    "user_id": (400, "chat.Send.MissingUserID", "UserID is missing"),
    "text": (400, "chat.Send.MissingText", "Text is missing"),
}


@pytest.mark.parametrize("missing", [pair for size in (1, 2, 3) for pair in combinations(SEND, size)])
@pytest.mark.parametrize("void", ["", None])
def test_send_misses_things_in_order(desk: Desk, missing: tuple[str, ...], void: str | None) -> None:
    """Of several that are missing or empty the first of the table is told."""
    desk.world.quirks.update({"m3o.history-on-send": "refused", "m3o.send-without-chat": "refused"})
    body = {**SEND, **dict.fromkeys(missing, void)}
    assert error(ask(desk, "Send", body)) == SEND_ERRORS[missing[0]]


@pytest.mark.parametrize("body", [{}, {"user_id": "ann"}, {"text": "hello"}, {"subject": "x"}])
def test_only_a_message_may_go_without_a_chat(desk: Desk, body: dict[str, str]) -> None:
    """The leniency reaches as far as the document's call, no further."""
    assert error(ask(desk, "Send", body)) == SEND_ERRORS["chat_id"]


@pytest.mark.parametrize("body", [{"chat_id": DOCUMENTED, "text": "x"}, {"chat_id": DOCUMENTED, "subject": "x"}])
def test_only_a_chat_alone_asks_for_the_history(desk: Desk, body: dict[str, str]) -> None:
    """With anything else beside it the body is a message, which lacks its user."""
    assert error(ask(desk, "Send", body)) == SEND_ERRORS["user_id"]


def test_the_history_wants_a_chat(desk: Desk) -> None:
    """Missing is told before unknown."""
    assert error(ask(desk, "History", {})) == (400, "chat.History.MissingChatID", "ChatID is missing")


def test_an_unknown_chat_is_a_bad_request(desk: Desk) -> None:
    """The service has no 404."""
    answer = ask(desk, "History", {"chat_id": "nope"})
    assert error(answer) == (400, "chat.History.InvalidChatID", "Chat not found with this ID")
