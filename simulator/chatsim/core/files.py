"""How stored bytes are offered for download: parts of them (RFC 9110, section 14) and their name (RFC 6266)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import msgspec

if TYPE_CHECKING:
    from chatsim.core.http import File, Headers, Pairs
    from chatsim.core.media import Blob

_RANGE: Final = re.compile(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*", re.IGNORECASE | re.ASCII)
_DIRECTORIES: Final = re.compile(r".*[/\\]", re.DOTALL)
# attr-char of RFC 5987, beside letters and digits.
_ATTR_CHAR: Final = "!#$&+-.^_`|~"
_NO_BYTE: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Surrogates that stand for no byte; those of `surrogateescape` are U+DC80 to U+DCFF."""


class Unsatisfiable(ValueError):
    """A range that begins behind the last byte."""


class Offer(msgspec.Struct, frozen=True):
    """Stored bytes, or the part of them that was asked for: from `start` up to `end`."""

    blob: Blob
    start: int
    end: int


def offer(file: File, status: int, asked: Headers) -> tuple[int, Pairs, Offer]:
    """Status, headers and bytes of an answer with a file, to a request with the headers `asked`."""
    size, tag = file.blob.size, f'"{file.blob.sha256[:32]}"'
    pairs = [("Content-Type", harmless_type(file.content_type)), ("Accept-Ranges", "bytes"), ("ETag", tag)]
    pairs.append(("X-Content-Type-Options", "nosniff"))
    if file.filename is not None:
        pairs.append(("Content-Disposition", disposition(file.filename)))
    start, end = 0, size
    try:
        part = wanted(asked.get("Range"), size) if status == 200 and asked.get("If-Range", tag) == tag else None
        if part is not None:
            (start, end), status = part, 206
            pairs.append(("Content-Range", f"bytes {start}-{end - 1}/{size}"))
    except Unsatisfiable:
        status, end = 416, 0
        pairs.append(("Content-Range", f"bytes */{size}"))
    return status, tuple(pairs), Offer(file.blob, start, end)


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the byte after the last that a Range header asks for; None: everything.

    What is not one range of bytes, several ranges too, is to be ignored. Raises Unsatisfiable.
    """
    match = _RANGE.fullmatch(header or "")
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        start, end = max(size - int(last), 0), size
        if last.strip("0") == "":
            start = size
    else:
        start, end = int(first), size if last == "" else min(int(last) + 1, size)
        if last != "" and int(last) < start:
            return None
    if start >= size:
        raise Unsatisfiable(f"the range {header} lies outside of {size} bytes")
    return start, end


def as_sent(name: str) -> bytes:
    """The bytes of a name that came in a form, where what is no UTF-8 was kept as surrogates."""
    return _NO_BYTE.sub("\ufffd", name).encode("utf-8", "surrogateescape")


def as_text(name: str) -> str:
    """The same as text that every reader takes: U+FFFD for what is no UTF-8, as servers on Node and Java decode it."""
    return name if name.isascii() else as_sent(name).decode("utf-8", "replace")


def disposition(filename: str) -> str:
    """A Content-Disposition that saves under this name: its last part, whatever it holds, harmless in a header."""
    name = _DIRECTORIES.sub("", filename).strip(" .") or "download"
    plain = "".join(one if " " <= one <= "~" and one not in '"\\%' else "_" for one in name)
    extended = quote(as_sent(name), safe=_ATTR_CHAR)
    return f'attachment; filename="{plain}"' + ("" if plain == name else f"; filename*=UTF-8''{extended}")


def harmless_type(content_type: str) -> str:
    """The content type if it can stand in a header, else that of unknown bytes."""
    if content_type and all(" " <= one <= "~" for one in content_type):
        return content_type
    return "application/octet-stream"
