"""STOMP 1.0, 1.1 and 1.2 frames: bytes in, frames out, and back. Knows no session, no broker and no transport.

Sentences quoted here are those of the STOMP 1.2 specification unless another version is named.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

VERSIONS: Final = ("1.0", "1.1", "1.2")

CLIENT_COMMANDS: Final = frozenset(
    {
        "CONNECT",
        "STOMP",
        "SEND",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "ACK",
        "NACK",
        "BEGIN",
        "COMMIT",
        "ABORT",
        "DISCONNECT",
    }
)
SERVER_COMMANDS: Final = frozenset({"CONNECTED", "MESSAGE", "RECEIPT", "ERROR"})
COMMANDS: Final = CLIENT_COMMANDS | SERVER_COMMANDS

# "Only the SEND, MESSAGE, and ERROR frames MAY have a body. All other frames MUST NOT have a body."
WITH_BODY: Final = frozenset({"SEND", "MESSAGE", "ERROR"})

# "The CONNECT and CONNECTED frames do not escape the carriage return, line feed or colon octets in order to remain
# backward compatible with STOMP 1.0." STOMP is handled "in the same manner as a CONNECT frame".
UNESCAPED: Final = frozenset({"CONNECT", "STOMP", "CONNECTED"})

# What each version writes for an octet that would end a header or its name. 1.0 has no escapes, 1.1 none for a CR.
ESCAPES: Final[Mapping[str, Mapping[str, str]]] = {
    "1.0": {},
    "1.1": {"\\": "\\\\", "\n": "\\n", ":": "\\c"},
    "1.2": {"\\": "\\\\", "\n": "\\n", ":": "\\c", "\r": "\\r"},
}
UNESCAPES: Final = {
    version: {escape: octet for octet, escape in escapes.items()} for version, escapes in ESCAPES.items()
}
ESCAPE_SEQUENCE: Final = re.compile(r"\\.?", re.DOTALL)
ESCAPED_OCTET: Final = re.compile(r"[\\\n:\r]")

EOL: Final = b"\n"
NULL: Final = b"\0"
MAX_FRAME: Final = 64 * 1024
MAX_LENGTH_DIGITS: Final = 12


class PeerFault(Exception):
    """The other end broke the protocol: answer with an ERROR frame that says `message`, then close."""

    def __init__(self, message: str, *, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.headers = headers


class OwnFault(Exception):
    """This end was asked to send what the protocol does not allow: a bug of the caller."""


class Frame(msgspec.Struct, frozen=True):
    """One STOMP frame; header names and values are as the application means them, without escapes."""

    command: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def get(self, name: str) -> str | None:
        """The value of a header, None when absent.

        "If a client or a server receives repeated frame header entries, only the first header entry SHOULD be used
        as the value of header entry."
        """
        for key, value in self.headers:
            if key == name:
                return value
        return None


class HeartBeat(msgspec.Struct, frozen=True):
    """An end-of-line between frames.

    "The NULL octet can be optionally followed by multiple EOLs", and a sender with nothing to say "MUST send an
    end-of-line": the two cannot be told apart, so each of them is one heart-beat.
    """


HEART_BEAT: Final = HeartBeat()
Event = Frame | HeartBeat


class Parser:
    """Cuts a stream of octets into frames and heart-beats; where the stream is cut into chunks changes nothing.

    `version` decides the escapes, and is set by whoever learns what was negotiated. A frame of more than `max_frame`
    octets, from its command to its NULL, is the peer's fault; no more than that (and the chunk given) is ever kept.
    """

    def __init__(self, *, commands: frozenset[str] = COMMANDS, max_frame: int = MAX_FRAME) -> None:
        self.version = "1.0"
        self._commands = commands
        self._max_frame = max_frame
        self._buffer = bytearray()
        self._searched = 0
        self._broken = False
        self._begin_frame()

    @property
    def held(self) -> int:
        """How many octets of an unfinished frame are kept."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Event]:
        """What `data` completes, in order. Each event is parsed when it is asked for, so that one may change `version`.

        Raises PeerFault, after which the stream has no meaning and all further octets are dropped.
        """
        if self._broken:
            return
        self._buffer += data
        try:
            while (event := self._next_event()) is not None:
                yield event
        except PeerFault:
            self._broken = True
            self._buffer.clear()
            raise

    def _begin_frame(self) -> None:
        self._used = 0
        self._command = ""
        self._headers: list[tuple[str, str]] = []
        self._in_body = False
        self._length: int | None = None

    def _next_event(self) -> Event | None:
        while not self._in_body:
            line = self._take_line()
            if line is None:
                return None
            if self._command:
                self._header_line(line)
            elif line:
                self._command_line(line)
            else:
                self._used = 0
                return HEART_BEAT
        body = self._take_body()
        if body is None:
            return None
        frame = Frame(self._command, tuple(self._headers), body)
        self._begin_frame()
        return frame

    def _command_line(self, line: str) -> None:
        # "All commands and header names referenced in this document are case sensitive."
        if line not in self._commands:
            raise PeerFault(f"Unknown command {_shown(line)}: expected one of {', '.join(sorted(self._commands))}")
        self._command = line

    def _header_line(self, line: str) -> None:
        if not line:
            # "A blank line (i.e. an extra EOL) indicates the end of the headers and the beginning of the body."
            self._in_body = True
            self._length = self._body_length()
            return
        # The grammar keeps a bare colon out of a value; all versions' clients send one in `Authorization` or a URL,
        # and the first colon still says where the value begins. "Clients and servers MUST never trim or pad headers."
        name, colon, value = line.partition(":")
        if not name or not colon:
            raise PeerFault(f"Illegal header {_shown(line)}: expected <name>:<value>")
        if self._command not in UNESCAPED:
            name, value = self._unescape(name), self._unescape(value)
        self._headers.append((name, value))

    def _unescape(self, text: str) -> str:
        if "\\" not in text or self.version == "1.0":
            return text
        known = UNESCAPES[self.version]

        def octet(match: re.Match[str]) -> str:
            # "Undefined escape sequences such as \t (octet 92 and 116) MUST be treated as a fatal protocol error."
            escape = match.group()
            if escape not in known:
                raise PeerFault(f"Illegal escape sequence {_shown(escape)} in STOMP {self.version}")
            return known[escape]

        return ESCAPE_SEQUENCE.sub(octet, text)

    def _body_length(self) -> int | None:
        """How many octets the body has; None when its NULL has to be looked for."""
        value = next((value for name, value in self._headers if name == "content-length"), None)
        if value is None:
            return None if self._command in WITH_BODY else 0
        if not (value.isascii() and value.isdigit() and len(value) <= MAX_LENGTH_DIGITS):
            raise PeerFault(f"Illegal content-length {_shown(value)}: expected a number of octets")
        length = int(value)
        if length and self._command not in WITH_BODY:
            raise PeerFault(f"A {self._command} frame must not have a body")
        self._require_room(length)
        return length

    def _take_line(self) -> str | None:
        """The next line without its EOL; None when it has not ended yet.

        The EOL "consists of an OPTIONAL carriage return (octet 13) followed by a REQUIRED line feed". 1.0 and 1.1 know
        the line feed alone; a carriage return before it is taken as part of the EOL there too, as servers do.
        """
        end = self._find(EOL)
        null = self._buffer.find(NULL, 0, end if end >= 0 else None)
        stop = null if null >= 0 else end
        if stop < 0:
            self._require_room(len(self._buffer))
            return None
        self._require_room(stop)
        if null >= 0:
            # The grammar has NULL octets in headers; what really brings one here is a forgotten blank line.
            raise PeerFault("NULL octet among the headers: a blank line must come before the body")
        line = self._take(end, 1).removesuffix(b"\r")
        try:
            # "The commands and headers are encoded in UTF-8."
            return line.decode()
        except UnicodeDecodeError as error:
            raise PeerFault(f"Command or header is not UTF-8: {_shown(line.decode(errors='replace'))}") from error

    def _take_body(self) -> bytes | None:
        """The body without its NULL; None when it is not complete yet."""
        if self._length is None:
            end = self._find(NULL)
            self._require_room(end if end >= 0 else len(self._buffer))
            return None if end < 0 else self._take(end, 1)
        # "If a content-length header is included, this number of octets MUST be read, regardless of whether or not
        # there are NULL octets in the body. The frame still needs to be terminated with a NULL octet."
        if len(self._buffer) <= self._length:
            return None
        if self._buffer[self._length] != 0:
            raise PeerFault(
                f"A {self._command} frame must not have a body"
                if self._command not in WITH_BODY
                else f"No NULL octet after the {self._length} octets that content-length announced"
            )
        return self._take(self._length, 1)

    def _find(self, octet: bytes) -> int:
        """Where `octet` first is in the buffer, -1 when nowhere; octets searched in vain are not searched again."""
        found = self._buffer.find(octet, self._searched)
        self._searched = 0 if found >= 0 else len(self._buffer)
        return found

    def _take(self, length: int, terminator: int) -> bytes:
        taken = bytes(self._buffer[:length])
        del self._buffer[: length + terminator]
        self._searched = 0
        self._used += length + terminator
        return taken

    def _require_room(self, length: int) -> None:
        # "If these limits are exceeded the server SHOULD send the client an ERROR frame and then close the connection."
        if self._used + length + 1 > self._max_frame:
            raise PeerFault(f"Frame larger than the limit of {self._max_frame} octets")


def encode(frame: Frame, version: str) -> bytes:
    """The octets of `frame` for a peer that speaks `version`; a missing content-length is added to a body.

    Raises OwnFault for what that version cannot carry: an unknown command, a body where none may be, a wrong
    content-length, a NULL octet in a header, or an octet that needs an escape the version does not have.
    """
    if frame.command not in COMMANDS:
        raise OwnFault(f"unknown command {frame.command!r}")
    if frame.body and frame.command not in WITH_BODY:
        raise OwnFault(f"a {frame.command} frame must not have a body")
    headers = frame.headers
    announced = frame.get("content-length")
    if announced is None and frame.body:
        # "If a frame body is present, the SEND, MESSAGE and ERROR frames SHOULD include a content-length header."
        headers = (*headers, ("content-length", str(len(frame.body))))
    elif announced is not None and announced != str(len(frame.body)):
        raise OwnFault(f"content-length {announced!r} but {len(frame.body)} octets of body")
    escapes = ESCAPES["1.0" if frame.command in UNESCAPED else version]
    lines = [frame.command]
    lines += [
        f"{_escape(name, escapes, version, name=True)}:{_escape(value, escapes, version)}" for name, value in headers
    ]
    try:
        return "\n".join((*lines, "", "")).encode() + frame.body + NULL
    except UnicodeEncodeError as error:
        raise OwnFault(f"a header of {frame.command} is not UTF-8: {error.reason}") from error


def header_line(name: str, value: str, version: str) -> bytes:
    """One escaped header with its EOL, for a caller that puts the same header into many frames."""
    escapes = ESCAPES[version]
    return f"{_escape(name, escapes, version, name=True)}:{_escape(value, escapes, version)}\n".encode()


def _escape(text: str, escapes: Mapping[str, str], version: str, *, name: bool = False) -> str:
    if escapes:
        text = ESCAPED_OCTET.sub(lambda match: escapes.get(match.group(), match.group()), text)
    if name and (not text or ":" in text):
        raise OwnFault(f"header name {text!r} is empty or has a colon that this frame cannot escape")
    # Only 1.2 forbids a CR inside a header: before it, a header is "any OCTET except LF" or a colon.
    if "\n" in text or "\0" in text or ("\r" in text and version == "1.2"):
        raise OwnFault(f"header text {text!r} has a line end or NULL octet that this frame cannot escape")
    return text


def _shown(text: str) -> str:
    """`text` as a message may repeat it: quoted, without control characters, at most 40 characters of it.

    Backslashes stand as they came: they are what some messages are about, and the header they go into escapes them.
    """
    return repr(text if len(text) <= 40 else text[:40] + "…").replace("\\\\", "\\")
