"""The bodies that are posted to a service: members in the order of the document's samples."""

from __future__ import annotations

from typing import Any

from chatsim.apis.kobil import ids
from chatsim.apis.kobil.state import Media, Message
from chatsim.core.api import Call
from chatsim.core.files import as_text


def chat(call: Call, message: Message, media: Media | None = None, thumbnail: str = "") -> dict[str, Any]:
    """What the user said: `init`, `processChatMessage`, `choiceResponse` or `attachmentMessage`."""
    content: dict[str, Any] = {}
    if media is not None:
        content["mediaContent"] = _media(media, thumbnail)
    content["messageContent"] = {"messageText": message.text}
    content["messageType"] = message.type
    content["version"] = 3
    body: dict[str, Any] = {
        "category": "chat",
        "content": content,
        "conversationId": message.conversation,
        "from": _from(message),
        "idempotencyId": call.ids.uuid("kobil-idempotency"),
        "messageId": message.id,
    }
    if message.type == "init" and call.quirk("kobil.init-response-id") == "present":
        body["responseId"] = message.id
    return {"message": {**body, **_tail(message)}}


def signature(message: Message, request: Message, status: str, media: Media | None) -> dict[str, Any]:
    """What became of a signature request. Here messageId is the request's, and responseId this answer's."""
    content: dict[str, Any] = {}
    if media is not None:
        content["mediaContent"] = _media(media, "")
    content["messageContent"] = {"messageText": message.text}
    content["messageType"] = "signatureResponse"
    content["signatureStatus"] = status
    content["version"] = 3
    body = {"content": content, "from": _from(message), "messageId": request.id, "responseId": message.id}
    return {"message": {**body, **_tail(message)}}


def _media(media: Media, thumbnail: str) -> dict[str, Any]:
    # A part's head may hold any bytes. The real server reads it somehow before it writes JSON: as UTF-8 here [guess].
    return {
        "contentType": as_text(media.content_type),
        "fileName": as_text(media.file_name),
        "fileSize": media.blob.size,
        "thumbnailPreview": thumbnail,
        "mediaId": media.id,
    }


def _from(message: Message) -> dict[str, Any]:
    return {"ecoId": message.tenant, "userId": message.user}


def _tail(message: Message) -> dict[str, Any]:
    return {
        "timestamp": ids.timestamp(message.at),
        "serviceUuid": message.service,
        "instanceId": message.instance_id,
    }
