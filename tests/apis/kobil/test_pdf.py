"""Documents as they come: each is signed, or refused when it is sent, and never later."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from kobil_desk import SERVICE, SIGNATURE_DATA, USERS, KobilDesk, field, file
from pdfs import CATALOG, PAGE, PAGES, WITH_FORM, certified, document, hybrid, linearized, page, rewritten
from pyhanko.pdf_utils.reader import PdfFileReader

from chatsim.apis.kobil import API, pdf
from chatsim.core import data
from chatsim.core.media import Blob

AGREEMENT = (data.fixtures() / "kobil" / "media" / "agreement.pdf").read_bytes()
ONE_PAGE = document(CATALOG, PAGES, PAGE)
START = int(AGREEMENT.split(b"startxref")[1].split()[0])
BOX = [351, 749, 506, 808]
"""Where the sample's coordinates lie on A4."""


def moved(by: int) -> bytes:
    """The agreement, whose end points so many bytes beside its table."""
    return AGREEMENT.replace(b"startxref\n%d" % START, b"startxref\n%d" % (START + by))


def form(fields: bytes, *more: bytes) -> bytes:
    """A document with a form of these fields, objects from 5 on."""
    return document(WITH_FORM, PAGES, PAGE, b"<< /Fields %b >>" % fields, *more)


@pytest.fixture
def desk() -> KobilDesk:
    """KOBIL with a callback address for every service."""
    desk = KobilDesk(apis=[API])
    desk.world.settings["kobil.callback_url"] = "http://127.0.0.1:3000/callback"
    return desk


def send(desk: KobilDesk, raw: bytes, user: str = "john", **members: Any) -> tuple[int, Any]:
    """Send a signature request; status and answer."""
    part = field("signatureData", {**SIGNATURE_DATA, **members})
    answer = desk.form(f"{USERS}/{user}/signature", file("signatureFile", raw, "a.pdf", "application/pdf"), part)
    assert answer.bug == ""
    return answer.status, answer.data


def signed(desk: KobilDesk, user: str = "john") -> PdfFileReader:
    """The document that comes back when the user signs."""
    media = desk.act("sign", tenant="flutter", service=SERVICE, user=user)["content"]["mediaContent"]["mediaId"]
    return PdfFileReader(desk.world.state("kobil").media[media].blob.open(), strict=False)


SIGNED = {
    "behind a line": b"junk\n" + AGREEMENT,
    "behind a word": b"junkjunk" + AGREEMENT,
    "behind 1019 bytes": b"x" * 1019 + AGREEMENT,
    "behind a counted line": b"junk\n" + document(CATALOG, PAGES, PAGE, shift=5),
    "behind a counted byte order mark": b"\xef\xbb\xbf" + document(CATALOG, PAGES, PAGE, shift=3),
    "behind counted pages": b"From: me\n" * 100 + document(CATALOG, PAGES, PAGE, shift=900),
    "before zeros": AGREEMENT + b"\0" * 1000,
    "before a page": AGREEMENT + b"<html>oh</html>\n" * 20,
    "table a little earlier": moved(2),
    "end without a line": AGREEMENT.rstrip(),
    "version 1.0": document(CATALOG, PAGES, PAGE, version=b"1.0"),
    "version 2.0": document(CATALOG, PAGES, PAGE, version=b"2.0"),
    "table in a stream": rewritten(AGREEMENT, streams=True),
    "hybrid": hybrid(),
    "linearized": linearized(),
    "form": form(b"[5 0 R]", b"<< /FT /Tx /T (name) /V (x) >>"),
    "form without fields": document(WITH_FORM, PAGES, PAGE, b"<< /SigFlags 3 >>"),
    "form that is null": document(WITH_FORM, PAGES, PAGE, b"null"),
    "field of the same name": form(b"[5 0 R]", b"<< /FT /Tx /T (Signature 2026-01-01 1) >>"),
    "empty signature of the same name": form(b"[5 0 R]", b"<< /FT /Sig /T (Signature 2026-01-01 1) /Rect [0 0 9 9] >>"),
    "box elsewhere": document(CATALOG, PAGES, PAGE.replace(b"842", b"4 0 R"), b"842"),
    "box above": document(
        CATALOG, PAGES.replace(b">>", b"/MediaBox [0 0 595 842] >>"), PAGE.partition(b"/Media")[0] + b">>"
    ),
    "box the other way round": page(b"/MediaBox [595 842 0 0]"),
    "crop box above": document(
        CATALOG, PAGES.replace(b">>", b"/CropBox [0 0 595 842] >>"), PAGE.replace(b"842", b"999")
    ),
    "annotations that are null": page(b"/MediaBox [0 0 595 842] /Annots null"),
    "annotations that are missing": page(b"/MediaBox [0 0 595 842] /Annots 9 0 R"),
}


@pytest.mark.parametrize("raw", SIGNED.values(), ids=SIGNED.keys())
def test_unusual_document_is_signed(desk: KobilDesk, raw: bytes) -> None:
    """What PDF readers put up with is taken, and signed where it was asked for."""
    assert send(desk, raw)[0] == 200
    signature = signed(desk).embedded_signatures[-1]
    signature.compute_integrity_info()
    assert [int(value) for value in signature.sig_field["/Rect"]] == BOX


REFUSED = {
    "page beyond the last": (AGREEMENT, {"pageNumber": 2}, "page 2: it has 1 page"),
    "page beyond all numbers": (AGREEMENT, {"pageNumber": 10**30}, "it has 1 page"),
    "area of less than a point": (AGREEMENT, {"topRightXCoordinate": 59.01}, "less than a point"),
    "area beyond all numbers": (AGREEMENT, {"topRightXCoordinate": 1e300}, "page 1: "),
    "area beyond a document's numbers": (AGREEMENT, {"topRightXCoordinate": 1e40}, "page 1: "),
    "encrypted": (rewritten(AGREEMENT, passwords=("owner", "user")), {}, "it is encrypted"),
    "encrypted for its owner": (rewritten(AGREEMENT, passwords=("owner", "")), {}, "it is encrypted"),
    "certified": (certified(AGREEMENT), {}, "forbids all changes"),
    "no pages": (AGREEMENT.replace(b"/Pages", b"/Leafs"), {}, "it is damaged"),
    "no box": (page(b""), {}, "no MediaBox"),
    "circle of parents": (
        document(CATALOG, PAGES.replace(b">>", b"/Parent 2 0 R >>"), PAGE.partition(b"/Media")[0] + b">>"),
        {},
        "no MediaBox",
    ),
    "circle of nodes": (document(CATALOG, PAGES.replace(b"3 0", b"2 0"), PAGE), {}, "Circular"),
    "circle of tables": (document(CATALOG, PAGES, PAGE, trailer=b"/Prev 186"), {}, "page 1: "),
    "missing page": (document(CATALOG, PAGES.replace(b"3 0", b"9 0"), PAGE), {}, "it is damaged"),
}


@pytest.mark.parametrize(("raw", "members", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_document_that_cannot_be_signed_is_refused(
    desk: KobilDesk, raw: bytes, members: dict[str, Any], says: str
) -> None:
    """When it is sent, not when somebody wants to sign it: 400, and nothing is kept."""
    status, body = send(desk, raw, **members)
    assert (status, says in body["error"]) == (400, True), body
    assert body["error"].startswith("part signatureFile ('a.pdf'): it cannot be signed on page ")
    assert not desk.world.state("kobil").messages


def test_first_name_of_a_document_stays(desk: KobilDesk) -> None:
    """The first half of its ID is kept (ISO 32000-1, 14.4), the second half is new."""
    send(desk, document(CATALOG, PAGES, PAGE, trailer=b"/ID [<00> <11>]"))
    first, second = (bytes(half) for half in signed(desk).trailer["/ID"])
    assert (first, len(second)) == (b"\0", 16)


def test_signed_document_begins_with_its_header(desk: KobilDesk) -> None:
    """What stood before it is gone, or has made room for it."""
    for raw in (SIGNED["behind a line"], SIGNED["behind counted pages"]):
        send(desk, raw)
        stream = signed(desk).stream
        stream.seek(0)
        assert stream.read(8) == b"%PDF-1.7"


def test_without_the_extra_only_the_frame_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can look inside a document then, and nobody can sign."""
    monkeypatch.setitem(sys.modules, "pyhanko", None)
    box = pdf.Box(7, (0, 0, 1, 1), percent=True)
    assert pdf.hindrance(Blob.of(ONE_PAGE), box, name="john", now=0) == ""


def test_box_is_relative_to_the_pages_corner() -> None:
    """A page whose corner is not at zero moves the box with it."""
    box = pdf.Box(1, (0, 50, 100, 100), percent=True)
    assert box.on((10, 20, 110, 220)) == (10, 120, 110, 220)
