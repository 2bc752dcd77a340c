"""What a service may do: send messages, files and signature requests, and download files."""

from __future__ import annotations

from typing import Any, Final

from chatsim.apis.kobil import access, contract, ids
from chatsim.apis.kobil.errors import MediaUnknown, OtherService
from chatsim.apis.kobil.forms import Form
from chatsim.apis.kobil.state import Kobil, Media, Message
from chatsim.core.api import Call
from chatsim.core.effects import Later
from chatsim.core.errors import Invalid
from chatsim.core.http import File, Part, Reply
from chatsim.core.json import encode
from chatsim.core.targets import malformed

AUTO_REPLY_AFTER_S: Final = 1.0
UNTYPED: Final = "application/octet-stream"
CORNERS: Final = ("bottomLeftXCoordinate", "bottomLeftYCoordinate", "topRightXCoordinate", "topRightYCoordinate")
SIGNATURE: Final = "signatureRequest"
"""Our word: a signature request has no messageType on the wire."""


def send_message(state: Kobil, call: Call) -> Reply:
    """Plain text, a choice, or a link to another MiniApp."""
    body = call.body
    contract.hold(call, contract.message_schema(call, body), body)
    return _keep(state, call, body, body["messageType"], body["messageContent"]["messageText"])


def send_attachment(state: Kobil, call: Call) -> Reply:
    """A file with a text."""
    form: Form = call.body
    body, file = _both(form, "message", "attachment")
    contract.hold(call, contract.ATTACHMENT, body)
    _tolerate(call, form)
    return _keep(state, call, body, "attachmentMessage", body["messageContent"]["messageText"], file)


def request_signature(state: Kobil, call: Call) -> Reply:
    """A PDF that the user is asked to sign."""
    from chatsim.apis.kobil import pdf

    form: Form = call.body
    body, file = _both(form, "signatureData", "signatureFile")
    contract.hold(call, contract.SIGNATURE_DATA, body)
    if flaw := pdf.flaw(file.blob):
        raise Invalid(f"part signatureFile ({file.filename!r}) is no PDF: {flaw}")
    url = body.get("callbackUrl")
    if url is not None and (problem := malformed(url)):
        raise Invalid(f"callbackUrl: {problem}")
    coordinates = call.quirk("kobil.coordinates")
    box = pdf.Box.of(body, coordinates)
    if box.empty:
        raise Invalid("the signature's area has no width or no height: give two corners that differ in x and in y")
    if coordinates == "percent" and not all(0 <= body[name] <= 100 for name in CORNERS):
        call.tolerate("coordinates_beyond_page", "coordinates are per cent of the page, from 0 to 100")
    # The real answer to a document that cannot be signed, or has no such page, is unknown: told at once [guess].
    if problem := pdf.hindrance(file.blob, box, name=call.params["user_id"], now=call.now):
        raise Invalid(f"part signatureFile ({file.filename!r}): {problem}")
    _tolerate(call, form)
    return _keep(state, call, body, SIGNATURE, body["messageText"], file)


def download_media(state: Kobil, call: Call) -> Reply:
    """A file of a message, for the client of its service."""
    media = state.media.get(call.params["media_id"])
    if media is None or media.tenant != call.params["tenant"]:
        raise MediaUnknown
    # "a token obtained from the client that sent the media" [doc]; what the user sent belongs to the service it
    # was sent to [guess], which is the only client involved.
    if call.principal is None or call.principal.id != media.service:
        raise OtherService(f"the file belongs to service {media.service!r}")
    return Reply(body=File(blob=media.blob, content_type=media.content_type, filename=media.file_name))


def _both(form: Form, json_part: str, file_part: str) -> tuple[Any, Part]:
    if form.data is None:
        raise Invalid(f"the form has no part {json_part} with the message as JSON")
    if form.file is None or form.file.filename is None:
        raise Invalid(f"the form has no part {file_part} with a file (a part with a filename)")
    return form.data, form.file


def _tolerate(call: Call, form: Form) -> None:
    for code, text in form.tolerated:
        call.tolerate(code, text)


def _keep(state: Kobil, call: Call, body: Any, kind: str, text: str, file: Part | None = None) -> Reply:
    """Everything was checked: write the message down and acknowledge it."""
    tenant, service = call.params["tenant"], body["serviceUuid"]
    user = access.addressee(state, call)
    state.add_service(service)
    instance_id = body.get("instanceId")
    if instance_id is None:
        instance_id = ids.DEFAULT_INSTANCE_PREFIX + call.ids.uuid("kobil-instance")
    message = Message(
        id=state.ids.next(call.now, call.ids.next_bytes("kobil-message", 4)),
        direction="to_user",
        type=kind,
        at=call.now,
        tenant=tenant,
        service=service,
        user=user.id,
        instance_id=instance_id,
        text=text,
        raw=encode(body),
    )
    if file is not None:
        message.media = keep_file(state, call, message, file)
    state.add(message)
    effects: tuple[Later, ...] = ()
    if call.setting("kobil.auto_reply") != "off":
        effects = (Later(operation="auto_reply", args={"message_id": message.id}, after_s=AUTO_REPLY_AFTER_S),)
    return Reply(body={"messageId": message.id, "instanceId": instance_id}, effects=effects)


def keep_file(state: Kobil, call: Call, message: Message, file: Part) -> str:
    """Keep a message's file and return its mediaId."""
    media = Media(
        id=ids.media_id(message.id, call.ids.uuid("kobil-media")),
        tenant=message.tenant,
        service=message.service,
        file_name=file.filename or "",
        content_type=file.content_type or UNTYPED,
        blob=file.blob,
    )
    state.media[media.id] = media
    return media.id
