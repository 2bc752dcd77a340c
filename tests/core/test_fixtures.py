"""A fixture is held to the collections that APIs declare, and built at once."""

from typing import Any

import pytest
from desk import Desk

from chatsim.core import data
from chatsim.core.fixtures import problems
from chatsim.core.json import decode

ROOM = {"type": "room", "members": ["a"]}
EARLY = {"user_id": "a", "text": "x", "sent_at": "1960-01-01T00:00:00Z"}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"woven": {"projectz": {}}}, "/fixture/woven/projectz"),
    ({"woven": {"projects": []}}, "/fixture/woven/projects"),
    ({"woven": {"projects": {"a/b": {"client_ids": 7}}}}, "/fixture/woven/projects/a~1b/client_ids"),
    ({"keycloak": {"realms": {"r": {"nonsense": 1}}}}, "/fixture/keycloak/realms/r/nonsense"),
    ({"keycloak": {"realms": {"r": {"users": {"u": 7}}}}}, "/fixture/keycloak/realms/r/users/u"),
    ({"airy": {"channels": {"a": {}}}}, "/fixture/airy/channels/a"),
    ({"weavy": {"users": {"a": {}, "A": {}}}}, "/fixture/weavy/users/A"),
    ({"weavy": {"users": {"a": {"id": 1}, "b": {"id": 1}}}}, "/fixture/weavy/users/b/id"),
    ({"weavy": {"users": {"a b": {}}}}, "/fixture/weavy/users/a b"),
    (
        {"weavy": {"users": {"a": {}}, "conversations": {"99999999999": ROOM}}},
        "/fixture/weavy/conversations/99999999999",
    ),
    ({"weavy": {"users": {"a": {}}, "conversations": {"1": ROOM, "01": ROOM}}}, "/fixture/weavy/conversations/01"),
    ({"m3o": {"chats": {"": {"messages": [{"user_id": "a", "text": "x"}]}}}}, "/fixture/m3o/chats/"),
    ({"m3o": {"chats": {"c": {"messages": [EARLY]}}}}, "/fixture/m3o/chats/c/messages/0/sent_at"),
]


@pytest.mark.parametrize(("fixture", "pointer"), WRONG)
def test_unusable_part(fixture: dict[str, Any], pointer: str) -> None:
    """The pointer leads to the part that no world can begin with, and none is made."""
    desk = Desk()
    answer = desk.ask("POST", "/_sim/worlds", {"name": "a", "fixture": fixture})
    assert (answer.status, [one["pointer"] for one in answer.data["errors"]]) == (422, [pointer])
    assert "a" not in desk.simulator.worlds


def test_fixture_that_nobody_sent() -> None:
    """Where the server's own fixture does not suit a world, the caller's body is not blamed for it."""
    desk = Desk(fixture={"airy": {"channels": {"a": {}}}})
    answer = desk.ask("POST", "/_sim/worlds", {"name": "a"})
    assert (answer.status, [one["pointer"] for one in answer.data["errors"]]) == (422, [""])
    assert "started with" in answer.data["detail"]


def test_documented_fixtures() -> None:
    """What every world begins with keeps to it too."""
    simulator = Desk().simulator
    files = {name: data.fixtures() / name / "documented.json" for name in simulator.apis}
    fixture = {name: decode(file.read_bytes()) for name, file in files.items() if file.is_file()}
    assert len(fixture) > 3
    assert list(problems(simulator, fixture)) == []
