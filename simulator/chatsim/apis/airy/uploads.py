"""`/media.upload`, where widgets and agents put the files that their messages point to, and the files themselves."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from chatsim.apis.airy.state import Airy, Upload
from chatsim.core.api import Call
from chatsim.core.errors import Malformed, NotFound, UnsupportedMediaType
from chatsim.core.files import as_text
from chatsim.core.http import Body, File, Part, Reply

MAX_FILE_BYTES: Final = 10 * 1024 * 1024
MAX_SEGMENT: Final = 100
UNNAMED: Final = "file"


def decode_file(call: Call, body: Body) -> Any:
    """The part named `file` of a multipart body.

    Raises:
        UnsupportedMediaType: another content type. Malformed: a broken body, or no such part.
    """
    if call.request.content_type != "multipart/form-data":
        raise UnsupportedMediaType("the file is sent as multipart/form-data, in a part named file")
    if body.problem:
        raise Malformed(body.problem)
    for part in body.parts or ():
        if part.name == "file":
            return part
    raise Malformed("Required request part 'file' is not present")


def upload_media(airy: Airy, call: Call) -> Reply:
    """Keep a file and say where it can be fetched."""
    part: Part = call.body
    name = part.filename or UNNAMED
    upload = Upload(call.ids.next_bytes("airy-upload", 12).hex(), name, part.content_type, part.blob)
    airy.uploads[upload.id] = upload
    last = quote(_segment(name), safe="")
    return Reply(body={"media_url": f"{call.link_base}/media.upload/{upload.id}/{last}"})


def download_media(airy: Airy, call: Call) -> Reply:
    """Show an uploaded file. The real service keeps files in a bucket, whose address stands in `media_url`."""
    upload = airy.uploads.get(call.params["upload_id"])
    if upload is None:
        raise NotFound(f"there is no upload {call.params['upload_id']}")
    return Reply(body=File(blob=upload.blob, content_type=upload.content_type))


def _segment(filename: str) -> str:
    """A file's name as an address can end with it; the number before it is what finds the file.

    Folders, control characters and dots alone do not reach the server, or are refused on the way; of a long name the
    end stays.
    """
    name = as_text(filename).replace("\\", "/").rpartition("/")[2]
    shown = "".join(char for char in name if char.isprintable())[-MAX_SEGMENT:].strip()
    return shown if shown.strip(".") else UNNAMED
