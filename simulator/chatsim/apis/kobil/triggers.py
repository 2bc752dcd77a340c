"""What the SuperApp user can do: open the chat, write, choose, send a file, sign. Each makes one callback."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from chatsim.apis.kobil import contract, ids, party, payloads, thumbnails
from chatsim.apis.kobil.operations import SIGNATURE, keep_file
from chatsim.apis.kobil.party import Party
from chatsim.apis.kobil.state import Kobil, Media, Message
from chatsim.core import data
from chatsim.core.api import Call
from chatsim.core.effects import Callback
from chatsim.core.errors import Conflict, NotFound
from chatsim.core.http import Part, Reply
from chatsim.core.media import Blob
from chatsim.core.schemas import refused

_TYPES: Final = {
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "pdf": "application/pdf",
}


def open_chat(state: Kobil, call: Call) -> Reply:
    """Open the chat: `init`, every time [doc: "When user opens your chat service"]."""
    who = party.find(state, call)
    return _say(state, call, who, "init", "")


def send_text(state: Kobil, call: Call) -> Reply:
    """Write a text, in reply to a message or just so."""
    asked = _message(state, call.body.get("reply_to"))
    who = party.find(state, call) if asked is None else party.of(asked)
    return _say(state, call, who, "processChatMessage", call.body["text"], asked)


def choose(state: Kobil, call: Call) -> Reply:
    """Pick one of the choices of a message, by its text or by its place."""
    asked = _message(state, call.body.get("message_id"))
    if asked is None:
        who = party.find(state, call)
        asked = next((m for m in state.newest(who.conversation) if choices(m)), None)
        if asked is None:
            raise Conflict(
                f"service {who.service!r} has not asked user {who.user!r} to choose; send a choiceRequest first"
            )
    texts = choices(asked)
    if not texts:
        raise Conflict(f"message {asked.id} offers nothing to choose from: it is a {asked.type}")
    if (index := call.body.get("index")) is None:
        text = call.body["text"]
    elif index < len(texts):
        text = texts[index]
    else:
        raise refused("/index", f"there is no choice {index}; 0 to {len(texts) - 1} are: {', '.join(texts)}")
    if text not in texts:
        raise refused("/text", f"{text!r} is not among the choices {', '.join(map(repr, texts))}")
    return _say(state, call, party.of(asked), "choiceResponse", text, asked)


def send_attachment(state: Kobil, call: Call) -> Reply:
    """Send a file: an uploaded one, or one of the fixtures."""
    who = party.find(state, call)
    file = call.body.get("file")
    if file is None:
        file = _fixture(call, call.body.get("fixture", "photo.jpeg"))
    if (kind := call.body.get("content_type")) is not None:
        file = msgspec.structs.replace(file, content_type=kind)
    return _say(state, call, who, "attachmentMessage", "", file=file)


def sign(state: Kobil, call: Call) -> Reply:
    """Sign a document, or decline to."""
    request = _message(state, call.body.get("message_id"))
    if request is None:
        who = party.find(state, call)
        open_requests = (m for m in state.newest(who.conversation) if m.type == SIGNATURE and not m.answered)
        request = next(open_requests, None)
        if request is None:
            raise Conflict(f"service {who.service!r} waits for no signature of user {who.user!r}")
    if request.type != SIGNATURE:
        raise Conflict(f"message {request.id} asks for no signature: it is a {request.type}")
    status = call.body.get("status", "signed")
    url = request.content.get("callbackUrl") or party.callback_url(state, call, request.service)
    document = state.media[request.media or ""]
    signed = None
    if status == "signed":
        from chatsim.apis.kobil import pdf

        box = pdf.Box.of(request.content, call.quirk("kobil.coordinates"))
        signed = pdf.sign(
            document.blob, box, name=request.user, now=call.now, chance=call.ids.next_bytes("kobil-pdf", 32)
        )
    answer = _message_of(state, call, party.of(request), "signatureResponse", TEXTS[status], request)
    if signed is not None:
        # The sample's mediaId joins the request's id with a second one of the same kind.
        media = Media(
            id=ids.media_id(request.id, state.ids.next(call.now, call.ids.next_bytes("kobil-message", 4))),
            tenant=answer.tenant,
            service=answer.service,
            file_name=document.file_name,
            content_type="application/pdf",
            blob=signed,
        )
        state.media[media.id] = media
        answer.media = media.id
    request.answered = True
    body = payloads.signature(answer, request, status, state.media.get(answer.media or ""))
    return _post(call, answer, url, "signatureResponse", body)


TEXTS: Final = {"signed": "Signed", "declined": "Declined"}


def choices(message: Message) -> list[str]:
    """The texts that a message offers to choose from; none where it is not such a message."""
    if message.direction == "from_user":
        return []
    offered = message.content.get("messageContent", {}).get("choices", [])
    return [choice["text"] for choice in offered]


def _say(
    state: Kobil, call: Call, who: Party, kind: str, text: str, asked: Message | None = None, file: Part | None = None
) -> Reply:
    """Make the message of a user and its callback."""
    url = party.callback_url(state, call, who.service)
    thumbnail = "" if file is None else thumbnails.of(file.blob, file.content_type)
    message = _message_of(state, call, who, kind, text, asked)
    media = None
    if file is not None:
        message.media = keep_file(state, call, message, file)
        media = state.media[message.media]
    if asked is not None:
        asked.answered = True
    return _post(call, message, url, kind, payloads.chat(call, message, media, thumbnail))


def _message_of(state: Kobil, call: Call, who: Party, kind: str, text: str, asked: Message | None) -> Message:
    """Write down what a user says. Its instanceId is that of the message answered, else the conversation's last."""
    party.enter(state, who)
    last = asked or next(state.newest(who.conversation), None)
    instance_id = ids.DEFAULT_INSTANCE_PREFIX + call.ids.uuid("kobil-instance") if last is None else last.instance_id
    message = Message(
        id=state.ids.next(call.now, call.ids.next_bytes("kobil-message", 4)),
        direction="from_user",
        type=kind,
        at=call.now,
        tenant=who.tenant,
        service=who.service,
        user=who.user,
        instance_id=instance_id,
        text=text,
        answers=None if asked is None else asked.id,
    )
    state.add(message)
    return message


def _post(call: Call, message: Message, url: str, kind: str, body: Any) -> Reply:
    contract.vouch(call, kind, body)
    callback = Callback(topic=message.conversation, url=url, body=body, about=kind)
    return Reply(body={"message_id": message.id}, effects=(callback,))


def _message(state: Kobil, name: str | None) -> Message | None:
    """The message of the service that is meant, None where none was named."""
    if name is None:
        return None
    message = state.messages.get(name)
    if message is None or message.direction == "from_user":
        raise NotFound(f"the service sent no message {name!r}", code="unknown_message")
    return message


def _fixture(call: Call, name: str) -> Part:
    """A sample file; a picture is named as the phone's camera names it."""
    folder = data.fixtures() / "kobil" / "media"
    names = sorted(one.name for one in folder.iterdir())
    if name not in names:
        raise refused("/fixture", f"there is no fixture {name!r}; there are: {', '.join(names)}")
    extension = name.rpartition(".")[2]
    kind = _TYPES[extension]
    shown = ids.camera_file_name(call.now, extension) if kind.startswith("image/") else name
    return Part(name="file", filename=shown, content_type=kind, blob=Blob.of((folder / name).read_bytes()))
