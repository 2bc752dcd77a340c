"""The two streams, without a network: handshakes and frames go in, effects come out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from desk import Answer, Desk
from multidict import CIMultiDict

from chatsim.apis.m3o.state import Token
from chatsim.core.api import Socket
from chatsim.core.effects import Close, Effect, Listen, Push, Send
from chatsim.core.http import Request
from chatsim.core.json import encode
from chatsim.core.pipeline import Outcome, begin
from chatsim.core.realtime import Connection, connect

DOCUMENTED = "bed4f0f0-da12-46d2-90d2-17ae1714a214"
ANN = {"Authorization": "Bearer key", "User-Id": "ann", "Chat-Id": DOCUMENTED}
BEN = {**ANN, "User-Id": "ben"}
KEY = {"Authorization": "Bearer key"}


def shake(desk: Desk, path: str, headers: dict[str, str]) -> Connection | Outcome:
    """Ask for an upgrade."""
    path, _, query = path.partition("?")
    asked = CIMultiDict({"Upgrade": "websocket", **headers})
    plan = begin(desk.simulator, desk.world, Request(method="GET", path=path, query=query, headers=asked))
    assert isinstance(plan.route, Socket)
    return connect(plan, plan.route)


def opened(desk: Desk, path: str, headers: dict[str, str]) -> tuple[Connection, list[Effect]]:
    """Open a stream and see what the server does first."""
    connection = shake(desk, path, headers)
    assert isinstance(connection, Connection)
    return connection, connection.opened()


def frames(effects: Iterable[Effect]) -> list[Any]:
    """The values of the frames among some effects."""
    return [json.loads(effect.data) for effect in effects if isinstance(effect, Send)]


def told(connection: Connection, effects: Iterable[Effect]) -> list[Any]:
    """The frames that the pushes among some effects become on a connection."""
    pushes = [effect for effect in effects if isinstance(effect, Push)]
    return [frame for push in pushes for frame in frames(connection.session.pushed(push, encode(push.body)))]


def say(desk: Desk, **message: str) -> Answer:
    """Send to the documented chat."""
    return desk.ask("POST", "/chat/Send", {"chat_id": DOCUMENTED, **message}, token="key")


def history(desk: Desk) -> list[dict[str, str]]:
    """What the documented chat holds."""
    messages: list[dict[str, str]] = desk.ask("POST", "/chat/History", {"chat_id": DOCUMENTED}, token="key").data[
        "messages"
    ]
    return messages


def refused(effects: list[Effect]) -> tuple[int, str, str]:
    """Code, id and detail of an error frame with a close behind it."""
    (error,) = frames(effects)
    assert effects[1:] == [Close(code=1000)]
    return error["code"], error["id"], error["detail"]


# Connect


def test_connect_listens_and_says_nothing(desk: Desk) -> None:
    """No history is replayed."""
    _, effects = opened(desk, "/chat/Connect", ANN)
    assert [type(effect) for effect in effects] == [Listen]


@pytest.mark.parametrize("path", ["/chat/connect", "/chat/Chat/Connect"])
def test_connect_is_spelled_in_several_ways(desk: Desk, path: str) -> None:
    """As every method."""
    assert len(opened(desk, path, ANN)[1]) == 1


def test_a_frame_is_said_in_the_name_of_the_handshake(desk: Desk) -> None:
    """Whatever ids the frame claims."""
    connection, _ = opened(desk, "/chat/Connect", ANN)
    connection.received('{"text":"hello","userId":"eve","chat_id":"x","client_id":"1"}')
    message = history(desk)[-1]
    assert {**message, "id": ""} == {
        "id": "",
        "client_id": "1",
        "chat_id": DOCUMENTED,
        "user_id": "ann",
        "text": "hello",
    }


def test_others_hear_a_frame(desk: Desk) -> None:
    """As a bare message; who said it does not."""
    ann, _ = opened(desk, "/chat/Connect", ANN)
    ben, _ = opened(desk, "/chat/Connect", BEN)
    effects = ann.received(b'{"text":"hello"}')
    assert [message["text"] for message in told(ben, effects)] == ["hello"]
    assert told(ann, effects) == []


def test_a_sent_message_is_heard(desk: Desk) -> None:
    """Both ways into a chat reach the stream."""
    ben, _ = opened(desk, "/chat/Connect", BEN)
    effects = say(desk, user_id="ann", text="hello").effects
    assert told(ben, effects) == [history(desk)[-1]]


def test_own_messages_are_not_heard_on_other_connections(desk: Desk) -> None:
    """No echo goes by user, not by connection."""
    ann, _ = opened(desk, "/chat/Connect", ANN)
    assert told(ann, say(desk, user_id="ann", text="hello").effects) == []


def test_connections_of_one_user_are_a_group(desk: Desk) -> None:
    """Each message is for one of them."""
    groups = {opened(desk, "/chat/Connect", ANN)[0].session.group for _ in range(2)}
    (push,) = say(desk, user_id="ben", text="hello").effects
    assert isinstance(push, Push)
    assert (groups, push.one_of) == ({"ann"}, True)


def test_a_repeated_frame_is_dropped(desk: Desk) -> None:
    """By its client id, as with Send."""
    ann, _ = opened(desk, "/chat/Connect", ANN)
    effects = [ann.received('{"text":"hello","client_id":"1"}') for _ in range(2)]
    assert [len(one) for one in effects] == [1, 0]


def test_frames_without_a_client_id_are_all_kept(desk: Desk) -> None:
    """Each gets one of its own, and an id."""
    ann, _ = opened(desk, "/chat/Connect", ANN)
    for _ in range(2):
        ann.received("{}")
    assert len({message["id"] + message["client_id"] for message in history(desk)[1:]}) == 2


def test_a_frame_without_text_can_be_echoed(desk: Desk) -> None:
    """By a message without text."""
    desk.world.settings["m3o.auto_reply"] = "echo"
    ann, _ = opened(desk, "/chat/Connect", ANN)
    ann.received("{}")
    (outcome,) = desk.move(1)
    assert outcome.plan.call.entry.bug == ""
    assert "text" not in history(desk)[-1]


@pytest.mark.parametrize(
    ("written", "shown"),
    [("2022-02-17T16:12:43Z", "2022-02-17T16:12:43Z"), (1645114363, "1645114363"), ("1645114363", "1645114363")],
)
def test_a_time_is_what_the_client_wrote(desk: Desk, written: Any, shown: str) -> None:
    """A moment, or seconds as the first clients wrote them, which come back as a text."""
    ann, _ = opened(desk, "/chat/Connect", ANN)
    ann.received(json.dumps({"text": "hello", "sent_at": written}))
    assert history(desk)[-1]["sent_at"] == shown


@pytest.mark.parametrize(
    ("headers", "error_id", "detail"),
    [
        ({}, "chat.Connect.MissingUserID", "UserID missing in context"),
        ({"Chat-Id": "x"}, "chat.Connect.MissingUserID", "UserID missing in context"),
        ({"User-Id": "ann"}, "chat.Connect.MissingChatID", "ChatId missing in context"),
        ({"User-Id": "ann", "Chat-Id": "x"}, "chat.Connect.InvalidChatID", "Chat not found with this ID"),
    ],
)
def test_wrong_ids_are_told_on_the_stream(desk: Desk, headers: dict[str, str], error_id: str, detail: str) -> None:
    """The handshake succeeds; the user is missed before the chat."""
    _, effects = opened(desk, "/chat/Connect", {**KEY, **headers})
    assert refused(effects) == (400, error_id, detail)


def test_connect_wants_an_account(desk: Desk) -> None:
    """The gateway refuses the handshake itself."""
    outcome = shake(desk, "/chat/Connect", {})
    assert isinstance(outcome, Outcome)
    assert (outcome.status, outcome.body) == (401, b"unauthorized request\n")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("{", "grpc: error while marshaling"),
        ("[]", "grpc: failed to unmarshal the received message"),
        ('{"text":5}', "grpc: failed to unmarshal the received message"),
        ('{"nope":1}', "grpc: failed to unmarshal the received message"),
        ('{"sent_at":"noon"}', "grpc: failed to unmarshal the received message"),
    ],
)
@pytest.mark.parametrize("path", ["/chat/Connect", "/v1/chat/Join"])
def test_a_broken_frame_ends_the_stream(desk: Desk, path: str, data: str, words: str) -> None:
    """With an error of the gateway."""
    connection, _ = opened(desk, path, ANN)
    code, error_id, detail = refused(connection.received(data))
    assert (code, error_id, detail.startswith(words)) == (500, "go.micro.client", True)


def test_after_an_error_nothing_is_heard_or_told(desk: Desk) -> None:
    """Frames that were under way already are not looked at."""
    ann, _ = opened(desk, "/chat/Connect", ANN)
    ann.received("{")
    assert ann.received('{"text":"late"}') == []
    assert told(ann, say(desk, user_id="ben", text="hello").effects) == []


@pytest.mark.parametrize(
    ("headers", "kind"), [({}, str), ({"Content-Type": "application/json"}, str), ({"Content-Type": "x/y"}, bytes)]
)
def test_frames_are_text_or_binary_as_the_handshake_says(desk: Desk, headers: dict[str, str], kind: type) -> None:
    """Text for JSON and for no content type."""
    _, effects = opened(desk, "/chat/Connect", {**KEY, **headers})
    assert isinstance(effects[0], Send)
    assert isinstance(effects[0].data, kind)


# Join


def group(desk: Desk, *user_ids: str) -> str:
    """Make a group and return its id."""
    answer = desk.ask("POST", "/v1/chat/Create", {"user_ids": user_ids}, token="key")
    group_id: str = answer.data["group"]["id"]
    return group_id


def say_in(desk: Desk, group_id: str, user_id: str) -> Answer:
    """Say hello in a group."""
    body = {"group_id": group_id, "user_id": user_id, "text": "hello"}
    return desk.ask("POST", "/v1/chat/Send", body, token="key")


def joined(desk: Desk, group_id: str, user_id: str, word: str = "group") -> Connection:
    """Open Join and send the request."""
    connection, effects = opened(desk, "/v1/chat/Join", KEY)
    assert effects == []
    effects = connection.received(json.dumps({f"{word}_id": group_id, "user_id": user_id}))
    assert [type(effect) for effect in effects] == [Listen]
    return connection


def members(desk: Desk, group_id: str) -> list[str]:
    """Who is in the only group."""
    (shown,) = desk.ask("POST", "/v1/chat/List", {}, token="key").data["groups"]
    assert shown["id"] == group_id
    user_ids: list[str] = shown["user_ids"]
    return user_ids


def test_join_makes_a_member(desk: Desk) -> None:
    """Once, and without a word."""
    group_id = group(desk, "ann")
    for _ in range(2):
        joined(desk, group_id, "ben")
    assert members(desk, group_id) == ["ann", "ben"]


def test_those_who_joined_hear_others(desk: Desk) -> None:
    """Each message in a wrapper, as Send answered it; their own not."""
    group_id = group(desk, "ann")
    ben = joined(desk, group_id, "ben")
    answer = say_in(desk, group_id, "ann")
    assert told(ben, answer.effects) == [answer.data]
    assert told(ben, say_in(desk, group_id, "ben").effects) == []


def test_who_asked_for_a_room_hears_of_rooms(desk: Desk) -> None:
    """While others hear of groups."""
    group_id = group(desk, "ann")
    ben = joined(desk, group_id, "ben", "room")
    (frame,) = told(ben, say_in(desk, group_id, "ann").effects)
    assert frame["message"]["room_id"] == group_id
    assert "group_id" not in frame["message"]


def test_later_frames_are_not_read(desk: Desk) -> None:
    """The stream goes one way."""
    ben = joined(desk, group(desk, "ann"), "ben")
    assert [ben.received(frame) for frame in ('{"text":"hello"}', "{")] == [[], []]


@pytest.mark.parametrize("method", ["Kick", "Leave", "Delete"])
def test_leaving_does_not_end_a_stream(desk: Desk, method: str) -> None:
    """The real service leaves it open."""
    group_id = group(desk, "ann")
    joined(desk, group_id, "ben")
    body = {"group_id": group_id} | ({} if method == "Delete" else {"user_id": "ben"})
    assert desk.ask("POST", f"/v1/chat/{method}", body, token="key").effects == ()


@pytest.mark.parametrize(
    ("request_", "error_id", "detail"),
    [
        ({}, "chat.send", "missing group id"),
        ({"user_id": "ben"}, "chat.send", "missing group id"),
        ({"group_id": "x"}, "chat.send", "missing user id"),
        ({"group_id": "x", "user_id": "ben"}, "chat.join", "group not found"),
        ({"room_id": "x", "user_id": "ben"}, "chat.join", "room not found"),
    ],
)
def test_what_is_wrong_with_a_request_to_join(desk: Desk, request_: Any, error_id: str, detail: str) -> None:
    """The real service says chat.send where it forgot to say chat.join."""
    connection, _ = opened(desk, "/v1/chat/Join", KEY)
    assert refused(connection.received(json.dumps(request_))) == (400, error_id, detail)


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, (401, "v1", "Unauthorized")),
        ({"Authorization": "Bearer bad"}, (403, "v1.blocked", "Request blocked. Insufficient credit")),
        ({"Sec-WebSocket-Protocol": "bad"}, (403, "v1.blocked", "Request blocked. Insufficient credit")),
    ],
)
def test_a_bad_key_is_told_after_the_first_frame(
    desk: Desk, headers: dict[str, str], error: tuple[int, str, str]
) -> None:
    """The handshake is accepted whoever asks; whatever the frame holds, the key comes first."""
    desk.world.state("m3o").tokens["bad"] = Token(allowed=False, reason="Insufficient credit")
    for frame in ("{}", "{", '{"nope":1}'):
        connection, effects = opened(desk, "/v1/chat/Join", headers)
        assert effects == []
        assert refused(connection.received(frame)) == error


def test_a_browser_joins_by_its_sub_protocol(desk: Desk) -> None:
    """It cannot set headers."""
    group_id = group(desk, "ann")
    connection, _ = opened(desk, "/v1/chat/Join", {"Sec-WebSocket-Protocol": "key"})
    connection.received(json.dumps({"group_id": group_id, "user_id": "ben"}))
    assert connection.principal.startswith("token-")
    assert members(desk, group_id) == ["ann", "ben"]


# Quirks


@pytest.mark.parametrize(("value", "last"), [("frame", Close(code=1000)), ("dropped", Close(abort=True))])
def test_quirk_stream_errors(desk: Desk, value: str, last: Close) -> None:
    """Before November 2021 nothing was told."""
    desk.world.quirks["m3o.stream-errors"] = value
    _, effects = opened(desk, "/chat/Connect", KEY)
    assert (len(frames(effects)), effects[-1]) == (int(value == "frame"), last)


@pytest.mark.parametrize(("value", "kept"), [("assigned", 2), ("empty", 1)])
def test_quirk_connect_client_id(desk: Desk, value: str, kept: int) -> None:
    """The real service takes all frames without a client id but the first for repetitions."""
    desk.world.quirks["m3o.connect-client-id"] = value
    ann, _ = opened(desk, "/chat/Connect", ANN)
    for text in ("a", "b"):
        ann.received(json.dumps({"text": text}))
    assert len(history(desk)[1:]) == kept


@pytest.mark.parametrize(("value", "there"), [("assigned", True), ("absent", False)])
def test_quirk_connect_id(desk: Desk, value: str, there: bool) -> None:
    """The real service gives messages of a stream no id."""
    desk.world.quirks["m3o.connect-id"] = value
    ann, _ = opened(desk, "/chat/Connect", ANN)
    ann.received('{"text":"hello"}')
    assert ("id" in history(desk)[-1]) is there


@pytest.mark.parametrize(("value", "code"), [("none", None), ("512", 1009)])
def test_quirk_frame_limit(desk: Desk, value: str, code: int | None) -> None:
    """513 bytes were too many from February 2021 on."""
    desk.world.quirks["m3o.frame-limit"] = value
    ann, _ = opened(desk, "/chat/Connect", ANN)
    (effect,) = ann.received(json.dumps({"text": "x" * 501}))
    assert (effect.code if isinstance(effect, Close) else None) == code


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/v1/chat/Connect", (500, "go.micro.client", "unknown service Chat.Connect")),
        ("/v1/chat/Chat/nope", (500, "go.micro.client", "unknown service Chat.Nope")),
        ("/v1/nope/Join", (404, "v1", "No such API")),
        ("/v1/nope", (404, "v1", "")),
    ],
)
def test_stream_that_does_not_exist_is_told_after_the_first_frame(
    desk: Desk, path: str, error: tuple[int, str, str]
) -> None:
    """A refused upgrade would end the Node process; the key still comes first."""
    for headers, expected in ((KEY, error), ({}, (401, "v1", "Unauthorized"))):
        connection, effects = opened(desk, path, headers)
        assert effects == []
        assert refused(connection.received("{}")) == expected


@pytest.mark.parametrize("path", ["/v1/chat/Join", "/v1/chat/Nope", "/v1/nope/Call", "/v1"])
def test_plain_call_of_a_stream_wants_a_key(desk: Desk, path: str) -> None:
    """Whatever the method."""
    answers = [desk.ask(method, path) for method in ("GET", "POST")]
    assert [answer.data["detail"] for answer in answers] == ["Unauthorized", "Unauthorized"]


# What is no stream


def called(desk: Desk, method: str, request_: Any, headers: dict[str, str] = KEY) -> list[Effect]:
    """Open a stream of a method that answers once, send the request, and see what comes."""
    connection, effects = opened(desk, f"/v1/chat/{method}", headers)
    assert effects == []
    return connection.received(json.dumps(request_))


def test_a_unary_method_answers_a_stream_once(desk: Desk) -> None:
    """With one frame, which is what a plain call would have answered, and the end behind it."""
    effects = called(desk, "Create", {"name": "general"})
    (frame,) = frames(effects)
    assert effects[1:] == [Close(code=1000)]
    assert desk.ask("POST", "/v1/chat/List", {}, token="key").data == {"groups": [frame["group"]]}


@pytest.mark.parametrize("path", ["create", "Chat/Create", "chat/create"])
def test_a_unary_method_is_spelled_on_a_stream_as_elsewhere(desk: Desk, path: str) -> None:
    """Its first letter may be small, and the service named twice."""
    (frame,) = frames(called(desk, path, {"name": "general"}))
    assert frame["group"]["name"] == "general"


def test_what_a_stream_says_once_is_pushed_to_others(desk: Desk) -> None:
    """Send tells those who joined, whichever way it was called."""
    group_id = group(desk, "ann")
    ben = joined(desk, group_id, "ben")
    effects = called(desk, "Send", {"groupId": group_id, "user_id": "ann", "text": "hello"})
    assert told(ben, effects) == frames(effects)


def test_after_its_answer_a_unary_stream_hears_nothing(desk: Desk) -> None:
    """A second request is not read."""
    connection, _ = opened(desk, "/v1/chat/Create", KEY)
    assert len(connection.received("{}")) == 2
    assert connection.received("{}") == []
    assert len(desk.ask("POST", "/v1/chat/List", {}, token="key").data["groups"]) == 1


@pytest.mark.parametrize(
    ("method", "headers", "frame", "error"),
    [
        ("Create", {}, "{", (401, "v1", "Unauthorized")),
        ("CREATE", KEY, "{", (500, "go.micro.client", "unknown service Chat.CREATE")),
        ("History", KEY, "{}", (400, "chat.history", "missing group id")),
        ("History?group_id=x", KEY, "{}", (400, "chat.history", "group not found")),
    ],
)
def test_what_a_unary_method_refuses_on_a_stream(
    desk: Desk, method: str, headers: dict[str, str], frame: str, error: tuple[int, str, str]
) -> None:
    """In a frame before the end, in the order of a plain call; of a query's fields those of the frame do not count."""
    connection, effects = opened(desk, f"/v1/chat/{method}", headers)
    assert effects == []
    assert refused(connection.received(frame)) == error


@pytest.mark.parametrize("frame", ["{", "[]", '{"nope":1}'])
def test_a_broken_request_of_a_unary_stream_is_told(desk: Desk, frame: str) -> None:
    """As on the other streams."""
    connection, _ = opened(desk, "/v1/chat/Create", KEY)
    assert refused(connection.received(frame))[:2] == (500, "go.micro.client")


def test_a_documented_method_is_no_stream(desk: Desk) -> None:
    """The gateway of the documented calls asks whether the method itself is a stream, and answers a GET."""
    headers = {**KEY, "Upgrade": "websocket"}
    answer = desk.ask("GET", "/chat/New", headers=headers)
    assert (answer.status, answer.data["id"]) == (400, "chat.New.MissingUserIDs")
