"""multipart/form-data (RFC 7578, RFC 2046 section 5.1) as it arrives: bytes in, events out.

`filename*` (RFC 5987), which RFC 7578 forbids and clients send, is read where there is no `filename`.

Keeps no more of a part's body than one delimiter is long; where the bytes go is the caller's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, Literal
from urllib.parse import unquote_to_bytes

import msgspec

from chatsim.core.files import as_text

MAX_HEAD_BYTES: Final = 16 * 1024
MAX_PARTS: Final = 100

_CRLF: Final = b"\r\n"
_HEAD_END: Final = b"\r\n\r\n"
# RFC 2046: bchars, of which a space may not be the last.
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
# A parameter: its value is a token, or quoted with a backslash before a quote or a backslash.
_PARAMETER: Final = re.compile(r';[ \t]*([^=;" \t]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;"]*))', re.DOTALL)
# RFC 5987: charset'language'text, of which the text is percent-encoded in that charset.
_EXTENDED: Final = re.compile(r"(utf-8|iso-8859-1)'[^']*'((?:[!#$&+\-.^_`|~0-9a-z]|%[0-9a-f]{2})*)", re.IGNORECASE)
_ESCAPED: Final = re.compile(r'\\(["\\])')


class BadMultipart(ValueError):
    """The bytes are no multipart/form-data."""


class PartHead(msgspec.Struct, frozen=True):
    """A part begins. Names are as sent, percent signs and all; bytes that are not UTF-8 are surrogates.

    Only a file that has no other name than `filename*` goes by the text that this stands for.
    """

    name: str
    filename: str | None
    content_type: str | None


class PartData(msgspec.Struct, frozen=True):
    """Bytes of the part that began last."""

    data: bytes


def boundary(content_type: str) -> bytes:
    """The boundary in a Content-Type; raises BadMultipart when there is none."""
    _, parameters = _split(content_type)
    value = parameters.get("boundary", "")
    if not _BOUNDARY.fullmatch(value):
        raise BadMultipart(f"Content-Type {content_type!r} names no boundary, as in multipart/form-data; boundary=x7Yz")
    return value.encode("ascii")


def summary(body: bytes, content_type: str) -> dict[str, Any]:
    """What a whole body says: fields as text, files by name, type and size; of equal names the first.

    Raises:
        BadMultipart: it says nothing.
    """
    parser = Parser(boundary(content_type))
    parts: list[tuple[PartHead, bytearray]] = []
    for event in parser.feed(body):
        if isinstance(event, PartHead):
            parts.append((event, bytearray()))
        else:
            parts[-1][1].extend(event.data)
    parser.finish()
    said: dict[str, Any] = {}
    for head, data in parts:
        file = {"filename": as_text(head.filename or ""), "content_type": head.content_type, "size": len(data)}
        said.setdefault(as_text(head.name), data.decode("utf-8", "replace") if head.filename is None else file)
    return said


class Parser:
    """One body: feed it chunks of any size, then say `finish`. Raises BadMultipart."""

    def __init__(self, boundary: bytes) -> None:
        self._delimiter: Final = _CRLF + b"--" + boundary
        # The first delimiter may stand at the very beginning: lend it the line break before it.
        self._buffer = bytearray(_CRLF)
        self._state: Literal["preamble", "delimiter", "head", "body", "end"] = "preamble"
        self._parts = 0

    def feed(self, data: bytes) -> Iterator[PartHead | PartData]:
        """What these bytes complete. What follows the last delimiter is ignored."""
        self._buffer += data
        progress = True
        while progress:
            before = self._state, len(self._buffer)
            match self._state:
                case "preamble":
                    self._content()
                case "body":
                    if content := self._content():
                        yield PartData(content)
                case "delimiter":
                    self._after_delimiter()
                case "head":
                    if head := self._head():
                        yield head
                case "end":
                    self._buffer.clear()
            progress = before != (self._state, len(self._buffer))

    def finish(self) -> None:
        """The body is over."""
        if self._state != "end":
            raise BadMultipart(f"the body ends without the last delimiter, --{self._delimiter[4:].decode('ascii')}--")

    def _content(self) -> bytes:
        """Everything that certainly lies before the next delimiter."""
        at = self._buffer.find(self._delimiter)
        if at < 0:
            return self._cut(max(len(self._buffer) - len(self._delimiter) + 1, 0))
        content = self._cut(at)
        self._cut(len(self._delimiter))
        self._state = "delimiter"
        return content

    def _after_delimiter(self) -> None:
        if self._buffer.startswith(b"--"):
            self._state = "end"
            return
        at = self._buffer.find(_CRLF)
        padding = self._buffer[: at if at >= 0 else len(self._buffer)]
        if padding.strip(b" \t\r-") or len(padding) > 256:
            raise BadMultipart(f"a delimiter is followed by {bytes(padding[:20])!r} in its line")
        if at >= 0:
            self._cut(at)  # the line break stays: with it, a head without lines ends like any other
            self._state = "head"

    def _head(self) -> PartHead | None:
        at = self._buffer.find(_HEAD_END)
        if max(at, len(self._buffer) if at < 0 else 0) > MAX_HEAD_BYTES:
            raise BadMultipart(f"the head of a part is longer than {MAX_HEAD_BYTES} bytes")
        if at < 0:
            return None
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise BadMultipart(f"more than {MAX_PARTS} parts")
        lines = self._cut(at + len(_HEAD_END))
        self._state = "body"
        return _part_head(lines)

    def _cut(self, length: int) -> bytes:
        content = bytes(self._buffer[:length])
        del self._buffer[:length]
        return content


def _part_head(lines: bytes) -> PartHead:
    headers = {}
    for line in lines.decode("utf-8", "surrogateescape").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    disposition, parameters = _split(headers.get("content-disposition", ""))
    if disposition != "form-data" or "name" not in parameters:
        raise BadMultipart('a part has no Content-Disposition: form-data; name="…"')
    filename = parameters.get("filename")
    if filename is None and "filename*" in parameters:
        filename = _extended(parameters["filename*"])
    return PartHead(parameters["name"], filename, headers.get("content-type"))


def _extended(value: str) -> str:
    """The text of an extended value."""
    if (match := _EXTENDED.fullmatch(value)) is None:
        raise BadMultipart(f"filename*={value} is not as in RFC 5987: filename*=UTF-8''na%C3%AFve.pdf")
    charset, text = match.groups()
    return unquote_to_bytes(text).decode(charset, "surrogateescape")


def _split(value: str) -> tuple[str, dict[str, str]]:
    """A header's value and its parameters; the first of a name counts."""
    main, _, _ = value.partition(";")
    parameters: dict[str, str] = {}
    for match in _PARAMETER.finditer(value, len(main)):
        name, quoted, plain = match.groups()
        text = plain.rstrip(" \t") if quoted is None else _ESCAPED.sub(r"\1", quoted)
        parameters.setdefault(name.lower(), text)
    return main.strip().lower(), parameters
