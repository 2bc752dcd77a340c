"""The published Node packages of every era, unmodified."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from desk import Served
from streams import listeners

from chatsim.apis.m3o.state import Token

Start = Callable[..., Awaitable[Any]]

GROUPS = "m3o-groups"  # m3o 1.0.1783
ROOMS = "m3o-rooms"  # m3o 1.0.1480
FIRST = "m3o-first"  # m3o 1.0.1299
PLAIN = "@m3o/m3o-node"  # 0.0.26


def place(package: str) -> str:
    """What a package calls a group."""
    return "group" if package == GROUPS else "room"


async def made(client: Any, package: str, *user_ids: str) -> str:
    """Make a group or room and return its id."""
    method = "new" if package == FIRST else "create"
    answer = await client.value(method=method, **{"with": {"name": "general", "user_ids": list(user_ids)}})
    group_id: str = answer[place(package)]["id"]
    return group_id


@pytest.fixture(params=[GROUPS, ROOMS, FIRST])
def package(request: pytest.FixtureRequest, served: Served) -> str:
    """Each package with the world set to its time."""
    name: str = request.param
    served.world.settings["m3o.dialect"] = place(name) + "s"
    return name


async def test_every_call(package: str, start: Start) -> None:
    """All that the package can do but streams, one after the other."""
    client, word = await start(package), place(package)
    group_id = await made(client, package, "ann")
    key = {f"{word}_id": group_id}

    listed = await client.value(method="list", **{"with": {}})
    assert [one["id"] for one in listed[f"{word}s"]] == [group_id]
    invited = await client.value(method="invite", **{"with": {**key, "user_id": "ben"}})
    assert invited[word]["user_ids"] == ["ann", "ben"]
    sent = await client.value(method="send", **{"with": {**key, "user_id": "ann", "text": "hello"}})
    assert sent["message"][f"{word}_id"] == group_id
    history = await client.value(method="history", **{"with": key})
    assert history == {"messages": [sent["message"]]}
    kicked = await client.value(method="kick", **{"with": {**key, "user_id": "ben"}})
    assert kicked[word]["user_ids"] == ["ann"]
    left = await client.value(method="leave", **{"with": {**key, "user_id": "ann"}})
    assert left[word]["user_ids"] == []
    deleted = await client.value(method="delete", **{"with": key})
    assert deleted[word]["id"] == group_id


async def test_an_error_rejects_with_its_object(package: str, start: Start) -> None:
    """Tests of users look at the id and the code."""
    client = await start(package)
    answer = await client.ask(method="history", **{"with": {f"{place(package)}_id": "nope"}})
    detail = f"{place(package)} not found"
    assert answer == {"error": {"id": "chat.history", "code": 400, "detail": detail, "status": "Bad Request"}}


async def test_a_stream_brings_what_others_say(package: str, start: Start, served: Served) -> None:
    """One's own messages do not come back, those of others do."""
    client, word = await start(package), place(package)
    key = {f"{word}_id": await made(client, package, "ann")}
    listener = await start(package)
    await listener.value(join={**key, "user_id": "ben"})
    await listeners(served, 1)

    await client.value(method="send", **{"with": {**key, "user_id": "ben", "text": "mine"}})
    sent = await client.value(method="send", **{"with": {**key, "user_id": "ann", "text": "yours"}})
    assert await listener.event() == {"frame": sent}


async def test_a_refused_key_is_told_in_a_frame(package: str, start: Start, served: Served) -> None:
    """A 401 on the upgrade would end the Node process; an error frame and a close do not."""
    served.world.state("m3o").tokens["bad"] = Token(allowed=False, reason="Usage cap exceeded")
    client = await start(package, token="bad")
    await client.value(join={f"{place(package)}_id": "x", "user_id": "ben"})
    frame = (await client.event())["frame"]
    assert (frame["id"], frame["code"]) == ("v1.blocked", 403)
    assert await client.event() == {"closed": True}
    assert (await client.ask(method="list", **{"with": {}}))["error"] == frame


async def test_an_unknown_group_is_told_in_a_frame(package: str, start: Start) -> None:
    """The stream says what is wrong and ends."""
    client = await start(package)
    await client.value(join={f"{place(package)}_id": "x", "user_id": "ben"})
    assert (await client.event())["frame"]["id"] == "chat.join"
    assert await client.event() == {"closed": True}


async def test_a_stream_of_a_method_that_is_none(start: Start) -> None:
    """It brings the answer and ends; the client lives on, and its key is asked for as always."""
    client = await start(PLAIN)
    await client.value(stream="Create", **{"with": {"name": "general"}})
    frame = (await client.event())["frame"]
    assert await client.event() == {"closed": True}
    assert await client.value(endpoint="List", **{"with": {}}) == {"groups": [frame["group"]]}


async def test_the_documented_calls(start: Start) -> None:
    """The general client with an empty prefix speaks to the documented service."""
    client = await start(PLAIN, prefix="")
    chat_id = (await client.value(endpoint="New", **{"with": {"user_ids": ["ann", "ben"]}}))["chat_id"]
    message = {"chat_id": chat_id, "user_id": "ann", "text": "hello", "client_id": "1"}
    assert await client.value(endpoint="Send", **{"with": message}) == {}
    assert await client.value(endpoint="Send", **{"with": {**message, "text": "again"}}) == {}
    history = await client.value(endpoint="History", **{"with": {"chat_id": chat_id}})
    assert [{**one, "id": ""} for one in history["messages"]] == [{**message, "id": ""}]


async def test_a_call_without_an_argument(start: Start) -> None:
    """The client sends {}, and the service misses the id."""
    client = await start(PLAIN, prefix="")
    assert (await client.ask(endpoint="History"))["error"]["id"] == "chat.History.MissingChatID"


async def test_no_token_is_told_in_plain_text(start: Start) -> None:
    """What arrives in `catch` is a string, as from the real gateway."""
    client = await start(PLAIN, token="", prefix="")
    assert await client.ask(endpoint="New") == {"error": "unauthorized request\n"}


async def test_no_key_is_told_as_an_object(start: Start) -> None:
    """The door of /v1 answers JSON."""
    client = await start(PLAIN, token="")
    answer = await client.ask(endpoint="List")
    assert answer == {"error": {"id": "v1", "code": 401, "detail": "Unauthorized", "status": "Unauthorized"}}


async def test_older_keys(start: Start, served: Served) -> None:
    """Under the setting errors look as they did before February 2022."""
    served.world.settings["m3o.error_keys"] = "title"
    client = await start(PLAIN, prefix="")
    assert (await client.ask(endpoint="New"))["error"]["Id"] == "chat.New.MissingUserIDs"


async def test_connect_without_its_headers(start: Start) -> None:
    """This client cannot say who it is on /chat/Connect: it is told so, perhaps before it listens, and lives."""
    client = await start(PLAIN, prefix="")
    await client.value(stream="Connect", **{"with": {"text": "hello"}})
    event = await client.event()
    if "frame" in event:
        assert event["frame"]["id"] == "chat.Connect.MissingUserID"
        event = await client.event()
    assert event == {"closed": True}
    assert (await client.value(endpoint="New", **{"with": {"user_ids": ["ann"]}})).keys() == {"chat_id"}
