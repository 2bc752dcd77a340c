"""The SignalR codec: every chunking, two ends coupled, and each broken rule by name."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsim.wire.signalr import (
    CancelInvocation,
    Close,
    Completion,
    Connection,
    Event,
    Handshake,
    HandshakeReply,
    Invocation,
    LocalProtocolError,
    Phase,
    Ping,
    ProtocolError,
    Role,
    StreamInvocation,
    StreamItem,
    encode,
)

HELLO = b'{"protocol":"json","version":1}\x1e'

texts = st.text(st.characters(codec="utf-8"), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
arguments = st.lists(values, max_size=3).map(tuple)
messages = st.one_of(
    st.builds(Invocation, texts, arguments, st.none() | texts),
    st.builds(StreamItem, texts, values),
    st.builds(Completion, texts, values),
    st.builds(Completion, texts, error=texts),
    st.builds(StreamInvocation, texts, arguments, texts),
    st.builds(CancelInvocation, texts),
    st.just(Ping()),
)


def opened(role: Role = Role.SERVER) -> Connection:
    """A connection whose handshake is done in both directions."""
    connection = Connection(role)
    if role is Role.SERVER:
        take(connection, HELLO)
        connection.send(HandshakeReply())
    else:
        connection.send(Handshake("json", 1))
        take(connection, b"{}\x1e")
    return connection


def take(connection: Connection, data: bytes) -> list[Event]:
    """What these bytes give."""
    connection.feed(data)
    return list(connection.events())


@given(st.lists(messages, max_size=5), st.lists(st.integers(0, 400), max_size=6))
def test_chunking_changes_nothing(sent: list[Event], cuts: list[int]) -> None:
    """The same events come out wherever the bytes are cut."""
    stream = HELLO + b"".join(encode(message) for message in sent)
    server = Connection(Role.SERVER)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    got = [e for a, b in pairwise(edges) for e in take(server, stream[a:b])]
    assert got == [Handshake("json", 1), *sent]


@given(st.lists(messages, max_size=5), st.lists(messages, max_size=5))
def test_two_ends_understand_each_other(up: list[Event], down: list[Event]) -> None:
    """What one end sends is what the other end reads, both ways."""
    client, server = Connection(Role.CLIENT), Connection(Role.SERVER)
    assert take(server, client.send(Handshake("json", 1))) == [Handshake("json", 1)]
    assert take(client, server.send(HandshakeReply())) == [HandshakeReply()]
    assert take(server, b"".join(client.send(message) for message in up)) == up
    assert take(client, b"".join(server.send(message) for message in down)) == down


@given(st.binary(max_size=200))
def test_any_bytes_give_events_or_the_peers_fault(data: bytes) -> None:
    """No input makes anything but ProtocolError come out."""
    server = opened()
    try:
        assert all(event is not None for event in take(server, data))
    except ProtocolError:
        assert server.receiving is Phase.CLOSED


@given(values)
def test_any_record_gives_an_event_or_the_peers_fault(value: Any) -> None:
    """No JSON record makes anything but ProtocolError come out."""
    server = opened()
    record = encode(StreamItem("1", value)).replace(b'"item"', b'"arguments"')
    with pytest.raises(ProtocolError):
        take(server, record.replace(b'"type":2', b'"type":99'))


WIRE = [
    (Handshake("json", 1), b'{"protocol":"json","version":1}'),
    (HandshakeReply(), b"{}"),
    (HandshakeReply("no"), b'{"error":"no"}'),
    (Invocation("Send", ("a", 1)), b'{"type":1,"target":"Send","arguments":["a",1]}'),
    (Invocation("S", (), "7"), b'{"type":1,"invocationId":"7","target":"S","arguments":[]}'),
    (StreamItem("7", 42), b'{"type":2,"invocationId":"7","item":42}'),
    (Completion("7"), b'{"type":3,"invocationId":"7","result":null}'),
    (Completion("7", error="no"), b'{"type":3,"invocationId":"7","error":"no"}'),
    (StreamInvocation("S", (), "7"), b'{"type":4,"invocationId":"7","target":"S","arguments":[]}'),
    (CancelInvocation("7"), b'{"type":5,"invocationId":"7"}'),
    (Ping(), b'{"type":6}'),
    (Close(), b'{"type":7}'),
    (Close("bye", True), b'{"type":7,"error":"bye","allowReconnect":true}'),
]


@pytest.mark.parametrize(("event", "record"), WIRE)
def test_an_event_is_written_as_the_protocol_shows_it(event: Event, record: bytes) -> None:
    """Each kind has exactly the members of the protocol's description."""
    assert encode(event) == record + b"\x1e"


BROKEN = [
    (b"nonsense", "not JSON"),
    (b"\xff", "not JSON"),
    (b"[" * 5000, "not JSON"),
    (b"[]", "not a JSON object"),
    (b"{}", "member 'type' has to be of type int"),
    (b'{"type":true}', "member 'type' has to be of type int"),
    (b'{"type":8}', "unknown message type 8"),
    (b'{"type":1,"arguments":[]}', "member 'target'"),
    (b'{"type":1,"target":"S"}', "member 'arguments' has to be of type list"),
    (b'{"type":1,"target":"S","arguments":[],"invocationId":7}', "member 'invocationId'"),
    (b'{"type":3,"invocationId":"7","error":"no","result":1}', "both a result and an error"),
    (b'{"type":4,"target":"S","arguments":[]}', "member 'invocationId'"),
]


@pytest.mark.parametrize(("record", "reason"), BROKEN)
def test_a_broken_record_is_the_peers_fault(record: bytes, reason: str) -> None:
    """The reason names what is wrong, and nothing is read after it."""
    server = opened()
    server.feed(record + b"\x1e" + encode(Ping()))
    with pytest.raises(ProtocolError, match=reason):
        list(server.events())
    assert take(server, encode(Ping())) == []


@pytest.mark.parametrize("record", [b'{"version":1}', b'{"protocol":"json"}', b'{"type":6}'])
def test_the_first_record_has_to_be_a_handshake(record: bytes) -> None:
    """A message before the handshake is the peer's fault."""
    with pytest.raises(ProtocolError, match="member"):
        take(Connection(Role.SERVER), record + b"\x1e")


def test_events_before_a_fault_are_still_given() -> None:
    """A broken record does not swallow the good one before it in the same bytes."""
    server = opened()
    server.feed(encode(Ping()) + b"x\x1e")
    events = server.events()
    assert next(events) == Ping()
    with pytest.raises(ProtocolError):
        next(events)


@pytest.mark.parametrize("end", [b"", b"\x1e"])
def test_a_record_has_a_limit_with_and_without_its_end(end: bytes) -> None:
    """A long record is refused as soon as it is too long."""
    server = Connection(Role.SERVER, record_limit=40)
    with pytest.raises(ProtocolError, match="longer than 40 bytes"):
        take(server, b"x" * 41 + end)


def test_a_record_of_exactly_the_limit_is_read() -> None:
    """The limit itself is allowed, separator not counted."""
    server = Connection(Role.SERVER, record_limit=len(HELLO) - 1)
    assert take(server, HELLO) == [Handshake("json", 1)]


@pytest.mark.parametrize(
    ("handshake", "refusal"),
    [
        (Handshake("json", 1), None),
        (Handshake("messagepack", 1), "The protocol 'messagepack' is not supported."),
        (Handshake("json", 2), "The server does not support version 2 of the 'json' protocol."),
    ],
)
def test_a_handshake_says_why_it_is_refused(handshake: Handshake, refusal: str | None) -> None:
    """Only JSON in version 1 is spoken."""
    assert handshake.refusal() == refusal


def test_a_refused_handshake_ends_the_sending() -> None:
    """After an error in the handshake nothing can be sent."""
    server = Connection(Role.SERVER)
    take(server, HELLO)
    server.send(HandshakeReply("no"))
    with pytest.raises(LocalProtocolError, match="after this side closed"):
        server.send(Ping())


def test_nothing_is_read_after_a_close() -> None:
    """A close is the last event."""
    assert take(opened(), encode(Close()) + encode(Ping())) == [Close()]


def test_the_server_cannot_answer_before_the_handshake() -> None:
    """The reply to a handshake needs one."""
    with pytest.raises(LocalProtocolError, match="not sent its handshake"):
        Connection(Role.SERVER).send(HandshakeReply())


@pytest.mark.parametrize("event", [Ping(), HandshakeReply()])
def test_a_client_begins_with_its_handshake(event: Event) -> None:
    """Nothing else can be the first record of a client."""
    with pytest.raises(LocalProtocolError, match="Handshake goes first"):
        Connection(Role.CLIENT).send(event)


def test_a_handshake_is_sent_once() -> None:
    """A second handshake is our own fault."""
    with pytest.raises(LocalProtocolError, match="sent once"):
        opened(Role.CLIENT).send(Handshake("json", 1))


def test_a_refused_client_reads_nothing_more() -> None:
    """An error in the handshake reply closes the client's reading side."""
    client = Connection(Role.CLIENT)
    client.send(Handshake("json", 1))
    assert take(client, b'{"error":"no"}\x1e{"type":6}\x1e') == [HandshakeReply("no")]
