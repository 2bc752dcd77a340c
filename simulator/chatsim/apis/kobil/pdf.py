"""Signing a PDF as the SuperApp does it: a visible, digitally signed field where the request asked for one.

pyHanko (the extra `[pdf]`) is loaded by the first signature. The signer's key is published and proves nothing.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import msgspec

from chatsim.core import data
from chatsim.core.clock import SECOND
from chatsim.core.errors import Conflict, NotImplementedHere
from chatsim.core.media import Blob

if TYPE_CHECKING:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.signers import PdfSigner, SimpleSigner

# What pyHanko may stumble over in a document or a box, beside errors of its own.
_BROKEN: Final = (ArithmeticError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
_CONTENT_BYTES: Final = 8192  # room for the signature container: ours takes about 2 kB

_HEAD: Final = 1024  # so far in may the header stand, and so far from the end what ends the file
_TAIL: Final = 4096
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

    That finds what was cut off or mangled on its way; what is wrong deeper inside only shows when it is signed.
    """
    header = document.read(0, _HEAD).find(b"%PDF-")
    if header < 0:
        return "%PDF- is missing at its beginning"
    ends = _END.findall(document.read(max(document.size - _TAIL, 0)))
    if not ends:
        return "startxref is missing at its end, so it was cut off or changed on its way"
    for start in (int(ends[-1]), int(ends[-1]) + header):  # some count from the header
        if _TABLE.search(document.read(max(start - _NEAR, 0), start + 2 * _NEAR)):
            return ""
    return f"there is no cross-reference table at byte {int(ends[-1])}, where its end says"


def sign(document: Blob, box: Box, *, name: str, now: int, chance: bytes) -> Blob:
    """The document with one signature more, in the name of a user, dated `now`; `chance` are 32 bytes for its id.

    Raises NotImplementedHere without pyHanko, Conflict where the document cannot be signed as asked.
    """
    if find_spec("pyhanko") is None:
        raise NotImplementedHere('signing needs pyHanko: pip install "chatsim[pdf]"')
    from pyhanko.pdf_utils.generic import ArrayObject, ByteStringObject
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.general import SigningError

    class StableWriter(IncrementalPdfFileWriter):
        """Writes no date of the wall clock into the document's properties."""

        def _update_meta(self) -> None: ...

    moment = datetime.fromtimestamp(now // SECOND, UTC)
    try:
        writer = StableWriter(io.BytesIO(document.read()), strict=False)
        # Its own choice for the document's id would be random.
        writer._document_id = ArrayObject([ByteStringObject(chance[:16]), ByteStringObject(chance[16:])])  # noqa: SLF001
        return Blob.of(_signed(writer, _signer(writer, box, name, moment), name, moment))
    except (PdfError, SigningError, *_BROKEN) as error:
        raise Conflict(f"the document cannot be signed on page {box.page}: {error}") from error


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

    area = box.on(_page_box(writer, box.page - 1))
    if area[0] == area[2] or area[1] == area[3]:
        raise SigningError("its area is less than a point wide or high")
    field = f"Signature {moment:%Y-%m-%d} {len(writer.prev.embedded_signatures) + 1}"
    return DatedSigner(
        PdfSignatureMetadata(field_name=field, name=name, reason="Signed in the SuperApp", md_algorithm="sha256"),
        _certificate(),
        stamp_style=TextStampStyle(stamp_text="Signed by %(name)s\n%(ts)s", border_width=1),
        new_field_spec=SigFieldSpec(field, on_page=box.page - 1, box=area),
    )


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


def _page_box(writer: IncrementalPdfFileWriter, index: int) -> tuple[float, float, float, float]:
    page = writer.find_page_for_modification(index)[0].get_object()  # type: ignore[no-untyped-call]  # pyHanko's
    while "/CropBox" not in page and "/MediaBox" not in page:
        page = page["/Parent"]
    left, bottom, right, top = (float(value) for value in page.get("/CropBox", page.get("/MediaBox")))
    return left, bottom, right, top


def _signed(writer: IncrementalPdfFileWriter, signer: PdfSigner, name: str, moment: datetime) -> bytes:
    shown = {
        "name": name.encode("latin-1", "replace").decode("latin-1"),  # what the field's font can show
        "ts": f"{moment:%Y-%m-%d %H:%M:%S} UTC",
    }
    # pyHanko runs an event loop of its own, which the thread that serves requests has already.
    with ThreadPoolExecutor(max_workers=1) as other_thread:
        work = other_thread.submit(
            signer.sign_pdf, writer, bytes_reserved=_CONTENT_BYTES, appearance_text_params=shown, output=io.BytesIO()
        )
        return bytes(work.result().getbuffer())
