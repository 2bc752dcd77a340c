"""The STOMP frame codec: every chunking, every version's escapes, the limits, and whose fault a failure is."""

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from chatsim.wire.stomp import (
    CLIENT_COMMANDS,
    COMMANDS,
    HEART_BEAT,
    VERSIONS,
    WITH_BODY,
    Event,
    Frame,
    OwnFault,
    Parser,
    PeerFault,
    encode,
)


def parse(*chunks: bytes, version: str = "1.2", max_frame: int = 65536) -> list[Event]:
    """All events of the chunks, fed one after the other."""
    parser = Parser(max_frame=max_frame)
    parser.version = version
    return [event for chunk in chunks for event in parser.feed(chunk)]


def outcome(chunks: list[bytes], version: str, max_frame: int = 65536) -> tuple[list[Event], str | None]:
    """The events before the fault, and the fault's words where there was one."""
    parser = Parser(max_frame=max_frame)
    parser.version = version
    events: list[Event] = []
    try:
        for chunk in chunks:
            for event in parser.feed(chunk):
                events.append(event)  # noqa: PERF402 - what came before the fault has to be kept
    except PeerFault as fault:
        return events, fault.message
    return events, None


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """`data` in pieces, cut at these places (taken modulo its length)."""
    ends = sorted({place % (len(data) + 1) for place in places})
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


def test_a_frame_without_headers_and_body() -> None:
    """The smallest frame is a command, a blank line and a NULL octet."""
    assert parse(b"DISCONNECT\n\n\0") == [Frame("DISCONNECT")]


def test_headers_keep_their_order_and_spaces() -> None:
    """Headers are never trimmed or padded."""
    assert parse(b"SEND\nb: 2 \na:\n\n\0") == [Frame("SEND", (("b", " 2 "), ("a", "")))]


def test_lines_may_end_with_carriage_return_and_line_feed() -> None:
    """The carriage return of an end-of-line belongs to no header."""
    assert parse(b"SEND\r\na:1\r\n\r\nx\0\r\n") == [Frame("SEND", (("a", "1"),), b"x"), HEART_BEAT]


def test_the_first_of_repeated_headers_is_the_value() -> None:
    """Later entries of a repeated header are kept but are not its value."""
    (frame,) = parse(b"SEND\nfoo:World\nfoo:Hello\n\n\0")
    assert isinstance(frame, Frame)
    assert (frame.get("foo"), len(frame.headers), frame.get("bar")) == ("World", 2, None)


def test_a_body_with_null_octets_needs_its_length() -> None:
    """content-length octets are read whatever they are."""
    assert parse(b"SEND\ncontent-length:3\n\na\0b\0") == [Frame("SEND", (("content-length", "3"),), b"a\0b")]


def test_a_body_without_length_ends_at_the_first_null() -> None:
    """Without content-length the body ends at its first NULL octet."""
    assert parse(b"SEND\n\nab\0SEND\n\ncd\0") == [Frame("SEND", (), b"ab"), Frame("SEND", (), b"cd")]


def test_each_line_end_between_frames_is_a_heart_beat() -> None:
    """One heart-beat per end-of-line, before, between and after frames."""
    assert parse(b"\n\r\nSEND\n\n\0\n") == [HEART_BEAT, HEART_BEAT, Frame("SEND"), HEART_BEAT]


@pytest.mark.parametrize(
    ("version", "wire", "value"),
    [
        ("1.0", b"a\\nb\\c\\\\", "a\\nb\\c\\\\"),
        ("1.1", b"a\\nb\\c\\\\", "a\nb:\\"),
        ("1.2", b"a\\nb\\c\\\\\\r", "a\nb:\\\r"),
    ],
)
def test_escapes_of_each_version(version: str, wire: bytes, value: str) -> None:
    """Each version undoes its own escapes, 1.0 none."""
    assert parse(b"SEND\nh:" + wire + b"\n\n\0", version=version) == [Frame("SEND", (("h", value),))]


@pytest.mark.parametrize("command", ["CONNECT", "STOMP", "CONNECTED"])
def test_connect_has_no_escapes(command: str) -> None:
    """CONNECT, STOMP and CONNECTED carry backslashes and colons as they are, in every version."""
    frame = Frame(command, (("passcode", "a\\c:\\t"),))
    assert parse(encode(frame, "1.2")) == [frame]
    assert encode(frame, "1.2") == command.encode() + b"\npasscode:a\\c:\\t\n\n\0"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"SEND\nh:a\\tb\n\n\0", "Illegal escape sequence '\\t' in STOMP 1.2"),
        (b"SEND\nh:a\\\n\n\0", "Illegal escape sequence '\\' in STOMP 1.2"),
        (b"send\n\n\0", "Unknown command 'send'"),
        (b"GET / HTTP/1.1\n", "Unknown command 'GET / HTTP/1.1'"),
        (b"SEND\nno colon\n\n\0", "Illegal header 'no colon'"),
        (b"SEND\n:nameless\n\n\0", "Illegal header ':nameless'"),
        (b"SEND\nh:\xff\n\n\0", "Command or header is not UTF-8"),
        (b"SEND\nh:1\0", "NULL octet among the headers"),
        (b"SEND\ncontent-length:-1\n\n\0", "Illegal content-length '-1'"),
        (b"SEND\ncontent-length:\xd9\xa3\n\nabc\0", "Illegal content-length"),
        (b"SEND\ncontent-length:2\n\nabc\0", "No NULL octet after the 2 octets"),
        (b"SUBSCRIBE\n\nx\0", "A SUBSCRIBE frame must not have a body"),
        (b"SUBSCRIBE\ncontent-length:1\n\nx\0", "A SUBSCRIBE frame must not have a body"),
    ],
)
def test_what_is_the_peers_fault(data: bytes, message: str) -> None:
    """A broken frame is a PeerFault that says what came."""
    with pytest.raises(PeerFault, match=r"^") as fault:
        parse(data)
    assert fault.value.message.startswith(message)


def test_1_1_has_no_escape_for_carriage_return() -> None:
    r"""`\r` is an undefined escape in 1.1."""
    with pytest.raises(PeerFault, match=r"in STOMP 1\.1"):
        parse(b"SEND\nh:a\\r\n\n\0", version="1.1")


def test_only_the_commands_asked_for_are_known() -> None:
    """A server does not take a server's frame from a client."""
    parser = Parser(commands=CLIENT_COMMANDS)
    with pytest.raises(PeerFault, match="Unknown command 'MESSAGE'"):
        list(parser.feed(b"MESSAGE\n"))


def test_nothing_is_read_after_a_fault() -> None:
    """Octets after a fault have no meaning and are dropped."""
    parser = Parser()
    with pytest.raises(PeerFault):
        list(parser.feed(b"bad\n"))
    assert list(parser.feed(b"DISCONNECT\n\n\0")) == []


@pytest.mark.parametrize(
    ("octets", "fits"),
    [(b"SEND\n\n" + b"x" * 57 + b"\0", True), (b"SEND\n\n" + b"x" * 58 + b"\0", False)],
)
def test_a_frame_is_limited_from_command_to_null(octets: bytes, fits: bool) -> None:
    """Exactly `max_frame` octets pass, one more does not."""
    assert (outcome([octets], "1.2", max_frame=64)[1] is None) is fits


def test_a_length_beyond_the_limit_is_refused_at_once() -> None:
    """A body is not waited for when its announced length cannot fit."""
    with pytest.raises(PeerFault, match="limit of 64 octets"):
        parse(b"SEND\ncontent-length:999999999\n\n", max_frame=64)


def test_heart_beats_do_not_add_up_to_a_frame() -> None:
    """Any number of heart-beats passes the frame limit."""
    assert len(parse(b"\n" * 200, max_frame=64)) == 200


def test_the_version_may_change_between_two_frames_of_one_chunk() -> None:
    """A frame is decoded when it is asked for, with the escapes agreed until then."""
    parser = Parser()
    events = parser.feed(b"CONNECT\n\n\0SEND\nh:\\c\n\n\0")
    next(events)
    parser.version = "1.2"
    assert next(events) == Frame("SEND", (("h", ":"),))


@pytest.mark.parametrize(
    ("frame", "version"),
    [
        (Frame("HELLO"), "1.2"),
        (Frame("RECEIPT", (), b"x"), "1.2"),
        (Frame("MESSAGE", (("content-length", "2"),), b"x"), "1.2"),
        (Frame("MESSAGE", (("h", "a\0"),)), "1.2"),
        (Frame("MESSAGE", (("h", "\ud800"),)), "1.2"),
        (Frame("MESSAGE", (("", "x"),)), "1.2"),
        (Frame("CONNECTED", (("h", "a\r"),)), "1.2"),
        (Frame("MESSAGE", (("h", "a\n"),)), "1.0"),
        (Frame("CONNECTED", (("h", "a\n"),)), "1.2"),
        (Frame("CONNECTED", (("a:b", ""),)), "1.2"),
    ],
)
def test_what_is_our_own_fault(frame: Frame, version: str) -> None:
    """A frame that the version cannot carry is refused before anything is sent."""
    with pytest.raises(OwnFault):
        encode(frame, version)


def test_a_body_is_sent_with_its_length() -> None:
    """A missing content-length is added, in octets."""
    assert encode(Frame("MESSAGE", (), "é".encode()), "1.2") == b"MESSAGE\ncontent-length:2\n\n\xc3\xa9\0"


octets = st.binary(max_size=200)
stompish = st.lists(
    st.sampled_from(
        [
            b"SEND",
            b"CONNECT",
            b"\n",
            b"\r\n",
            b"\0",
            b":",
            b"a",
            b"\\c",
            b"\\",
            b"\xff",
            b"content-length:",
            b"3",
            b"xyz",
        ]
    ),
    max_size=40,
).map(b"".join)
cuts = st.lists(st.integers(0, 1000), max_size=12)
text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
names = text.filter(bool).filter(lambda name: name != "content-length")


@given(data=octets | stompish, places=cuts, version=st.sampled_from(VERSIONS))
@settings(max_examples=examples(500))
def test_any_split_gives_the_same_events_and_the_same_fault(data: bytes, places: list[int], version: str) -> None:
    """Whatever the octets and wherever they are cut: the same frames, then the same fault, and no other exception."""
    assert outcome(cut(data, places), version, 32) == outcome([data], version, 32)


@given(data=octets | stompish)
def test_octet_by_octet_gives_the_same(data: bytes) -> None:
    """The finest cut is one octet at a time."""
    assert outcome([data[i : i + 1] for i in range(len(data))], "1.2") == outcome([data], "1.2")


@given(data=st.binary(max_size=4000))
@settings(max_examples=examples(50))
def test_no_more_is_kept_than_the_limit(data: bytes) -> None:
    """After each octet fed, at most `max_frame` octets are held back."""
    parser = Parser(max_frame=64)
    try:
        for i in range(len(data)):
            assert len(list(parser.feed(data[i : i + 1]))) <= 1
            assert parser.held <= 64
    except PeerFault:
        assert parser.held == 0


@st.composite
def frames(draw: st.DrawFn) -> tuple[Frame, str]:
    """A frame that its version can carry."""
    version = draw(st.sampled_from(VERSIONS))
    command = draw(st.sampled_from(sorted(COMMANDS)))
    headers = tuple(draw(st.lists(st.tuples(names, text), max_size=5)))
    body = draw(st.binary(max_size=50)) if command in WITH_BODY else b""
    if command in {"CONNECT", "STOMP", "CONNECTED"} or version == "1.0":
        headers = tuple((_plain(name).replace(":", "") or "n", _plain(value)) for name, value in headers)
    elif version == "1.1":
        headers = tuple((name.replace("\r", "") or "n", value.replace("\r", "")) for name, value in headers)
    return Frame(command, tuple(pair for pair in headers if pair[0] != "content-length"), body), version


def _plain(value: str) -> str:
    return value.replace("\r", "").replace("\n", "")


@given(frame_and_version=frames(), places=cuts)
@settings(max_examples=examples(300))
def test_what_one_end_sends_the_other_gets(frame_and_version: tuple[Frame, str], places: list[int]) -> None:
    """Two ends coupled: any frame of any version arrives as it was, however it is cut."""
    frame, version = frame_and_version
    events, fault = outcome(cut(encode(frame, version), places), version)
    assert fault is None
    (arrived,) = events
    assert isinstance(arrived, Frame)
    length = (("content-length", str(len(frame.body))),) if frame.body else ()
    assert arrived == Frame(frame.command, frame.headers + length, frame.body)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_carriage_return_may_stand_in_an_old_header(version: str) -> None:
    """Only STOMP 1.2 forbids it; what a client wrote there can be written back."""
    assert encode(Frame("RECEIPT", (("receipt-id", "a\rb"),)), version) == b"RECEIPT\nreceipt-id:a\rb\n\n\0"
