"""Bodies as KOBIL reads them: JSON by its content type, and forms of one JSON part and one file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from chatsim.core.api import Call, decode_json
from chatsim.core.errors import Malformed, UnsupportedMediaType
from chatsim.core.http import JSON, Body, Part
from chatsim.core.json import BadJson, decode

LONGEST: Final = 1024 * 1024

# The document writes signatureFile and signatureData, its predecessor's tables misspelt both [source].
MISSPELT: Final = {"sigantureFile": "signatureFile", "sigantureData": "signatureData"}


class Form(msgspec.Struct):
    """A form taken apart. `data` is the JSON part's value, None where there is no such part."""

    data: Any = None
    file: Part | None = None
    tolerated: list[tuple[str, str]] = []
    """Codes and texts of what the document does not have; for `Call.tolerate`, once the caller is known."""


def decode_message(call: Call, body: Body) -> Any:
    """The JSON of a message."""
    if call.request.content_type != JSON:
        raise UnsupportedMediaType(f"Content-Type {call.request.content_type!r}, expected {JSON}")
    if not body.raw:
        raise Malformed("the body is empty, expected a JSON object with serviceUuid, messageType, version, …")
    return decode_json(call, body)


def form_decoder(json_part: str, file_part: str) -> Callable[[Call, Body], Form]:
    """A decoder of forms with these two parts."""

    def decode_form(call: Call, body: Body) -> Form:
        if call.request.content_type != "multipart/form-data":
            raise UnsupportedMediaType(f"Content-Type {call.request.content_type!r}, expected multipart/form-data")
        if body.parts is None:
            raise Malformed(body.problem or f"the form is empty, expected the parts {file_part} and {json_part}")
        form, instance_id = Form(), None
        for part in body.parts:
            name = part.name
            if call.quirk("kobil.signature-parts") == "misspelt":
                name = MISSPELT.get(name, name)
            if name == json_part and form.data is None:
                form.data = _json(part)
                if part.filename is not None:
                    form.tolerated.append(("json_as_file", f"part {name} came as the file {part.filename!r}"))
            elif name == file_part and form.file is None:
                form.file = part
            elif name == "instanceId" and instance_id is None:
                instance_id = _text(part)
            else:
                form.tolerated.append(("extra_part", f"part {name} was ignored"))
        if instance_id is not None:
            form.tolerated.append(("instance_id_part", "instanceId came as a part, not inside the JSON"))
            if isinstance(form.data, dict):
                form.data.setdefault("instanceId", instance_id)
        return form

    return decode_form


def _text(part: Part) -> str:
    try:
        return _short(part).decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"part {part.name} is no UTF-8: {error.reason} at byte {error.start}") from error


def _json(part: Part) -> Any:
    try:
        return decode(_short(part))
    except BadJson as error:
        raise Malformed(f"part {part.name} is not JSON: {error}") from error


def _short(part: Part) -> bytes:
    """The bytes of a part that is no file."""
    if part.blob.size > LONGEST:
        raise Malformed(f"part {part.name} has {part.blob.size} bytes, more than a part of text may have ({LONGEST})")
    return part.blob.read()
