"""Signing documents as the SuperApp user: the result, its address, and that the signature is real."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from kobil_desk import SERVICE, SIGNATURE_DATA, USERS, KobilDesk, field, file
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from chatsim.apis.kobil import API, ids
from chatsim.core import data
from chatsim.core.errors import Conflict, NotImplementedHere

FIXTURES = data.fixtures() / "kobil"
CALLBACK = "http://127.0.0.1:3000/callback?secret=s3"
DATA = {
    **SIGNATURE_DATA,
    "callbackUrl": "https://miniapp.example/path?a=b",
    "instanceId": "contract 7",
}
WHO = {"tenant": "flutter", "service": SERVICE, "user": "john"}


@pytest.fixture
def desk() -> KobilDesk:
    """KOBIL with a callback address for every service."""
    desk = KobilDesk(apis=[API])
    desk.world.settings["kobil.callback_url"] = CALLBACK
    return desk


def ask_to_sign(desk: KobilDesk, raw: bytes | None = None, world: str = "default", **members: Any) -> str:
    """Send a signature request and give its id."""
    raw = (FIXTURES / "media" / "agreement.pdf").read_bytes() if raw is None else raw
    document = file("signatureFile", raw, "Agreement.pdf", "application/pdf")
    path = f"{USERS}/john/signature"
    return str(desk.form(path, document, field("signatureData", {**DATA, **members}), world=world).data["messageId"])


def url_of_last(desk: KobilDesk) -> str:
    """Where the newest callback goes."""
    return list(desk.world.outbox.deliveries.values())[-1].url


def test_signed_document_is_posted(desk: KobilDesk) -> None:
    """The result goes to the request's callbackUrl, with the request's id and without the chat's members."""
    request = ask_to_sign(desk)
    message = desk.act("sign", **WHO)
    assert list(message) == ["content", "from", "messageId", "responseId", "timestamp", "serviceUuid", "instanceId"]
    assert (message["messageId"], message["instanceId"]) == (request, "contract 7")
    assert message["responseId"] > request
    assert (message["content"]["signatureStatus"], message["content"]["messageContent"]) == (
        "signed",
        {"messageText": "Signed"},
    )
    assert url_of_last(desk) == "https://miniapp.example/path?a=b"


def test_signed_documents_media_id_joins_two_ids(desk: KobilDesk) -> None:
    """The mediaId names the request and a second id of the same kind."""
    request = ask_to_sign(desk)
    media = desk.act("sign", **WHO)["content"]["mediaContent"]
    carrier, second = ids.decode_media_id(media["mediaId"])
    assert (carrier, second > request, ids.decode_message_id(second).at_ms) == (request, True, desk.time // 1_000_000)


def signed(desk: KobilDesk, world: str = "default") -> bytes:
    """Let the user sign and download the result."""
    media = desk.act("sign", world=world, **WHO)["content"]["mediaContent"]
    token = desk.token(world=world)
    answer = desk.ask("GET", f"/v1/mpower/tenants/flutter/media/{media['mediaId']}/download", token=token, world=world)
    assert len(answer.body) == media["fileSize"]
    return answer.body


def box_of(raw: bytes) -> list[int]:
    """The rectangle of the newest signature of a document."""
    return [int(value) for value in PdfFileReader(io.BytesIO(raw)).embedded_signatures[-1].sig_field["/Rect"]]


def test_signature_is_real(desk: KobilDesk) -> None:
    """A validator finds the document intact and the signature good, dated by the world's clock."""
    ask_to_sign(desk)
    roots = load_certs_from_pemder_data((FIXTURES / "signer" / "certificate.pem").read_bytes())
    [signature] = PdfFileReader(io.BytesIO(signed(desk))).embedded_signatures
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=list(roots)))
    assert (status.bottom_line, status.summary()) == (True, "INTACT:TRUSTED,UNTOUCHED")
    assert f"{status.signer_reported_dt:%Y-%m-%dT%H:%M:%S}" == "2026-01-01T12:00:00"


def test_signature_lies_where_it_was_asked_for(desk: KobilDesk) -> None:
    """Corners are per cent of the page: 59 to 85 and 89 to 96 of A4."""
    ask_to_sign(desk)
    assert box_of(signed(desk)) == [351, 749, 506, 808]


def test_corners_may_be_the_other_way_round(desk: KobilDesk) -> None:
    """Older requests name the corners in any order."""
    ask_to_sign(desk, topRightXCoordinate=30, topRightYCoordinate=30)
    assert box_of(signed(desk)) == [178, 253, 351, 749]


def test_coordinates_are_a_switch(desk: KobilDesk) -> None:
    """kobil.coordinates=points takes them as points."""
    desk.world.quirks["kobil.coordinates"] = "points"
    ask_to_sign(desk)
    assert box_of(signed(desk)) == [59, 89, 85, 96]


def test_signed_document_can_be_signed_again(desk: KobilDesk) -> None:
    """A second signature leaves the first one in place."""
    ask_to_sign(desk)
    once = signed(desk)
    ask_to_sign(desk, once)
    assert len(PdfFileReader(io.BytesIO(signed(desk))).embedded_signatures) == 2


def test_signed_documents_are_equal_in_equal_worlds(desk: KobilDesk) -> None:
    """Same seed, same moment: the same bytes."""
    documents = []
    for name in ("a", "b"):
        desk.make_world(name)
        ask_to_sign(desk, world=name)
        documents.append(signed(desk, name))
    assert documents[0] == documents[1]


def test_box_that_has_become_too_small_is_told(desk: KobilDesk) -> None:
    """Corners that were per cent when they were sent, and are points now: 409, and the request stays open."""
    request = ask_to_sign(desk, topRightXCoordinate=59.3)
    desk.world.quirks["kobil.coordinates"] = "points"
    with pytest.raises(Conflict, match="cannot be signed"):
        desk.act("sign", **WHO)
    assert desk.act("sign", **WHO, status="declined")["messageId"] == request


def test_declined_document_has_no_media(desk: KobilDesk) -> None:
    """A refusal to sign has its own status and text, and no file."""
    ask_to_sign(desk)
    content = desk.act("sign", **WHO, status="declined")["content"]
    assert (content["signatureStatus"], "mediaContent" in content) == ("declined", False)


def test_signing_needs_the_extra(desk: KobilDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pyHanko the trigger says what to install."""
    ask_to_sign(desk)
    monkeypatch.setitem(sys.modules, "pyhanko", None)
    with pytest.raises(NotImplementedHere, match=r"chatsim\[pdf\]"):
        desk.act("sign", **WHO)


def test_result_without_an_address_goes_to_the_registered_one(desk: KobilDesk) -> None:
    """A request without callbackUrl is answered where all callbacks go."""
    document = file("signatureFile", (FIXTURES / "media" / "agreement.pdf").read_bytes(), "a.pdf")
    data_ = {name: value for name, value in DATA.items() if name != "callbackUrl"}
    desk.form(f"{USERS}/john/signature", document, field("signatureData", data_))
    desk.act("sign", **WHO)
    assert url_of_last(desk) == CALLBACK


def test_open_requests_are_answered_newest_first(desk: KobilDesk) -> None:
    """Each sign answers the newest request that is still open."""
    first, second = ask_to_sign(desk), ask_to_sign(desk)
    answered = [desk.act("sign", **WHO, status="declined")["messageId"] for _ in range(2)]
    assert answered == [second, first]


def test_user_signs_by_itself(desk: KobilDesk) -> None:
    """A signature request is signed."""
    desk.world.settings["kobil.auto_reply"] = "echo"
    desk.world.clock.freeze()
    ask_to_sign(desk)
    desk.move(1)
    assert [message["content"]["messageType"] for message in desk.posted()] == ["signatureResponse"]
