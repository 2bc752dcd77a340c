"""The server's STOMP session: the state table, what is agreed at CONNECT, receipts and errors."""

from contextlib import suppress

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from chatsim.wire.stomp import CLIENT_COMMANDS, SERVER_COMMANDS, VERSIONS, Frame, OwnFault, Parser, PeerFault, encode
from chatsim.wire.stomp_session import NEXT, HeartBeats, ServerSession, State, message_head, message_tail

CONNECT = b"CONNECT\naccept-version:1.2\n\n\0"


def connected(version: str = "1.2", heart_beat: tuple[int, int] = (0, 0)) -> ServerSession:
    """A session whose client has connected with this version."""
    session = ServerSession(heart_beat=heart_beat)
    for _ in session.receive(f"CONNECT\naccept-version:{version}\n\n\0".encode()):
        session.accept()
    return session


def decoded(octets: bytes, version: str = "1.2") -> Frame:
    """The one frame that a client reads out of these octets."""
    parser = Parser(commands=SERVER_COMMANDS)
    parser.version = version
    (frame,) = parser.feed(octets)
    assert isinstance(frame, Frame)
    return frame


@pytest.mark.parametrize(
    ("accepted", "version"),
    [
        ("\naccept-version:1.2,1.1,1.0", "1.2"),
        ("\naccept-version:1.0,1.1,1.2", "1.2"),
        ("\naccept-version:1.0, 1.1,2.0", "1.1"),
        ("\naccept-version:1.0", "1.0"),
        ("", "1.0"),
    ],
)
@pytest.mark.parametrize("command", ["CONNECT", "STOMP"])
def test_the_highest_common_version_is_agreed(command: str, accepted: str, version: str) -> None:
    """CONNECT and STOMP alike agree on the highest version of both, 1.0 when none is offered."""
    session = ServerSession()
    for _ in session.receive(f"{command}{accepted}\n\n\0".encode()):
        reply = session.accept()
    assert decoded(reply).get("version") == session.version == version


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (b"", rb"a\\b\c\n\r"),
        (b"CONNECT\naccept-version:2.1\n\n\0", rb"a\\b\c\n\r"),
        (b"CONNECT\nbad\n\n\0", rb"a\\b\c\n\r"),
        (b"\n", rb"a\\b\c\n\r"),
        (b"SEND\n\n\0", rb"a\\b\c\n\r"),
        (b"CONNECT\naccept-version:1.2\nheart-beat:x\n\n\0", rb"a\\b\c\n\r"),
        (b"CONNECT\naccept-version:1.1\nheart-beat:x\n\n\0", b"a\\\\b\\c\\n\r"),
    ],
)
def test_an_early_error_is_escaped(said: bytes, written: bytes) -> None:
    """As in the newest version while none is agreed: its escapes are those of all versions that have any."""
    session = ServerSession()
    with suppress(PeerFault):
        list(session.receive(said))
    assert session.error("a\\b:\n\r") == b"ERROR\nmessage:" + written + b"\n\n\0"


def test_an_early_error_of_1_0_has_no_escapes() -> None:
    """Where the client has said that it knows none."""
    session = ServerSession()
    for _ in session.receive(b"CONNECT\n\n\0"):
        assert session.error("a\\b:") == b"ERROR\nmessage:a\\b:\n\n\0"


def test_no_common_version_is_refused_with_those_supported() -> None:
    """The ERROR lists the server's versions in its version header."""
    session = ServerSession()
    with pytest.raises(PeerFault) as fault:
        list(session.receive(b"CONNECT\naccept-version:2.1\n\n\0"))
    error = decoded(session.error(fault.value.message, headers=fault.value.headers), "1.0")
    assert (error.command, error.get("version")) == ("ERROR", "1.0,1.1,1.2")


@pytest.mark.parametrize(
    ("client", "server", "agreed"),
    [
        ("4000,4000", (30000, 30000), HeartBeats(30000, 30000)),
        ("40000,50000", (30000, 30000), HeartBeats(50000, 40000)),
        ("0,4000", (30000, 30000), HeartBeats(30000, 0)),
        ("4000,0", (30000, 30000), HeartBeats(0, 30000)),
        ("4000,4000", (0, 0), HeartBeats(0, 0)),
        (None, (30000, 30000), HeartBeats(0, 0)),
    ],
)
def test_heart_beats_are_the_slower_of_both(client: str | None, server: tuple[int, int], agreed: HeartBeats) -> None:
    """Each direction beats at the larger of the two figures, and not at all where one is 0."""
    session = ServerSession(heart_beat=server)
    header = "" if client is None else f"\nheart-beat:{client}"
    for _ in session.receive(f"CONNECT{header}\n\n\0".encode()):
        session.accept()
    assert session.beats == agreed


@pytest.mark.parametrize("value", ["", "4000", "-1,0", "a,b", "1,2,3", "\u0661,0", "9" * 5000 + ",0"])
def test_a_malformed_heart_beat_is_the_peers_fault(value: str) -> None:
    """heart-beat must be two numbers."""
    with pytest.raises(PeerFault, match="Illegal heart-beat"):
        list(ServerSession().receive(f"CONNECT\nheart-beat:{value}\n\n\0".encode()))


@pytest.mark.parametrize("command", sorted(CLIENT_COMMANDS - {"CONNECT", "STOMP"}))
def test_nothing_comes_before_connect(command: str) -> None:
    """Every other frame before CONNECT is the peer's fault."""
    with pytest.raises(PeerFault, match=f"{command} is not allowed: waiting for CONNECT"):
        list(ServerSession().receive(f"{command}\n\n\0".encode()))


@pytest.mark.parametrize("command", ["CONNECT", "STOMP"])
def test_connect_comes_once(command: str) -> None:
    """A second CONNECT is the peer's fault."""
    with pytest.raises(PeerFault, match="is not allowed: connected"):
        list(connected().receive(f"{command}\n\n\0".encode()))


def test_nothing_comes_after_disconnect() -> None:
    """A frame after DISCONNECT is the peer's fault; a heart-beat is not a frame."""
    session = connected()
    with pytest.raises(PeerFault, match="the client has said DISCONNECT"):
        list(session.receive(b"DISCONNECT\nreceipt:1\n\n\0\nSEND\n\n\0"))


def test_disconnect_can_be_acknowledged() -> None:
    """A RECEIPT may still follow DISCONNECT."""
    session = connected()
    list(session.receive(b"DISCONNECT\nreceipt:a:1\n\n\0"))
    assert decoded(session.receipt("a:1")) == Frame("RECEIPT", (("receipt-id", "a:1"),))


def test_connect_must_be_answered_before_the_next_frame() -> None:
    """Asking on without an answer to CONNECT is our own fault."""
    with pytest.raises(OwnFault, match="CONNECT was not answered"):
        list(ServerSession().receive(CONNECT))


def test_the_escapes_agreed_hold_for_the_next_frame_of_the_same_chunk() -> None:
    """A pipelined SUBSCRIBE is read with the version that its CONNECT agreed on."""
    session = ServerSession()
    events = session.receive(CONNECT + b"SUBSCRIBE\nid:\\c\n\n\0")
    next(events)
    session.accept()
    assert next(events) == Frame("SUBSCRIBE", (("id", ":"),))


def test_after_an_error_nothing_is_looked_at() -> None:
    """ERROR ends the session: what the client still sends is ignored, and nothing more can be sent."""
    session = connected()
    session.error("over")
    assert list(session.receive(b"rubbish\n")) == []
    with pytest.raises(OwnFault, match="MESSAGE while ERROR sent"):
        session.send(Frame("MESSAGE"))


def test_an_error_during_connect_ends_the_same_chunk() -> None:
    """Frames pipelined behind a refused CONNECT are not handed out."""
    session = ServerSession()
    events = session.receive(CONNECT + b"SUBSCRIBE\nid:1\n\n\0")
    next(events)
    session.error("no")
    assert list(events) == []


def test_an_error_names_the_receipt_of_its_cause() -> None:
    """The ERROR for a frame with a receipt header carries its value as receipt-id."""
    error = decoded(connected().error("no: such", cause=Frame("SEND", (("receipt", "7"),)), body=b"more"))
    assert (error.get("message"), error.get("receipt-id"), error.body) == ("no: such", "7", b"more")


def test_a_prepared_message_equals_an_encoded_one() -> None:
    """The two prepared ends and the id between them are one frame."""
    session = connected()
    head, tail = message_head("s:1", "/queue/a", "x-", "1.2"), message_tail("application/json", b"{}", "1.2")
    names = ("subscription", "destination", "message-id", "content-type", "content-length")
    values = ("s:1", "/queue/a", "x-1", "application/json", "2")
    assert decoded(session.message(head, 1, tail)) == Frame("MESSAGE", tuple(zip(names, values, strict=True)), b"{}")


def test_a_message_before_connect_is_our_own_fault() -> None:
    """Nothing can be delivered to a session that has not connected."""
    with pytest.raises(OwnFault, match="MESSAGE while waiting"):
        ServerSession().message(b"", 1, b"")


def test_the_state_table_knows_every_command_and_every_state() -> None:
    """Each command is allowed somewhere, and no transition leaves CLOSED."""
    assert {command for _, command in NEXT} == CLIENT_COMMANDS | SERVER_COMMANDS
    assert not [state for state, _ in NEXT if state is State.CLOSED]
    assert set(NEXT.values()) | {State.WAITING} == set(State)


@given(data=st.lists(st.sampled_from([CONNECT, b"SEND\n\nx\0", b"DISCONNECT\n\n\0", b"\n", b"NACK\n", b"\0"])))
@settings(max_examples=examples(200))
def test_any_octets_raise_nothing_but_the_peers_fault(data: list[bytes]) -> None:
    """A server that answers CONNECT and says ERROR at a fault never meets another exception."""
    session = ServerSession()
    errors = []
    for chunk in data:
        try:
            for _ in session.receive(chunk):
                if session.state is State.CONNECTING:
                    session.accept()
        except PeerFault as fault:
            errors.append(decoded(session.error(fault.message), session.version).command)
    assert errors == (["ERROR"] if session.state is State.CLOSED else [])


@given(version=st.sampled_from(VERSIONS), values=st.lists(st.text(st.characters(codec="ascii", min_codepoint=32))))
def test_client_and_server_coupled(version: str, values: list[str]) -> None:
    """What a client encodes in the agreed version reaches the server's caller unchanged."""
    session = connected(version)
    sent = [Frame("SEND", (("value", value),)) for value in values]
    received = [event for frame in sent for event in session.receive(encode(frame, session.version))]
    assert received == sent
