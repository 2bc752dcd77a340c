"""The answer of somebody else, one second of the world's time later."""

from __future__ import annotations

import pytest
from desk import Desk

from chatsim.core.effects import Push


def history(desk: Desk, path: str, key: dict[str, str]) -> list[tuple[str, str]]:
    """Who said what."""
    messages = desk.ask("POST", path, key, token="key").data.get("messages", [])
    return [(message["user_id"], message["text"]) for message in messages]


def chat(desk: Desk, *user_ids: str) -> dict[str, str]:
    """Say hello as ann in a chat of these users, and return its key."""
    key: dict[str, str] = desk.ask("POST", "/chat/New", {"user_ids": user_ids}, token="key").data
    desk.ask("POST", "/chat/Send", {**key, "user_id": "ann", "text": "hello"}, token="key")
    return key


def group(desk: Desk, *user_ids: str) -> dict[str, str]:
    """The same in a group."""
    made = desk.ask("POST", "/v1/chat/Create", {"user_ids": user_ids}, token="key").data["group"]
    key = {"group_id": made["id"]}
    desk.ask("POST", "/v1/chat/Send", {**key, "user_id": "ann", "text": "hello"}, token="key")
    return key


@pytest.mark.parametrize(("wanted", "text"), [("echo", "hello"), ("Good morning", "Good morning")])
def test_another_user_of_the_chat_answers(desk: Desk, wanted: str, text: str) -> None:
    """Not before the second is over."""
    desk.world.settings["m3o.auto_reply"] = wanted
    key = chat(desk, "ann", "ben")
    desk.move(0.9)
    assert history(desk, "/chat/History", key) == [("ann", "hello")]
    (outcome,) = desk.move(0.1)
    assert history(desk, "/chat/History", key) == [("ann", "hello"), ("ben", text)]
    assert isinstance(outcome.effects[0], Push)


def test_another_member_of_the_group_answers(desk: Desk) -> None:
    """And those who joined are told."""
    desk.world.settings["m3o.auto_reply"] = "echo"
    key = group(desk, "ann", "ben")
    (outcome,) = desk.move(1)
    assert history(desk, "/v1/chat/History", key) == [("ann", "hello"), ("ben", "hello")]
    assert isinstance(outcome.effects[0], Push)


def test_with_nobody_else_the_simulator_answers(desk: Desk) -> None:
    """In a chat of one."""
    desk.world.settings["m3o.auto_reply"] = "echo"
    key = chat(desk, "ann")
    desk.move(1)
    assert history(desk, "/chat/History", key)[1] == ("simulator", "hello")


def test_an_answer_is_not_answered(desk: Desk) -> None:
    """Two simulators would talk for ever."""
    desk.world.settings["m3o.auto_reply"] = "echo"
    chat(desk, "ann", "ben")
    assert [len(desk.move(1)) for _ in range(2)] == [1, 0]


def test_a_repetition_is_not_answered(desk: Desk) -> None:
    """It was not heard."""
    desk.world.settings["m3o.auto_reply"] = "echo"
    key = chat(desk, "ann", "ben")
    for _ in range(2):
        desk.ask("POST", "/chat/Send", {**key, "user_id": "ann", "text": "x", "client_id": "1"}, token="key")
    assert len(desk.move(1)) == 2


def test_off_by_default(desk: Desk) -> None:
    """Nobody answers."""
    chat(desk, "ann", "ben")
    assert desk.move(5) == []


def test_a_group_that_is_gone_is_not_answered(desk: Desk) -> None:
    """Nothing happens, and nothing breaks."""
    desk.world.settings["m3o.auto_reply"] = "echo"
    key = group(desk, "ann", "ben")
    desk.ask("POST", "/v1/chat/Delete", key, token="key")
    (outcome,) = desk.move(1)
    assert (outcome.effects, outcome.plan.call.entry.bug) == ((), "")
