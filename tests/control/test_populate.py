"""`POST …/populate`: every API takes people up in its own way, tells nobody, and shows them without a mistake."""

from __future__ import annotations

from typing import Any

import pytest
from desk import Answer, Desk
from sample import SAMPLE

POPULATE = "/_sim/worlds/default/populate"
APIS = ("airy", "kobil", "m3o", "weavy", "woven")


def populated(desk: Desk, **wanted: Any) -> Any:
    """What there is now in addition, by API."""
    answer = desk.ask("POST", POPULATE, wanted)
    assert (answer.status, answer.bug, answer.effects) == (200, "", ())
    return answer.data["populated"]


def listed(desk: Desk, path: str) -> list[Any]:
    """A collection."""
    items: list[Any] = desk.ask("GET", f"/_sim/worlds/default/{path}?limit=100000").data["items"]
    return items


def test_everything_that_can_be_populated_is(desk: Desk) -> None:
    """With the same people and words."""
    made = populated(desk, users=10, conversations=12, messages=90)
    assert tuple(sorted(made)) == APIS
    assert {one["messages"] for one in made.values()} == {90}


def test_whole_numbers_may_have_a_point() -> None:
    """3.0 is 3, in JSON as in its schemas."""
    one, two = (populated(Desk(), users=n, conversations=n, messages=n, seed=n) for n in (3, 3.0))
    assert one == two


def test_one_entry_is_left(desk: Desk) -> None:
    """And nothing is on its way: no callback, no timer."""
    populated(desk, users=5)
    (entry,) = desk.world.journal
    assert (entry.seq, entry.kind, entry.operation, entry.body) == (1, "trigger", "populate", {"users": 5})
    assert not desk.world.has_deliveries
    assert desk.world.clock.next_due() is None


def test_the_same_seed_populates_the_same() -> None:
    """Byte for byte, in another simulator."""
    seen = []
    for _ in range(2):
        desk = Desk()
        populated(desk, seed=3, messages=60, locale="de_DE")
        seen.append(desk.ask("GET", "/_sim/worlds/default/snapshot").body)
    assert seen[0] == seen[1]


@pytest.mark.parametrize("style", ["everyday", "edge"])
def test_what_was_populated_survives_a_snapshot(desk: Desk, style: str) -> None:
    """Written out, read back and written out again it is the same."""
    populated(desk, style=style, messages=80)
    first = desk.ask("GET", "/_sim/worlds/default/snapshot")
    assert desk.ask("PUT", "/_sim/worlds/default/snapshot", first.data).status == 200
    assert desk.ask("GET", "/_sim/worlds/default/snapshot").data["states"] == first.data["states"]


@pytest.mark.parametrize("style", ["everyday", "edge"])
def test_weavy_shows_it(desk: Desk, style: str) -> None:
    """Users, conversations and messages, through the API itself, and through the control API."""
    populated(desk, apis=["weavy"], users=20, conversations=30, messages=300, style=style)
    uid = next(one["uid"] for one in listed(desk, "weavy/conversations")[1]["members"])
    token = desk.ask("POST", f"/api/users/{uid}/tokens", token="wys_simulator").data["access_token"]
    conversations = desk.ask("GET", "/api/conversations?top=100", token=token)
    assert (conversations.status, conversations.bug) == (200, "")
    for one in conversations.data["data"]:
        shown = desk.ask("GET", f"/api/apps/{one['id']}/messages?top=100", token=token)
        assert (shown.status, shown.bug) == (200, "")


@pytest.mark.parametrize("style", ["everyday", "edge"])
def test_m3o_shows_it(desk: Desk, style: str) -> None:
    """The chats of the documented service, and the groups of the later one."""
    made = populated(desk, apis=["m3o"], conversations=9, messages=100, style=style)["m3o"]
    assert made == {"chats": 9, "groups": 9, "messages": 100}
    groups = ask_m3o(desk, "/v1/chat/List").data["groups"]
    assert len(groups) == 9
    told = [ask_m3o(desk, "/v1/chat/History", group_id=one["id"]).data["messages"] for one in groups]
    assert sum(len(messages) for messages in told) == 100
    chat = next(one for one in listed(desk, "m3o/chats") if len(one["messages"]) > 1 and one["user_ids"])
    assert len(ask_m3o(desk, "/chat/History", chat_id=chat["id"]).data["messages"]) == len(chat["messages"])


def ask_m3o(desk: Desk, path: str, **body: Any) -> Answer:
    """A call with the token that `M3O_API_TOKEN` names."""
    answer = desk.ask("POST", path, body, token="simulator")
    assert (answer.status, answer.bug) == (200, ""), answer.body
    return answer


@pytest.mark.parametrize("style", ["everyday", "edge"])
def test_airy_shows_it(desk: Desk, style: str) -> None:
    """An agent lists all conversations with their messages."""
    populated(desk, apis=["airy"], conversations=8, messages=120, style=style)
    token = "airy-system-token"
    found = desk.ask("POST", "/conversations.list", {"page_size": 100}, token=token)
    assert (found.status, found.bug, len(found.data["data"])) == (200, "", 8)
    for one in found.data["data"]:
        shown = desk.ask("POST", "/messages.list", {"conversation_id": one["id"], "page_size": 100}, token=token)
        assert (shown.status, shown.bug) == (200, "")


def test_kobil_shows_it(desk: Desk) -> None:
    """The first member of a conversation is the user; ids rise with time."""
    populated(desk, apis=["kobil"], conversations=8, messages=120)
    messages = listed(desk, "kobil/messages")
    assert {one["direction"] for one in messages} == {"to_user", "from_user"}
    assert [one["message_id"] for one in messages] == sorted(one["message_id"] for one in messages)


def test_woven_shows_it(desk: Desk) -> None:
    """Each line on the phones of all the others."""
    made = populated(desk, apis=["woven"], users=4, messages=50)["woven"]
    assert made["residents"] == 4
    assert len(listed(desk, "woven/notifications")) == made["notifications"]


def test_it_can_be_done_again(desk: Desk) -> None:
    """The people are there already; what they say is said once more."""
    first, second = (populated(desk, users=6, messages=40) for _ in range(2))
    assert (first["weavy"]["users"], second["weavy"]["users"]) == (6, 0)
    assert second["weavy"]["conversations"] == 30


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"apis": ["telegram"]}, "/apis/0"),
        ({"apis": ["keycloak"]}, "/apis/0"),
        ({"apis": []}, "/apis"),
        ({"locale": "xx_XX"}, "/locale"),
        ({"locale": "../../etc"}, "/locale"),
        ({"users": 1}, "/users"),
        ({"messages": 10**9}, "/messages"),
        ({"style": "wild"}, "/style"),
        ({"sed": 1}, "/sed"),
    ],
)
def test_what_cannot_be(desk: Desk, body: Any, pointer: str) -> None:
    """422 with a pointer, and nothing happened."""
    answer = desk.ask("POST", POPULATE, body)
    assert (answer.status, answer.data["errors"][0]["pointer"]) == (422, pointer)
    assert len(desk.world.journal) == 0


def test_apis_that_cannot_be_populated_are_left_out() -> None:
    """An API need not say how."""
    assert populated(Desk([SAMPLE])) == {}
