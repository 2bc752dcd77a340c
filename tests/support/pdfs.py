"""PDF documents as they come: built by hand, so that a test says what is odd about one."""

from __future__ import annotations

import io
from typing import Final

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf

from chatsim.core import data

CATALOG: Final = b"<< /Type /Catalog /Pages 2 0 R >>"
WITH_FORM: Final = b"<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R >>"
PAGES: Final = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE: Final = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"


def document(*objects: bytes, version: bytes = b"1.7", shift: int = 0, trailer: bytes = b"") -> bytes:
    """A document of these objects, numbered from 1, the catalog first; `shift` is added to all its offsets."""
    raw, offsets = b"%PDF-" + version + b"\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(raw) + shift)
        raw += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    size, start = len(objects) + 1, len(raw) + shift
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    raw += b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, rows)
    return raw + b"trailer\n<< /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start)


def page(entries: bytes) -> bytes:
    """A document whose only page has these entries beside its place in the tree."""
    return document(CATALOG, PAGES, b"<< /Type /Page /Parent 2 0 R %b >>" % entries)


def linearized() -> bytes:
    """The first page's objects and their table come first, the other table comes last."""
    first, last, offsets = 0, 0, dict.fromkeys((1, 2, 3, 4, 5), 0)
    for _ in range(2):  # the second time with what the first one found out
        raw = b"%PDF-1.4\n"
        offsets[5] = len(raw)
        raw += b"5 0 obj\n<< /Linearized 1 /O 3 /N 1 /T %010d >>\nendobj\n" % last
        first = len(raw)
        raw += b"xref\n3 3\n" + b"".join(b"%010d 00000 n \n" % offsets[number] for number in (3, 4, 5))
        raw += b"trailer\n<< /Size 6 /Root 4 0 R /Prev %010d >>\nstartxref\n0\n%%%%EOF\n" % last
        for number, content in ((4, CATALOG), (3, PAGE), (1, b"null"), (2, PAGES)):
            offsets[number] = len(raw)
            raw += b"%d 0 obj\n%b\nendobj\n" % (number, content)
        last = len(raw)
        raw += b"xref\n0 3\n0000000000 65535 f \n"
        raw += b"".join(b"%010d 00000 n \n" % offsets[number] for number in (1, 2))
        raw += b"trailer\n<< /Size 3 >>\nstartxref\n%d\n%%%%EOF\n" % first
    return raw


def hybrid() -> bytes:
    """A table that older readers understand points at a stream with entries for newer ones."""
    raw, offsets = b"%PDF-1.5\n", []
    packed = b"5 0 << /A /B >>"
    stored = b"<< /Type /ObjStm /N 1 /First 4 /Length %d >>\nstream\n%b\nendstream" % (len(packed), packed)
    row = bytes([2, 0, 0, 0, 4, 0])  # object 5 is the first one in object 4
    table = b"<< /Type /XRef /Size 7 /W [1 4 1] /Index [5 1] /Length 6 >>\nstream\n%b\nendstream" % row
    for number, content in ((1, CATALOG), (2, PAGES), (3, PAGE), (4, stored), (6, table)):
        offsets.append(len(raw))
        raw += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    rows = [b"%010d 00000 n \n" % offset for offset in offsets]
    start = len(raw)
    raw += b"xref\n0 7\n0000000005 65535 f \n" + b"".join(rows[:4]) + b"0000000000 65535 f \n" + rows[4]
    raw += b"trailer\n<< /Size 7 /Root 1 0 R /XRefStm %d >>\nstartxref\n%d\n%%%%EOF\n" % (offsets[4], start)
    return raw


def rewritten(raw: bytes, *, streams: bool = False, passwords: tuple[str, str] | None = None) -> bytes:
    """The same document with its table in a stream, or encrypted with the owner's and the user's password."""
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(raw)))
    writer.stream_xrefs = streams
    if passwords is not None:
        owner, user = passwords
        writer.encrypt(owner_pass=owner, user_pass=user)  # type: ignore[no-untyped-call]  # pyHanko's
    written = io.BytesIO()
    writer.write(written)  # type: ignore[no-untyped-call]  # pyHanko's
    return written.getvalue()


def certified(raw: bytes) -> bytes:
    """The same document, certified by its author, who forbids every change."""
    folder = data.fixtures() / "kobil" / "signer"
    signer = SimpleSigner.load(str(folder / "not-secret-key.pem"), str(folder / "certificate.pem"))  # type: ignore[no-untyped-call]  # pyHanko's
    assert signer is not None
    meta = PdfSignatureMetadata(field_name="Author", certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
    signed = sign_pdf(IncrementalPdfFileWriter(io.BytesIO(raw)), meta, signer)
    return bytes(signed.getbuffer())
