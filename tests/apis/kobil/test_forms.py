"""Attachments and signature requests: forms of a file and a JSON part, and the download of files."""

from __future__ import annotations

from typing import Any

import pytest
from kobil_desk import SIGNATURE_DATA, USERS, KobilDesk, field, file, text
from pdfs import CATALOG, PAGE, PAGES, document

from chatsim.apis.kobil import ids
from chatsim.core.http import Part
from chatsim.core.json import encode

MEDIA = f"{USERS}/44444444444/media"
SIGNATURE = f"{USERS}/44444444444/signature"
PICTURE = file("attachment", b"\xff\xd8\xff")
WHOLE = document(CATALOG, PAGES, PAGE)
PDF = file("signatureFile", WHOLE, "Agreement.pdf", "application/pdf")
DATA = {
    "version": 3,
    **SIGNATURE_DATA,
    "callbackUrl": "https://miniapp.example/path?a=b",
}


def attachment(**members: Any) -> dict[str, Any]:
    """The JSON of an attachment."""
    return text("", messageType="attachmentMessage", **members)


def notes_of(desk: KobilDesk, *parts: Part, path: str = MEDIA, world: str = "default") -> tuple[int, list[str], str]:
    """Status, codes of the remarks, and bug."""
    answer = desk.form(path, *parts, world=world)
    return answer.status, answer.notes, answer.bug


@pytest.mark.parametrize("path", [MEDIA, f"{MEDIA}/", f"{MEDIA}Chat", f"{MEDIA}Chat/?category=x"])
def test_attachment_is_acknowledged(desk: KobilDesk, path: str) -> None:
    """A file with its JSON is acknowledged, under its older address too."""
    answer = desk.form(path, PICTURE, field("message", attachment()))
    assert (answer.status, list(answer.data), answer.bug) == (200, ["messageId", "instanceId"], "")


def test_signature_request_is_acknowledged(desk: KobilDesk) -> None:
    """A PDF with its data is acknowledged."""
    answer = desk.form(SIGNATURE, PDF, field("signatureData", DATA))
    assert (answer.status, list(answer.data), answer.bug) == (200, ["messageId", "instanceId"], "")


@pytest.mark.parametrize(
    ("part", "notes"),
    [
        (field("message", attachment()), []),
        (field("message", attachment(), "application/json"), []),
        (field("message", attachment(), "application/json", "message.json"), ["json_as_file"]),
    ],
    ids=["field", "typed field", "file"],
)
def test_json_part_has_three_shapes(desk: KobilDesk, part: Part, notes: list[str]) -> None:
    """A plain field, one with a content type, and a file are all taken; the file is noted."""
    assert notes_of(desk, PICTURE, part) == (200, notes, "")


TOLERATED: dict[str, tuple[str, tuple[Part, ...]]] = {
    "json_as_file": (MEDIA, (PICTURE, field("message", attachment(), filename="message.json"))),
    "instance_id_part": (MEDIA, (PICTURE, field("message", attachment()), field("instanceId", b"mine"))),
    "extra_part": (MEDIA, (PICTURE, field("message", attachment()), field("other", b"x"))),
    "coordinates_beyond_page": (SIGNATURE, (PDF, field("signatureData", {**DATA, "topRightXCoordinate": 300}))),
    "undocumented_member": (MEDIA, (PICTURE, field("message", attachment(sizeBytes=3)))),
}


@pytest.mark.parametrize("code", TOLERATED)
def test_every_tolerance_is_noted_and_refused_when_strict(desk: KobilDesk, code: str) -> None:
    """Each leniency leaves its code in the journal; a strict world answers 400 instead."""
    path, parts = TOLERATED[code]
    desk.make_world("strict", strict=True)
    assert notes_of(desk, *parts, path=path) == (200, [code], "")
    status, _, bug = notes_of(desk, *parts, path=path, world="strict")
    assert (status, bug) == (400, "")


def test_every_tolerance_is_declared() -> None:
    """The codes that are used are those that the API lists."""
    from chatsim.apis.kobil import API

    assert TOLERATED.keys() == API.tolerances.keys()


def test_what_clients_add_to_an_attachment_is_accepted(desk: KobilDesk) -> None:
    """fileName, mimeType and sizeBytes in the content are known from the field."""
    content = {"messageText": "", "fileName": "a.jpg", "mimeType": "image/jpeg", "sizeBytes": 3}
    assert notes_of(desk, PICTURE, field("message", attachment(messageContent=content))) == (
        200,
        ["undocumented_member"],
        "",
    )


def test_instance_id_as_a_part_is_used(desk: KobilDesk) -> None:
    """An instanceId of its own in the form comes back."""
    long = "mine" * 1000
    answer = desk.form(MEDIA, PICTURE, field("message", attachment()), field("instanceId", long.encode()))
    assert answer.data["instanceId"] == long


REFUSED = {
    "no json": (MEDIA, PICTURE),
    "no file": (MEDIA, field("message", attachment())),
    "file without a name": (MEDIA, field("attachment", b"x"), field("message", attachment())),
    "instanceId that is no text": (MEDIA, PICTURE, field("message", attachment()), field("instanceId", b"\xff")),
    "free text": (MEDIA, PICTURE, field("message", b"Hello")),
    "empty text": (MEDIA, PICTURE, field("message", b"")),
    "json text": (MEDIA, PICTURE, field("message", b'"Hello"')),
    "other type": (MEDIA, PICTURE, field("message", text())),
    "no pdf": (SIGNATURE, file("signatureFile", b"\xff\xd8", "a.pdf"), field("signatureData", DATA)),
    "page 0": (SIGNATURE, PDF, field("signatureData", {**DATA, "pageNumber": 0})),
    "page 1.5": (SIGNATURE, PDF, field("signatureData", {**DATA, "pageNumber": 1.5})),
    "version 2": (SIGNATURE, PDF, field("signatureData", {**DATA, "version": 2})),
    "text corner": (SIGNATURE, PDF, field("signatureData", {**DATA, "topRightXCoordinate": "85"})),
    "relative url": (SIGNATURE, PDF, field("signatureData", {**DATA, "callbackUrl": "/path"})),
    "misspelt": (SIGNATURE, file("sigantureFile", WHOLE, "a.pdf"), field("sigantureData", DATA)),
    "no service": (SIGNATURE, PDF, field("signatureData", {k: v for k, v in DATA.items() if k != "serviceUuid"})),
}


@pytest.mark.parametrize("parts", REFUSED.values(), ids=REFUSED.keys())
def test_broken_form_is_refused(desk: KobilDesk, parts: tuple[Any, ...]) -> None:
    """A missing part, no JSON, a wrong member, no PDF: 400 with a text."""
    path, *rest = parts
    answer = desk.form(path, *rest)
    assert (answer.status, list(answer.data), answer.bug) == (400, ["error"], "")


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"\n" * 1024 + WHOLE, "%PDF- is missing"),
        (WHOLE[:-17], "startxref is missing"),
        (WHOLE.replace(b"\n", b"\r\n" * 30), "no cross-reference table at byte 186"),
        (WHOLE.replace(b"186", b"999999999999"), "no cross-reference table at byte 999999999999"),
    ],
    ids=["no header", "cut off", "mangled", "pointing nowhere"],
)
def test_broken_pdf_is_refused(desk: KobilDesk, raw: bytes, says: str) -> None:
    """When it is sent, not only when somebody signs it."""
    answer = desk.form(SIGNATURE, file("signatureFile", raw, "a.pdf"), field("signatureData", DATA))
    assert (answer.status, answer.bug) == (400, "")
    assert answer.data["error"].startswith("part signatureFile ('a.pdf') is no PDF: ")
    assert says in answer.data["error"]


@pytest.mark.parametrize(("corner", "value"), [("topRightXCoordinate", 59), ("topRightYCoordinate", 89.0)])
@pytest.mark.parametrize("coordinates", ["percent", "points"])
def test_empty_area_is_refused(desk: KobilDesk, coordinates: str, corner: str, value: float) -> None:
    """A signature without width or height could not be seen."""
    desk.make_world("odd", quirks={"kobil.coordinates": coordinates})
    answer = desk.form(SIGNATURE, PDF, field("signatureData", {**DATA, corner: value}), world="odd")
    assert (answer.status, answer.bug) == (400, "")
    assert "no width or no height" in answer.data["error"]


def test_oversized_json_part_is_refused(desk: KobilDesk) -> None:
    """A JSON part beyond a mebibyte is not read into memory."""
    part = field("message", b'"' + b"x" * 1024 * 1024 + b'"')
    assert desk.form(MEDIA, PICTURE, part).status == 400


def test_other_content_type_is_refused(desk: KobilDesk) -> None:
    """JSON instead of a form: 415."""
    answer = desk.ask("POST", MEDIA, attachment(), token=desk.token())
    assert (answer.status, answer.data) == (415, {"error": "HTTP 415 Unsupported Media Type"})


@pytest.mark.parametrize(
    ("path", "parts"),
    [(MEDIA, (PICTURE, field("message", attachment()))), (SIGNATURE, (PDF, field("signatureData", DATA)))],
)
def test_service_of_a_form_must_be_the_tokens_client(desk: KobilDesk, path: str, parts: tuple[Part, ...]) -> None:
    """serviceUuid inside a part counts as that of a JSON body does."""
    answer = desk.form(path, *parts, service="other")
    assert (answer.status, answer.data) == (401, {"error": "HTTP 401 Unauthorized"})


def test_older_signature_data_needs_no_version(desk: KobilDesk) -> None:
    """Integrations of older documents send no version and corners the other way round."""
    older = {**DATA, "topRightXCoordinate": 30, "topRightYCoordinate": 30}
    del older["version"]
    assert desk.form(SIGNATURE, PDF, field("signatureData", older)).status == 200


def test_misspelt_parts_are_a_switch(desk: KobilDesk) -> None:
    """kobil.signature-parts=misspelt takes the names of older tables."""
    desk.make_world("older", quirks={"kobil.signature-parts": "misspelt"})
    parts = (file("sigantureFile", WHOLE, "a.pdf"), field("sigantureData", DATA))
    assert notes_of(desk, *parts, path=SIGNATURE, world="older") == (200, [], "")


def test_points_are_a_switch(desk: KobilDesk) -> None:
    """With kobil.coordinates=points no number is beyond the page."""
    desk.make_world("points", quirks={"kobil.coordinates": "points"}, strict=True)
    part = field("signatureData", {**DATA, "topRightXCoordinate": 300})
    assert notes_of(desk, PDF, part, path=SIGNATURE, world="points") == (200, [], "")


def download(desk: KobilDesk, tenant: str = "flutter", **changes: Any) -> str:
    """Send a picture and give the path of its download."""
    sent = desk.form(MEDIA, PICTURE, field("message", attachment()), **changes)
    state = desk.world.state("kobil")
    return f"/v1/mpower/tenants/{tenant}/media/{state.messages[sent.data['messageId']].media}/download"


def test_file_comes_back(desk: KobilDesk) -> None:
    """The service gets the bytes that it sent."""
    answer = desk.ask("GET", download(desk), token=desk.token())
    assert (answer.status, answer.body, answer.bug) == (200, b"\xff\xd8\xff", "")


def test_media_id_may_be_encoded(desk: KobilDesk) -> None:
    """An equals sign may be written as %3D."""
    path = download(desk)
    assert "=" in path
    assert desk.ask("GET", path.replace("=", "%3D"), token=desk.token()).status == 200


def test_media_id_names_its_message(desk: KobilDesk) -> None:
    """The mediaId decodes to the message's id and a UUID."""
    sent = desk.form(MEDIA, PICTURE, field("message", attachment())).data["messageId"]
    message, uuid = ids.decode_media_id(desk.world.state("kobil").messages[sent].media)
    assert (message, len(uuid)) == (sent, 36)


def test_file_of_another_service_is_refused(desk: KobilDesk) -> None:
    """The token of another client: the documented 401."""
    answer = desk.ask("GET", download(desk), token=desk.token("other"))
    assert (answer.status, answer.data) == (401, {"error": "HTTP 401 Unauthorized"})


def test_file_of_another_tenant_does_not_exist(desk: KobilDesk) -> None:
    """Another tenant does not hold the file."""
    answer = desk.ask("GET", download(desk, "johndoe123"), token=desk.token(realm="johndoe123"))
    assert (answer.status, answer.data) == (404, {"error": "HTTP 404 Not Found"})


@pytest.mark.parametrize("name", ["x", "QUI6Qg==", "a%2Fb"])
def test_unknown_file_does_not_exist(desk: KobilDesk, name: str) -> None:
    """A mediaId that nobody has: 404 as JSON."""
    answer = desk.ask("GET", f"/v1/mpower/tenants/flutter/media/{name}/download", token=desk.token())
    assert (answer.status, answer.data) == (404, {"error": "HTTP 404 Not Found"})


def test_download_needs_a_token(desk: KobilDesk) -> None:
    """Without a token: 401."""
    assert desk.ask("GET", download(desk)).status == 401


def test_untyped_file_has_the_type_of_unknown_bytes(desk: KobilDesk) -> None:
    """A part without a content type is kept as unknown bytes."""
    sent = desk.form(MEDIA, file("attachment", b"x", content_type=""), field("message", attachment()))
    state = desk.world.state("kobil")
    assert state.media[state.messages[sent.data["messageId"]].media].content_type == "application/octet-stream"


def test_json_part_may_hold_any_text(desk: KobilDesk) -> None:
    """What UTF-8 cannot hold survives in a part too."""
    raw = encode(attachment(messageContent={"messageText": "\ud800"}))
    sent = desk.form(MEDIA, PICTURE, field("message", raw))
    assert desk.world.state("kobil").messages[sent.data["messageId"]].text == "\ud800"
