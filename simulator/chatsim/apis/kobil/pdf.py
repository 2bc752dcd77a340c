"""Signing a PDF as the SuperApp does it: a visible, digitally signed field where the request asked for one.

pyHanko (the extra `[pdf]`) is loaded by the first signature request. The signer's key is published and proves nothing.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from itertools import count
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import msgspec

from chatsim.core import data
from chatsim.core.clock import SECOND
from chatsim.core.errors import Conflict, NotImplementedHere
from chatsim.core.media import Blob

if TYPE_CHECKING:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.signers import PdfSigner, SimpleSigner

# What pyHanko may stumble over in a document or a box, beside errors of its own.
_BROKEN: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    zlib.error,
)
_CONTENT_BYTES: Final = 8192  # room for the signature container: ours takes about 2 kB

_HEAD: Final = 1024  # so far in may the header stand, and so far from the end what ends the file
_TAIL: Final = 4096
_VERSION: Final = len(b"%PDF-1.7")
_DEEPEST: Final = 200  # levels of a page tree
_NEAR: Final = 16  # tables lie a few bytes off in real files, and readers look around
_END: Final = re.compile(rb"startxref\s*([0-9]{1,12})")
_TABLE: Final = re.compile(rb"(?<!start)xref\b|\b[0-9]+\s+[0-9]+\s+obj\b")


class Box(msgspec.Struct, frozen=True):
    """Where the signature goes: a page, counted from 1, and two corners in per cent of the page or in points."""

    page: int
    corners: tuple[float, float, float, float]
    percent: bool

    @classmethod
    def of(cls, request: Mapping[str, Any], coordinates: str) -> Box:
        """The box of a `signatureData`; a request of older clients may have its corners the other way round."""
        x = sorted((request["bottomLeftXCoordinate"], request["topRightXCoordinate"]))
        y = sorted((request["bottomLeftYCoordinate"], request["topRightYCoordinate"]))
        return cls(request["pageNumber"], (x[0], y[0], x[1], y[1]), coordinates == "percent")

    @property
    def empty(self) -> bool:
        """Whether it has no width or no height."""
        return self.corners[0] == self.corners[2] or self.corners[1] == self.corners[3]

    def on(self, page: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
        """The box in points, on a page whose lower left and upper right corners are given."""
        left, bottom, right, top = page
        x1, y1, x2, y2 = self.corners
        if self.percent:
            width, height = (right - left) / 100, (top - bottom) / 100
            x1, y1, x2, y2 = x1 * width, y1 * height, x2 * width, y2 * height
        return round(left + x1), round(bottom + y1), round(left + x2), round(bottom + y2)


def flaw(document: Blob) -> str:
    """Why bytes are no whole PDF, empty if they may be one: without a header, or without the table its end points at.

    That finds what was cut off or mangled on its way; what is wrong deeper inside is for `hindrance`.
    """
    header = _header(document)
    if header < 0:
        return "%PDF- is missing at its beginning"
    end = _end(document)
    if end is None:
        return "startxref is missing at its end, so it was cut off or changed on its way"
    for start in (end, end + header):  # some count from the header
        if _TABLE.search(document.read(max(start - _NEAR, 0), start + 2 * _NEAR)):
            return ""
    return f"there is no cross-reference table at byte {end}, where its end says"


def hindrance(document: Blob, box: Box, *, name: str, now: int) -> str:
    """Why a document without `flaw` cannot be signed as asked, empty if it can; without pyHanko nobody knows.

    Does all that `sign` does, save for the signature itself.
    """
    if not _installed():
        return ""
    try:
        with _opened(document) as stream:
            writer = _writer(stream, bytes(32))
            session = _signer(writer, box, name, _moment(now)).init_signing_session(writer)
            shown = _shown(name, _moment(now))
            session.prepare_tbs_document(None, bytes_reserved=_CONTENT_BYTES, appearance_text_params=shown)
            writer.write(_Nowhere())  # type: ignore[no-untyped-call]  # pyHanko's
    except _broken() as error:
        return f"it cannot be signed on page {box.page}: {_told(error)}"
    return ""


def sign(document: Blob, box: Box, *, name: str, now: int, chance: bytes) -> Blob:
    """The document with one signature more, in the name of a user, dated `now`; `chance` are 32 bytes for its id.

    Raises NotImplementedHere without pyHanko, Conflict where the document cannot be signed as asked.
    """
    if not _installed():
        raise NotImplementedHere('signing needs pyHanko: pip install "chatsim[pdf]"')
    try:
        with _opened(document) as stream:
            writer = _writer(stream, chance)
            return Blob.of(_signed(writer, _signer(writer, box, name, _moment(now)), _shown(name, _moment(now))))
    except _broken() as error:
        raise Conflict(f"the document cannot be signed on page {box.page}: {_told(error)}") from error


class _Nowhere(io.RawIOBase):
    """Takes what is written and forgets it."""

    def __init__(self) -> None:
        self._size = 0

    def write(self, content: Any) -> int:
        self._size += len(content)
        return len(content)

    def tell(self) -> int:
        return self._size


def _installed() -> bool:
    return find_spec("pyhanko") is not None


def _broken() -> tuple[type[Exception], ...]:
    """What is raised over a document, or a box, that cannot be worked with."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.general import SigningError

    return (PdfError, SigningError, *_BROKEN)


def _told(error: Exception) -> str:
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.general import SigningError

    return str(error) if isinstance(error, (PdfError, SigningError)) else f"it is damaged ({error!r})"


def _moment(now: int) -> datetime:
    return datetime.fromtimestamp(now // SECOND, UTC)


def _header(document: Blob) -> int:
    """Where the document begins; -1 where it does not within the bytes that readers look at."""
    return document.read(0, _HEAD).find(b"%PDF-")


def _end(document: Blob) -> int | None:
    """Where the newest cross-reference table is said to be."""
    ends = _END.findall(document.read(max(document.size - _TAIL, 0)))
    return int(ends[-1]) if ends else None


def _opened(document: Blob) -> BinaryIO:
    """The bytes from the header on, as pyHanko wants them; readers skip what a mail or script put before it.

    Where the document counts from the file's beginning all the same, the header moves there and nothing else does.
    """
    header, end = _header(document), _end(document)
    if header <= 0 or end is None:
        return document.open()
    if _TABLE.match(document.read(end + header, end + header + _NEAR)) or not _TABLE.match(
        document.read(end, end + _NEAR)
    ):
        return io.BytesIO(document.read(header))
    return io.BytesIO(document.read(header, header + _VERSION) + document.read(_VERSION))


def _writer(stream: BinaryIO, chance: bytes) -> IncrementalPdfFileWriter:
    """Appends to a document what no wall clock and no chance has a part in."""
    from pyhanko.pdf_utils.generic import ByteStringObject
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.general import SigningError

    class StableWriter(IncrementalPdfFileWriter):
        """Writes no date of the wall clock into the document's properties."""

        def _update_meta(self) -> None: ...

    reader = PdfFileReader(stream, strict=False)
    if reader.encrypted:
        raise SigningError("it is encrypted")
    named = "/ID" in reader.trailer
    writer = StableWriter(stream, prev=reader)
    # Its own choice would be random. What a document was called first is never changed (ISO 32000-1, 14.4).
    called = writer._document_id  # noqa: SLF001
    called[0], called[1] = called[0] if named else ByteStringObject(chance[:16]), ByteStringObject(chance[16:])
    return writer


def _signer(writer: IncrementalPdfFileWriter, box: Box, name: str, moment: datetime) -> PdfSigner:
    from pyhanko.sign.fields import SigFieldSpec
    from pyhanko.sign.general import SigningError
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
    from pyhanko.sign.signers.pdf_signer import PdfSigningSession
    from pyhanko.stamp import TextStampStyle

    class DatedSigner(PdfSigner):
        """Signs at the world's time; pyHanko would take the wall clock's."""

        def init_signing_session(self, pdf_out: Any, existing_fields_only: bool = False) -> PdfSigningSession:
            session = super().init_signing_session(pdf_out, existing_fields_only)
            session.system_time = moment
            return session

    area = box.on(_page_box(writer, box.page))
    if area[0] == area[2] or area[1] == area[3]:
        raise SigningError("its area is less than a point wide or high")
    field = _free_name(writer, moment)
    return DatedSigner(
        PdfSignatureMetadata(field_name=field, name=name, reason="Signed in the SuperApp", md_algorithm="sha256"),
        _certificate(),
        stamp_style=TextStampStyle(stamp_text="Signed by %(name)s\n%(ts)s", border_width=1),
        new_field_spec=SigFieldSpec(field, on_page=box.page - 1, box=area),
    )


def _free_name(writer: IncrementalPdfFileWriter, moment: datetime) -> str:
    """A name that no field of the document has."""
    fields = _entry(_entry(writer.root, "/AcroForm"), "/Fields") or ()
    taken = {str(_entry(fields[index], "/T")) for index in range(len(fields))}
    numbers = count(len(writer.prev.embedded_signatures) + 1)
    return next(name for number in numbers if (name := f"Signature {moment:%Y-%m-%d} {number}") not in taken)


@cache
def _certificate() -> SimpleSigner:
    from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    class StableSigner(SimpleSigner):
        """Lists the signed attributes in one order; pyHanko takes them as its tasks happen to end."""

        async def signed_attrs(self, *args: Any, **options: Any) -> Any:
            attributes = await super().signed_attrs(*args, **options)
            return type(attributes)(sorted(attributes, key=lambda one: one.dump()))

    folder = data.fixtures() / "kobil" / "signer"
    [certificate] = load_certs_from_pemder_data((folder / "certificate.pem").read_bytes())
    key = load_private_key_from_pemder_data((folder / "not-secret-key.pem").read_bytes(), passphrase=None)
    known = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # pyHanko's
    known.register(certificate)
    return StableSigner(certificate, key, known)


def _page_box(writer: IncrementalPdfFileWriter, number: int) -> tuple[float, float, float, float]:
    """The lower left and upper right corners of a page, made ready for one more annotation."""
    from pyhanko.pdf_utils.generic import NullObject
    from pyhanko.sign.general import SigningError

    pages = int(writer.root["/Pages"]["/Count"])
    if number > pages:
        raise SigningError(f"it has {pages} page{'s' * (pages != 1)}")
    page = writer.find_page_for_modification(number - 1)[0].get_object()  # type: ignore[no-untyped-call]  # pyHanko's
    if "/Annots" in page and isinstance(page.raw_get("/Annots").get_object(), NullObject):
        del page["/Annots"]  # to pyHanko it would be a list
    box = _inherited(page, "/CropBox") or _inherited(page, "/MediaBox")
    if box is None:
        raise SigningError("the page has no MediaBox")
    x1, y1, x2, y2 = (float(box[index]) for index in range(4))
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _inherited(page: Any, name: str) -> Any:
    """What a page, or the nearest node of the tree above that has it, says; None where none does."""
    for _ in range(_DEEPEST):  # a damaged tree may go in circles
        if (value := _entry(page, name)) is not None:
            return value
        page = _entry(page, "/Parent")
    return None


def _entry(dictionary: Any, name: str) -> Any:
    """What a dictionary says, references followed; None where it does not, which null means too."""
    try:
        return None if dictionary is None else dictionary[name]
    except KeyError:
        return None


def _shown(name: str, moment: datetime) -> dict[str, str]:
    """The texts of the visible field."""
    return {
        "name": name.encode("latin-1", "replace").decode("latin-1"),  # what the field's font can show
        "ts": f"{moment:%Y-%m-%d %H:%M:%S} UTC",
    }


def _signed(writer: IncrementalPdfFileWriter, signer: PdfSigner, shown: dict[str, str]) -> bytes:
    # pyHanko runs an event loop of its own, which the thread that serves requests has already.
    with ThreadPoolExecutor(max_workers=1) as other_thread:
        work = other_thread.submit(
            signer.sign_pdf, writer, bytes_reserved=_CONTENT_BYTES, appearance_text_params=shown, output=io.BytesIO()
        )
        return bytes(work.result().getbuffer())
