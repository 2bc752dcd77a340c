"""The hub: negotiation, handshake, subscriptions, and who hears what."""

from typing import Any

import pytest
from weavy_desk import KEY, Hub, WeavyDesk

from chatsim.core.effects import Close
from chatsim.wire.signalr import (
    CancelInvocation,
    Completion,
    Handshake,
    HandshakeReply,
    Invocation,
    Ping,
    StreamInvocation,
)
from chatsim.wire.signalr import Close as Goodbye


def actions(hub: Hub) -> list[tuple[str, str]]:
    """What was heard: the name, and what happened."""
    return [(name, payload["action"]) for name, payload in hub.heard]


# --- connecting


@pytest.mark.parametrize(("version", "has_token"), [("?negotiateVersion=1", True), ("", False)])
def test_negotiation_offers_websockets_alone(weavy: WeavyDesk, version: str, has_token: bool) -> None:
    """In both versions of the protocol; the newer one keeps its token apart from the id."""
    seen = weavy.do("alice", "POST", f"/hubs/rtm/negotiate{version}").data
    assert [one["transport"] for one in seen["availableTransports"]] == ["WebSockets"]
    assert (seen["negotiateVersion"], "connectionToken" in seen) == (int(has_token), has_token)


def test_a_negotiated_token_opens_once(weavy: WeavyDesk) -> None:
    """An unknown or used one is a 404."""
    token = weavy.token("alice")
    given = weavy.ask("POST", "/hubs/rtm/negotiate?negotiateVersion=1", token=token).data["connectionToken"]
    opened = [Hub(weavy, token, f"id={one}") for one in (given, given, "unknown")]
    assert [hub.refused for hub in opened] == [0, 404, 404]


def test_a_token_may_come_in_the_query(weavy: WeavyDesk) -> None:
    """As browsers have to send it; on the hub's paths alone."""
    token = weavy.token("alice")
    assert Hub(weavy, "", f"access_token={token}").refused == 0
    assert weavy.ask("GET", f"/api/user?access_token={token}").status == 401


@pytest.mark.parametrize(("token", "status"), [("wyu_unknown", 401), (KEY, 403)])
def test_who_is_no_user_is_refused(weavy: WeavyDesk, token: str, status: int) -> None:
    """Before the WebSocket opens."""
    assert Hub(weavy, token).refused == status


def test_the_handshake_is_answered(weavy: WeavyDesk) -> None:
    """With an empty object."""
    assert weavy.hub("alice").said == [HandshakeReply()]


@pytest.mark.parametrize("handshake", [Handshake("messagepack", 1), Handshake("json", 2)])
def test_another_protocol_is_refused(weavy: WeavyDesk, handshake: Handshake) -> None:
    """The reply says why, then the connection ends."""
    hub = Hub(weavy, weavy.token("alice"), handshake=handshake)
    assert isinstance(hub.said[0], HandshakeReply)
    assert (hub.said[0].error, hub.closed) == (handshake.refusal(), [Close(code=1000)])


# --- subscriptions


@pytest.mark.parametrize("name", ["message_created", "a1:message_created"])
def test_a_message_is_heard_under_the_subscribed_name(weavy: WeavyDesk, name: str) -> None:
    """With message and author, addresses complete."""
    hub = weavy.hub("alice", name)
    weavy.write("dora", 1, "Hi")
    ((heard, payload),) = hub.heard
    assert (heard, payload["message"]["text"], payload["message"]["app_id"]) == (name, "Hi", 1)
    assert payload["actor"]["avatar_url"] == "http://localhost:8080/api/users/4/avatar.svg"


def test_both_names_are_heard_where_both_are_subscribed(weavy: WeavyDesk) -> None:
    """Once under each; a second subscription of one name changes nothing."""
    hub = weavy.hub("alice", "message_created", "a1:message_created", "message_created")
    weavy.write("dora", 1)
    assert [name for name, _ in hub.heard] == ["message_created", "a1:message_created"]


def test_only_members_hear(weavy: WeavyDesk) -> None:
    """Also where a stranger subscribed to the app's own name, and where a member left."""
    number = weavy.chat("dora", 1, 14)
    hubs = [weavy.hub(uid, f"a{number}:message_created") for uid in ("alice", "olga", "nils")]
    weavy.do("nils", "DELETE", f"/api/apps/{number}/members/14")
    weavy.write("dora", number)
    assert [len(hub.heard) for hub in hubs] == [1, 0, 0]


def test_who_unsubscribed_hears_no_more(weavy: WeavyDesk) -> None:
    """Also when a name is given up that was never taken."""
    hub = weavy.hub("alice", "message_created", "a1:message_created")
    for name in ("message_created", "other"):
        assert hub.invoke("Unsubscribe", name) == Completion("1")
    weavy.write("dora", 1)
    assert [name for name, _ in hub.heard] == ["a1:message_created"]


BAD_CALLS: list[tuple[str, tuple[Any, ...]]] = [
    ("Shout", ("x",)), ("Subscribe", ()), ("Subscribe", (1,)), ("Subscribe", ("",)), ("Subscribe", ("x" * 257,)),
    ("Subscribe", ("a", "b")),
]  # fmt: skip


@pytest.mark.parametrize(("method", "arguments"), BAD_CALLS)
def test_a_bad_call_is_completed_with_an_error(weavy: WeavyDesk, method: str, arguments: tuple[Any, ...]) -> None:
    """And the connection lives on."""
    hub = weavy.hub("alice")
    assert hub.invoke(method, *arguments).error is not None
    assert hub.invoke("Subscribe", "message_created") == Completion("1")


def test_streams_are_not_offered(weavy: WeavyDesk) -> None:
    """A streaming call is completed with an error; cancelling it is no fault."""
    hub = weavy.hub("alice")
    hub.send(StreamInvocation("Count", (), "7"))
    hub.send(CancelInvocation("7"))
    assert hub.said[-1] == Completion("7", error="Unknown hub method 'Count'")


def test_a_call_without_an_id_gets_no_completion(weavy: WeavyDesk) -> None:
    """It is done all the same."""
    hub = weavy.hub("alice")
    hub.send(Invocation("Subscribe", ("message_created",)))
    weavy.write("dora", 1)
    assert (len(hub.said), len(hub.heard)) == (1, 1)


# --- the connection's life


def test_the_server_pings(weavy: WeavyDesk) -> None:
    """Every fifteen seconds, and drops who says nothing for thirty."""
    hub = weavy.hub("alice")
    assert hub.connection.session.beat_s == 15
    hub.take(hub.connection.beat(29))
    hub.take(hub.connection.beat(31))
    assert (hub.said[-1], hub.closed) == (Ping(), [Close(abort=True)])


def test_pings_leave_no_entry(weavy: WeavyDesk) -> None:
    """A subscription does, a heart-beat does not."""
    hub = weavy.hub("alice", "x")
    before = len(weavy.desk.world.journal)
    hub.send(Ping())
    assert len(weavy.desk.world.journal) == before
    assert [e.command for e in weavy.desk.world.journal if e.kind == "socket"] == ["handshake", "Subscribe x"]


def test_a_goodbye_closes(weavy: WeavyDesk) -> None:
    """The client's close message ends the WebSocket."""
    hub = weavy.hub("alice")
    hub.send(Goodbye())
    assert hub.closed == [Close(code=1000)]


def test_a_broken_record_closes(weavy: WeavyDesk) -> None:
    """The client hears why."""
    hub = weavy.hub("alice")
    hub.raw(b"nonsense\x1e")
    assert isinstance(hub.said[-1], Goodbye)
    assert "not JSON" in str(hub.said[-1].error)
    assert hub.closed == [Close(code=1000)]


def test_records_may_be_cut_anywhere(weavy: WeavyDesk) -> None:
    """A call in two WebSocket messages is one call."""
    hub = weavy.hub("alice")
    record = hub.codec.send(Invocation("Subscribe", ("message_created",), "9"))
    hub.raw(record[:10])
    hub.raw(record[10:])
    assert hub.said[-1] == Completion("9")


def test_presence_is_told(weavy: WeavyDesk) -> None:
    """Who subscribes hears who is there, then who comes, then who is left."""
    hub = weavy.hub("alice", "online")
    other = weavy.hub("dora")
    other.leave()
    assert hub.heard == [("online", [1]), ("online", 4), ("online", [1])]


# --- what is told


def test_a_new_conversation_is_told_as_each_member_sees_it(weavy: WeavyDesk) -> None:
    """A private chat has the other's name."""
    hubs = [weavy.hub(uid, "app_created") for uid in ("alice", "dora")]
    weavy.chat("alice", 4)
    weavy.chat("alice", 4)
    assert [[payload["app"]["display_name"] for _, payload in hub.heard] for hub in hubs] == [
        ["Dora Dale"],
        ["Alice Archer"],
    ]


def test_each_event_says_what_happened(weavy: WeavyDesk) -> None:
    """One of each kind, in order, each valid against its schema."""
    names = ("app_updated", "conversation_marked", "member_added", "member_removed", "message_created", "typing")
    hub = weavy.hub("alice", *names)
    weavy.token("olga")
    acts: list[tuple[str, str, Any]] = [
        ("PUT", "/api/conversations/1/mark", b""), ("DELETE", "/api/conversations/1/mark", b""),
        ("PUT", "/api/apps/1/messages/typing", b""), ("POST", "/api/apps/1/messages", {"text": "x"}),
        ("PATCH", "/api/apps/1", {"name": "y"}), ("PUT", "/api/apps/1/members/15", b""),
        ("DELETE", "/api/apps/1/members/15", b""),
    ]  # fmt: skip
    for method, path, body in acts:
        weavy.do("dora", method, path, body)
    assert [name for name, _ in hub.heard] == [
        "conversation_marked", "conversation_marked", "typing", "message_created", "app_updated", "member_added",
        "member_removed",
    ]  # fmt: skip
    assert actions(hub) == [(name, name) for name, _ in hub.heard]
    schema = weavy.desk.simulator.schemas.get("weavy/event")
    assert [one for _, payload in hub.heard for one in schema.explain(payload)] == []
    assert [payload["id"] for _, payload in hub.heard] == [1, 2, 3, 4, 5, 6, 7]


def test_a_mark_says_whose_and_up_to_where(weavy: WeavyDesk) -> None:
    """The reader's own state of the conversation, the marker of the one who read."""
    hub = weavy.hub("nils", "conversation_marked")
    weavy.do("alice", "PUT", "/api/conversations/1/mark")
    payload = hub.heard[0][1]
    assert (payload["actor"]["id"], payload["marked_id"], payload["conversation"]["is_unread"]) == (1, 1, True)


def test_typing_is_told_to_the_others(weavy: WeavyDesk) -> None:
    """Not to the one who types."""
    hubs = [weavy.hub(uid, "a1:typing") for uid in ("alice", "dora")]
    weavy.do("alice", "PUT", "/api/apps/1/messages/typing")
    assert [len(hub.heard) for hub in hubs] == [0, 1]


def test_who_was_removed_hears_it(weavy: WeavyDesk) -> None:
    """As the last thing of that conversation."""
    hub = weavy.hub("nils", "member_removed")
    weavy.do("alice", "DELETE", "/api/apps/1/members/14")
    assert hub.heard[0][1]["member"]["id"] == 14


def test_an_event_shows_its_moment(weavy: WeavyDesk) -> None:
    """Later changes do not reach into an event that is still under way."""
    hub = weavy.hub("alice", "message_created", "app_updated")
    answer = weavy.desk.ask("PATCH", "/api/apps/1", {"name": "first"}, token=weavy.token("dora"))
    weavy.desk.ask("PATCH", "/api/apps/1", {"name": "second"}, token=weavy.token("dora"))
    weavy.tell(answer.effects)
    assert hub.heard[0][1]["app"]["name"] == "first"


def test_nobody_listening_costs_nothing(weavy: WeavyDesk) -> None:
    """Without a subscription there is no push."""
    weavy.hub("alice")
    assert weavy.do("dora", "POST", "/api/apps/1/messages", {"text": "x"}).effects == ()


def test_a_left_connection_listens_no_more(weavy: WeavyDesk) -> None:
    """Its subscriptions went with it."""
    weavy.hub("alice", "message_created").leave()
    assert weavy.do("dora", "POST", "/api/apps/1/messages", {"text": "x"}).effects == ()


def test_a_connection_follows_a_restored_world(weavy: WeavyDesk) -> None:
    """Its next ping tells the new state what it listens to."""
    hub = weavy.hub("alice", "message_created")
    weavy.desk.world.reset()
    weavy._tokens.clear()
    hub.send(Ping())
    weavy.write("dora", 1)
    assert [name for name, _ in hub.heard] == ["message_created"]
