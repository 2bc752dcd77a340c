"""multipart/form-data: every chunking gives the same parts, and what is broken is refused."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsim.core.multipart import BadMultipart, Parser, PartData, PartHead, boundary

Part = tuple[PartHead, bytes]

TWO = (
    b"--x7Yz\r\n"
    b'Content-Disposition: form-data; name="attachment"; filename="a.jpeg"\r\n'
    b"Content-Type: image/jpeg\r\n"
    b"\r\n"
    b"\xff\xd8\r\n--x7Y\r\n\r\n"
    b"\r\n--x7Yz\r\n"
    b'Content-Disposition: form-data; name="message"\r\n'
    b"\r\n"
    b"{}"
    b"\r\n--x7Yz--\r\n"
)
PARTS = [
    (PartHead("attachment", "a.jpeg", "image/jpeg"), b"\xff\xd8\r\n--x7Y\r\n\r\n"),
    (PartHead("message", None, None), b"{}"),
]


def parse(chunks: Iterable[bytes], limit: bytes = b"x7Yz") -> list[Part]:
    """All parts of a body that comes in these chunks."""
    parser, parts = Parser(limit), list[Part]()
    for chunk in chunks:
        for event in parser.feed(chunk):
            match event:
                case PartHead():
                    parts.append((event, b""))
                case PartData(data):
                    parts[-1] = (parts[-1][0], parts[-1][1] + data)
    parser.finish()
    return parts


def one_part(disposition: str) -> PartHead:
    """The head that is read from this Content-Disposition."""
    raw = f"--x7Yz\r\nContent-Disposition: {disposition}\r\n\r\n\r\n--x7Yz--".encode("utf-8", "surrogateescape")
    return parse([raw])[0][0]


@pytest.mark.parametrize("size", range(1, len(TWO) + 1))
def test_every_chunking_gives_the_same_parts(size: int) -> None:
    """Cut into pieces of any size, the body has the same two parts."""
    assert parse(TWO[at : at + size] for at in range(0, len(TWO), size)) == PARTS


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8", exclude_characters='\r\n"\\')), st.binary())), st.data())
def test_any_parts_come_back(parts: list[tuple[str, bytes]], data: st.DataObject) -> None:
    """Whatever was put into a body comes out again, however it was cut."""
    limit = "----limit"
    raw = b""
    for name, content in parts:
        raw += f'--{limit}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + content + b"\r\n"
    raw += f"--{limit}--".encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=5)))
    chunks = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    found = [(head.name, content) for head, content in parse(chunks, limit.encode())]
    assert found == parts


@given(st.binary(max_size=300), st.integers(1, 40))
def test_rubbish_raises_bad_multipart_only(raw: bytes, size: int) -> None:
    """Arbitrary bytes are parsed or refused with BadMultipart, never anything else."""
    body = b"--x7Yz\r\n" + raw
    try:
        parts = parse(body[at : at + size] for at in range(0, len(body), size))
    except BadMultipart:
        return
    assert len(parts) <= body.count(b"x7Yz")


def test_body_without_parts_is_empty() -> None:
    """Only the closing delimiter: no part at all."""
    assert parse([b"--x7Yz--\r\n"]) == []


def test_text_around_the_parts_is_ignored() -> None:
    """Preamble and epilogue are not content."""
    assert parse([b"Hello\r\n", TWO, b"Goodbye\r\n--x7Yz\r\n"]) == PARTS


def test_padding_after_a_delimiter_is_ignored() -> None:
    """Spaces and tabs may stand between the delimiter and the end of its line."""
    assert parse([TWO.replace(b"--x7Yz\r\n", b"--x7Yz \t\r\n")]) == PARTS


@pytest.mark.parametrize(
    ("disposition", "head"),
    [
        ('form-data; name="a"; filename="b.txt"', PartHead("a", "b.txt", None)),
        ("form-data; name=a; filename=b c.txt", PartHead("a", "b c.txt", None)),
        ('FORM-DATA;NAME="a";Filename=""', PartHead("a", "", None)),
        (r'form-data; name="a"; filename="\"q\" \\ \x.txt"', PartHead("a", r'"q" \ \x.txt', None)),
        ('form-data; name="a"; filename="%22q%22;x=1.txt"', PartHead("a", "%22q%22;x=1.txt", None)),
        ('form-data; name="a"; filename="../ü/ß.txt"', PartHead("a", "../ü/ß.txt", None)),
        ('form-data; name="a"; filename="\udcff.txt"', PartHead("a", "\udcff.txt", None)),
        ('form-data; name="a"; name="b"', PartHead("a", None, None)),
        ("form-data; name=a; filename=b.txt; filename*=UTF-8''c.txt", PartHead("a", "b.txt", None)),
        ("form-data; name=a; filename*=c.txt; filename=b.txt", PartHead("a", "b.txt", None)),
    ],
)
def test_names_are_kept_as_sent(disposition: str, head: PartHead) -> None:
    """Quotes, escapes, paths and odd bytes in names arrive unchanged."""
    assert one_part(disposition) == head


@pytest.mark.parametrize(
    ("value", "filename"),
    [
        ("UTF-8''na%C3%AFve%20%27plan%27.pdf", "naïve 'plan'.pdf"),
        ("utf-8'en'plain.pdf", "plain.pdf"),
        ("iso-8859-1''na%EFve.pdf", "naïve.pdf"),
        ("UTF-8''%FF.pdf", "\udcff.pdf"),
        ("UTF-8''", ""),
    ],
)
def test_extended_name_is_read_where_there_is_no_other(value: str, filename: str) -> None:
    """`filename*` is a name too, though not one that forms should have."""
    assert one_part(f'form-data; name="a"; FileName*={value}; x=y').filename == filename


@pytest.mark.parametrize("value", ["plan.pdf", "koi8-r''a", "UTF-8''%zz", "UTF-8''a%", "UTF-8'a", "UTF-8''ä"])
def test_extended_name_that_is_none_is_refused(value: str) -> None:
    """An unknown charset, a missing quote, a percent sign without its digits."""
    with pytest.raises(BadMultipart, match="RFC 5987"):
        one_part(f"form-data; name=a; filename*={value}")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x7Yz",
        b"--x7Yz-",
        TWO[:-6],
        TWO.replace(b"form-data; name", b"attachment; name"),
        TWO.replace(b'name="message"', b'title="message"'),
        TWO.replace(b"--x7Yz\r\n", b"--x7YzZ\r\n"),
        b"--x7Yz\r\nX: " + b"a" * 20_000 + b"\r\n\r\n\r\n--x7Yz--",
        b"--x7Yz\r\n" + b"a" * 20_000,
        b'--x7Yz\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 101 + b"--x7Yz--",
    ],
)
def test_broken_body_is_refused(body: bytes) -> None:
    """Unfinished, unnamed, oversized and overly many parts raise BadMultipart."""
    with pytest.raises(BadMultipart):
        parse([body])


@pytest.mark.parametrize(
    ("content_type", "limit"),
    [
        ("multipart/form-data; boundary=x7Yz", b"x7Yz"),
        ('multipart/form-data; charset=utf-8; Boundary="a b:c"', b"a b:c"),
        (
            "multipart/form-data;boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW ; x=y",
            b"----WebKitFormBoundary7MA4YWxkTrZu0gW",
        ),
    ],
)
def test_boundary_is_found(content_type: str, limit: bytes) -> None:
    """The boundary may be quoted, and other parameters may stand around it."""
    assert boundary(content_type) == limit


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary="a "',
        "multipart/form-data; boundary=ü",
        "multipart/form-data; boundary=" + "a" * 71,
    ],
)
def test_missing_boundary_is_refused(content_type: str) -> None:
    """Without a boundary that RFC 2046 allows there is nothing to parse."""
    with pytest.raises(BadMultipart, match="names no boundary"):
        boundary(content_type)
