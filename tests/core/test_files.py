"""Ranges and names of downloads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsim.core.files import Unsatisfiable, as_text, disposition, harmless_type, wanted


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=0-0", (0, 1)),
        ("bytes=2-4", (2, 5)),
        ("bytes=7-", (7, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=5-99", (5, 10)),
        ("Bytes= 1-2 ", (1, 3)),
        ("bytes=4-2", None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=x-1", None),
        ("bytes=٣-", None),
    ],
)
def test_range_of_ten_bytes(header: str | None, part: tuple[int, int] | None) -> None:
    """One range of bytes is understood, anything else means everything."""
    assert wanted(header, 10) == part


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-11", "bytes=-0", "bytes=99999999999999999999-"])
def test_range_behind_the_end_is_refused(header: str) -> None:
    """A range that begins behind the last byte cannot be satisfied."""
    with pytest.raises(Unsatisfiable):
        wanted(header, 10)


def test_nothing_has_no_range() -> None:
    """Of an empty file no range can be had."""
    with pytest.raises(Unsatisfiable):
        wanted("bytes=0-", 0)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a b.pdf", 'attachment; filename="a b.pdf"'),
        ("../../etc/passwd", 'attachment; filename="passwd"'),
        ("C:\\temp\\x.pdf", 'attachment; filename="x.pdf"'),
        ("", 'attachment; filename="download"'),
        ("..", 'attachment; filename="download"'),
        ('a"b.pdf', "attachment; filename=\"a_b.pdf\"; filename*=UTF-8''a%22b.pdf"),
        ("\udcff.bin", "attachment; filename=\"_.bin\"; filename*=UTF-8''%FF.bin"),
        ("\ud800.bin", "attachment; filename=\"_.bin\"; filename*=UTF-8''%EF%BF%BD.bin"),
        ("ü.pdf", "attachment; filename=\"_.pdf\"; filename*=UTF-8''%C3%BC.pdf"),
        ("a\r\nSet-Cookie: x", "attachment; filename=\"a__Set-Cookie: x\"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x"),
    ],
)
def test_name_is_kept_and_made_harmless(name: str, header: str) -> None:
    """Paths are cut off, quotes and control characters escaped, other alphabets written twice."""
    assert disposition(name) == header


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (b"a b.pdf", "a b.pdf"),
        ("naïve.pdf".encode(), "naïve.pdf"),
        (b"caf\xe9.pdf", "caf\ufffd.pdf"),
        (b"\xed\xa0\x80", "\ufffd" * 3),
        (b"\xe2\x82", "\ufffd"),
    ],
)
def test_name_is_read_as_utf8(sent: bytes, text: str) -> None:
    """Bytes that are none become replacement characters, as many as browsers show."""
    assert as_text(sent.decode("utf-8", "surrogateescape")) == text


@given(st.text(st.characters()))
def test_every_name_has_a_text(name: str) -> None:
    """Which UTF-8 can hold."""
    as_text(name).encode()


@given(st.text(st.characters()))
def test_no_name_breaks_a_header(name: str) -> None:
    """Whatever the name, the header is one line of printable ASCII."""
    header = disposition(name)
    assert header.isascii()
    assert header.isprintable()


@pytest.mark.parametrize(
    ("given_type", "sent"),
    [("image/png", "image/png"), ("", "application/octet-stream"), ("a/b\nX: y", "application/octet-stream")],
)
def test_content_type_cannot_inject(given_type: str, sent: str) -> None:
    """A content type that could break a header is replaced."""
    assert harmless_type(given_type) == sent
