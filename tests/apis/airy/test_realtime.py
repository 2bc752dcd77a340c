"""`/ws.chatplugin` without a network: frames in, frames and closings out."""

from __future__ import annotations

import pytest
from desk import Desk
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from visitor import AGENT, CHANNEL, QUEUE, Line, Visitor, open_socket

from chatsim.apis.airy import API as AIRY
from chatsim.core.effects import Send
from chatsim.core.json import decode
from chatsim.core.pipeline import Outcome
from chatsim.wire.stomp import Frame

UNAUTHORIZED = (
    "Failed to send message to ExecutorSubscribableChannel[clientInboundChannel]; nested exception is "
    "org.springframework.web.server.ResponseStatusException: 401 UNAUTHORIZED"
)


def keeps(desk: Desk, frame: Frame) -> bool:
    """Whether a frame's headers keep to their schema."""
    schema = desk.simulator.schemas.get(f"airy/stomp-{frame.command.lower()}")
    return schema.accepts(dict(frame.headers))


def refused(heard: list[Frame], line: Line) -> bool:
    """Whether the only thing said was the ERROR that clients know, before closing with 1002."""
    (error,) = heard
    return (error.command, error.get("message"), error.body, line.closed_with) == ("ERROR", UNAUTHORIZED, b"", 1002)


def test_connected_says_version_heart_beat_and_user_name(desk: Desk) -> None:
    """Exactly three headers; the user is the conversation."""
    visitor = Visitor(desk)
    (frame,) = Line(desk).connect(visitor.token, "heart-beat:4000,4000")
    conversation = visitor.send("Hello").data["sender"]["id"]
    expected = (("version", "1.2"), ("heart-beat", "30000,30000"), ("user-name", conversation))
    assert (frame, keeps(desk, frame)) == (Frame("CONNECTED", expected), True)


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\0b", "\ud800"])
def test_a_name_that_no_header_carries_is_left_out(desk: Desk, name: str) -> None:
    """An agent may make one up; the visitor is connected all the same."""
    desk.world.settings["airy.system_token"] = AGENT
    agent = {"Authorization": f"Bearer {AGENT}"}
    body = {"channel_id": CHANNEL, "conversation_id": name}
    resume = desk.ask("POST", "/chatplugin.resumeToken", body, headers=agent).data["resume_token"]
    token = desk.ask("POST", "/chatplugin.authenticate", {"resume_token": resume}).data["token"]
    (frame,) = Line(desk).connect(token)
    assert (frame.command, frame.get("user-name")) == ("CONNECTED", None)


def test_the_token_may_come_without_bearer(desk: Desk) -> None:
    """The CONNECT header takes both forms."""
    token = Visitor(desk).token
    (frame,) = Line(desk).say(f"CONNECT\nAuthorization:{token}\n\n\0")
    assert (frame.command, frame.get("version")) == ("CONNECTED", "1.0")


def test_the_token_may_come_with_the_handshake(desk: Desk) -> None:
    """Then CONNECT needs none."""
    line = Line(desk, {"Authorization": f"Bearer {Visitor(desk).token}"})
    assert [frame.command for frame in line.say("CONNECT\naccept-version:1.2\n\n\0")] == ["CONNECTED"]


def test_a_bad_token_in_the_handshake_refuses_it(desk: Desk) -> None:
    """401 instead of a connection."""
    outcome = open_socket(desk, {"Authorization": "Bearer rubbish"})
    assert isinstance(outcome, Outcome)
    assert (outcome.status, outcome.body, outcome.plan.call.entry.bug) == (401, b"", "")


@pytest.mark.parametrize("token", ["", "rubbish", AGENT])
def test_a_bad_token_in_connect(desk: Desk, token: str) -> None:
    """ERROR with 401 in its text, then 1002."""
    line = Line(desk)
    heard = line.connect(token)
    assert (refused(heard, line), keeps(desk, heard[0])) == (True, True)


def test_no_token_at_all(desk: Desk) -> None:
    """The same as a bad one."""
    line = Line(desk)
    assert refused(line.say("CONNECT\naccept-version:1.2\n\n\0"), line)


def test_an_expired_token_in_connect(desk: Desk) -> None:
    """The token is checked on the world's clock; an open connection is not touched."""
    visitor = Visitor(desk)
    old = visitor.line()
    desk.move(3600)
    line = Line(desk)
    assert refused(line.connect(visitor.token), line)
    assert old.closed_with is None


def test_a_resume_token_in_connect(desk: Desk) -> None:
    """The wrong kind of token is a bad one."""
    token = Visitor(desk).ask("resumeToken", {}).data["resume_token"]
    line = Line(desk)
    assert refused(line.connect(token), line)


@pytest.mark.parametrize("first", ["\n", "SUBSCRIBE\nid:1\ndestination:/user/queue/message\n\n\0", "SEND\n\n\0"])
def test_anything_before_connect(desk: Desk, first: str) -> None:
    """Any frame, and even a newline, has no user yet."""
    line = Line(desk)
    assert refused(line.say(first), line)


@pytest.mark.parametrize(
    ("first", "colon"),
    [
        ("\n", r"\c"),
        ("SEND\n\n\0", r"\c"),
        ("CONNECT\naccept-version:1.2\n\n\0", r"\c"),
        ("CONNECT\naccept-version:1.1\n\n\0", r"\c"),
        ("CONNECT\naccept-version:1.0\n\n\0", ":"),
        ("CONNECT\n\n\0", ":"),
    ],
)
def test_the_colon_of_the_401_is_escaped(desk: Desk, first: str, colon: str) -> None:
    """As the service writes it, unless the client speaks the one version that has no escapes."""
    sent = next(one for one in Line(desk).connection.received(first) if isinstance(one, Send))
    text = UNAUTHORIZED.replace(":", colon)
    assert sent.data == f"ERROR\nmessage:{text}\ncontent-length:0\n\n\0"


def test_the_stomp_command_is_taken_with_a_note(desk: Desk) -> None:
    """Some clients send STOMP by default; the journal says that the service would not take it."""
    line = Line(desk)
    assert [one.command for one in line.connect(Visitor(desk).token, command="STOMP")] == ["CONNECTED"]
    (entry,) = (one for one in desk.world.journal if one.command == "STOMP")
    assert [note.code for note in entry.notes] == ["stomp-command"]


def test_the_stomp_command_is_refused_in_a_strict_world() -> None:
    """As the service does."""
    desk = Desk(strict=True)
    line = Line(desk)
    assert refused(line.connect(Visitor(desk).token, command="STOMP"), line)


def test_the_stomp_command_is_refused_by_the_switch(desk: Desk) -> None:
    """The quirk makes the one command behave as the service does."""
    desk.world.quirks["airy.stomp-command"] = "refused"
    line = Line(desk)
    assert refused(line.connect(Visitor(desk).token, command="STOMP"), line)


def test_the_visitor_hears_its_own_message(desk: Desk) -> None:
    """The echo has the very object of the HTTP answer, with conversation and channel beside it."""
    visitor = Visitor(desk)
    line = visitor.line()
    answer = visitor.send("Hello")
    (frame,) = line.hear(answer)
    assert (frame.command, frame.get("destination"), frame.get("subscription")) == ("MESSAGE", QUEUE, "sub-0")
    assert decode(frame.body) == {
        "conversation_id": answer.data["sender"]["id"],
        "channel_id": CHANNEL,
        "message": answer.data,
    }
    assert keeps(desk, frame)
    assert desk.simulator.schemas.get("airy/queue-message").accepts(decode(frame.body))


def test_every_socket_of_the_conversation_hears_the_agent(desk: Desk) -> None:
    """Two connections of one visitor both hear; another visitor does not."""
    visitor, stranger = Visitor(desk), Visitor(desk)
    lines = [visitor.line(), visitor.line(), stranger.line()]
    conversation = visitor.send("Hello").data["sender"]["id"]
    answer = visitor.agent("messages.send", {"conversation_id": conversation, "message": {"text": "Hi"}})
    heard = [line.hear(answer) for line in lines]
    assert [len(frames) for frames in heard] == [1, 1, 0]
    assert decode(heard[0][0].body)["message"]["state"] == "DELIVERED"


def test_two_subscriptions_hear_everything_twice(desk: Desk) -> None:
    """Each id gets each message; the message ids go on."""
    visitor = Visitor(desk)
    line = visitor.line()
    line.subscribe(name="sub-1")
    frames = line.hear(visitor.send("Hello"))
    assert [frame.get("subscription") for frame in frames] == ["sub-0", "sub-1"]
    assert [(frame.get("message-id") or "")[-2:] for frame in frames] == ["-0", "-1"]


def test_a_used_subscription_id_is_ignored(desk: Desk) -> None:
    """The first subscription stays as it is."""
    visitor = Visitor(desk)
    line = visitor.line()
    assert line.subscribe(destination="/elsewhere") == []
    assert len(line.hear(visitor.send("Hello"))) == 1


@pytest.mark.parametrize("headers", [f"destination:{QUEUE}", "id:1"])
def test_a_subscription_without_id_or_destination_is_ignored(desk: Desk, headers: str) -> None:
    """Nothing is answered and nothing comes; the journal names the missing header."""
    visitor = Visitor(desk)
    line = Line(desk)
    line.connect(visitor.token)
    assert (line.say(f"SUBSCRIBE\n{headers}\n\n\0"), line.closed_with, line.topics) == ([], None, set())
    entry = list(desk.world.journal)[-1]
    assert (entry.command, [one.keyword for one in entry.violations]) == ("SUBSCRIBE", ["required"])


def test_other_destinations_stay_quiet(desk: Desk) -> None:
    """They can be subscribed to, and the journal says where messages come."""
    visitor = Visitor(desk)
    line = Line(desk)
    line.connect(visitor.token)
    line.subscribe(destination="/queue/message")
    assert (line.hear(visitor.send("Hello")), line.closed_with) == ([], None)
    assert [note.code for note in list(desk.world.journal)[-2].notes] == ["destination"]


def test_after_unsubscribing_nothing_comes(desk: Desk) -> None:
    """With the last subscription the connection stops listening; an unknown one changes nothing."""
    visitor = Visitor(desk)
    line = visitor.line()
    line.say("UNSUBSCRIBE\nid:other\n\n\0")
    assert len(line.topics) == 1
    line.say("UNSUBSCRIBE\nid:sub-0\n\n\0")
    assert line.topics == set()


@pytest.mark.parametrize("command", ["SEND", "ACK", "NACK", "BEGIN", "COMMIT", "ABORT", "SUBSCRIBE", "UNSUBSCRIBE"])
def test_only_disconnect_is_acknowledged(desk: Desk, command: str) -> None:
    """A receipt header elsewhere is not answered, and the journal says so."""
    line = Visitor(desk).line()
    assert line.say(f"{command}\nid:9\ndestination:/app/x\nreceipt:1\n\n\0") == []
    assert "receipt" in [note.code for note in list(desk.world.journal)[-1].notes]


def test_disconnect_with_a_receipt(desk: Desk) -> None:
    """RECEIPT, and the socket is left for the client to close."""
    line = Visitor(desk).line()
    (frame,) = line.say("DISCONNECT\nreceipt:bye\n\n\0")
    assert (frame, keeps(desk, frame), line.closed_with) == (Frame("RECEIPT", (("receipt-id", "bye"),)), True, None)


def test_after_disconnect_no_message_comes(desk: Desk) -> None:
    """A message pushed before the client has closed is lost."""
    visitor = Visitor(desk)
    line = visitor.line()
    line.say("DISCONNECT\nreceipt:bye\n\n\0")
    assert line.hear(visitor.send("Hello")) == []


def test_disconnect_without_a_receipt(desk: Desk) -> None:
    """ERROR `Session closed.`, then 1002."""
    line = Visitor(desk).line()
    (frame,) = line.say("DISCONNECT\n\n\0")
    assert (frame.command, frame.get("message"), line.closed_with) == ("ERROR", "Session closed.", 1002)


def test_frames_may_be_cut_and_joined(desk: Desk) -> None:
    """Frames over several messages, several in one, carriage returns, binary messages and newlines: all one."""
    visitor = Visitor(desk)
    line = Line(desk)
    whole = (
        f"CONNECT\r\nAuthorization:{visitor.token}\r\naccept-version:1.2\r\n\r\n\0\n\n"
        f"SUBSCRIBE\nid:a\\cb\ndestination:{QUEUE}\n\n\0"
    ).encode()
    heard = [*line.say(whole[:40]), *line.say(whole[40:-5].decode()), *line.say(whole[-5:])]
    frames = [*heard, *line.hear(visitor.send("Hello"))]
    assert [frame.command for frame in frames] == ["CONNECTED", "MESSAGE"]
    assert frames[1].get("subscription") == "a:b"


def test_a_frame_above_64_kib(desk: Desk) -> None:
    """ERROR that names the limit, then 1002."""
    line = Visitor(desk).line()
    (frame,) = line.say("SEND\n\n" + "x" * 66_000 + "\0")
    assert (frame.get("message"), line.closed_with) == ("Frame larger than the limit of 65536 octets", 1002)


def test_broken_frames_are_told_and_closed(desk: Desk) -> None:
    """The parser's words, then 1002; the rest of the message is not looked at."""
    line = Visitor(desk).line()
    (frame,) = line.say("SUBSCRIBE\nid\n\n\0SUBSCRIBE\nid\n\n\0")
    assert (frame.get("message"), line.closed_with) == ("Illegal header 'id': expected <name>:<value>", 1002)


def test_heart_beats_keep_out_of_the_journal(desk: Desk) -> None:
    """A newline leaves no entry, a frame does."""
    line = Visitor(desk).line()
    before = len(desk.world.journal)
    line.say("\n")
    assert len(desk.world.journal) == before


@pytest.mark.parametrize(
    ("wish", "beat_s"),
    [("4000,4000", 30), ("0,4000", 30), ("40000,50000", 40), ("0,0", 0), (None, 0)],
)
def test_the_connection_beats_as_agreed(desk: Desk, wish: str | None, beat_s: float) -> None:
    """The session asks to be woken at the shorter of both intervals, and never where there are none."""
    line = Line(desk)
    line.connect(Visitor(desk).token, *([f"heart-beat:{wish}"] if wish else []))
    assert line.connection.session.beat_s == beat_s


def test_a_heart_beat_is_sent_at_every_interval(desk: Desk) -> None:
    """A newline each time."""
    line = Line(desk)
    line.connect(Visitor(desk).token, "heart-beat:0,4000")
    assert [[getattr(one, "data", one) for one in line.connection.beat(30.0)] for _ in range(3)] == [["\n"]] * 3


def test_a_client_that_wants_none_gets_none(desk: Desk) -> None:
    """It is still watched."""
    line = Line(desk)
    line.connect(Visitor(desk).token, "heart-beat:4000,0")
    assert line.connection.beat(30.0) == []


@pytest.mark.parametrize(("idle_s", "closed_with"), [(89.0, None), (91.0, 1002)])
def test_a_silent_client_is_dropped(desk: Desk, idle_s: float, closed_with: int | None) -> None:
    """After three times the interval."""
    line = Line(desk)
    line.connect(Visitor(desk).token, "heart-beat:4000,4000")
    line.take(line.connection.beat(idle_s))
    assert line.closed_with == closed_with


def test_a_client_that_never_connects_is_dropped(desk: Desk) -> None:
    """After 60 seconds, with the broker's own code."""
    line = Line(desk)
    line.take(line.connection.beat(60.0))
    assert (line.connection.session.beat_s, line.closed_with) == (60.0, 4500)


def test_the_heart_beat_is_a_setting(desk: Desk) -> None:
    """Offered in milliseconds; 0 switches both directions off."""
    desk.world.settings["airy.heartbeat_s"] = 0.5
    (frame,) = Line(desk).connect(Visitor(desk).token, "heart-beat:100,100")
    assert frame.get("heart-beat") == "500,500"


def test_a_get_that_is_no_handshake(desk: Desk) -> None:
    """The framework's words."""
    answer = desk.ask("GET", "/ws.chatplugin")
    assert (answer.status, answer.body, answer.bug) == (400, b'Can "Upgrade" only to "WebSocket".', "")


pieces = st.lists(
    st.sampled_from(
        [
            "CONNECT\naccept-version:1.2\n\n\0",
            "CONNECT\nAuthorization:{token}\naccept-version:1.1,1.2\nheart-beat:1,1\n\n\0",
            "SUBSCRIBE\nid:1\ndestination:/user/queue/message\n\n\0",
            "SUBSCRIBE\n\n\0",
            "UNSUBSCRIBE\nid:1\n\n\0",
            "DISCONNECT\nreceipt:1\n\n\0",
            "DISCONNECT\n\n\0",
            "SEND\ncontent-length:2\n\n\0\0\0",
            "\n",
            "\0",
            "ERROR\n",
        ]
    )
    | st.binary(max_size=20),
    max_size=8,
)


@given(said=pieces)
@settings(max_examples=examples(100))
def test_nothing_that_a_client_says_is_our_bug(said: list[str | bytes]) -> None:
    """Any frames in any order, and any octets: answered or refused, and the next visitor is served."""
    desk = Desk(apis=[AIRY])
    visitor = Visitor(desk)
    line = Line(desk, version="1.0")  # nothing may be agreed on
    for piece in said:
        line.say(piece.replace("{token}", visitor.token) if isinstance(piece, str) else piece)
        line.hear(visitor.send("Hello"))
        line.take(line.connection.beat(100.0))
    assert [entry.bug for entry in desk.world.journal if entry.bug] == []
    assert len(visitor.line().hear(visitor.send("Hello"))) == 1


def test_another_worlds_token_does_not_connect(desk: Desk) -> None:
    """Worlds keep apart on sockets too."""
    desk.make_world("other")
    line = Line(desk, world="other")
    assert refused(line.connect(Visitor(desk).token), line)
