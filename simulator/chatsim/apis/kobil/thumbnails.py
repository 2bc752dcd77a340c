"""The `thumbnailPreview` of a file: the blurhash of a picture, empty for anything else [doc samples]."""

from __future__ import annotations

import io
from importlib.util import find_spec
from typing import Final

from chatsim.core.media import Blob

# The sample is 28 characters long: 4 × 3 components.
COMPONENTS: Final = (4, 3)
CONSTANT: Final = "L9OWyt~q?ct7%gWVs;t7?HIUR%t7"
"""The document's own, for installations without the extra `[media]`."""

MOST_PIXELS: Final = 16_000_000
"""A picture that would have to be decoded larger than this gets none: everybody else would wait for it."""

_SIDE: Final = 32


def of(blob: Blob, content_type: str) -> str:
    """The blurhash of a picture, empty where the bytes are no picture that can be read."""
    if not content_type.startswith("image/"):
        return ""
    if find_spec("PIL") is None or find_spec("blurhash") is None:
        return CONSTANT
    import blurhash
    from PIL import Image

    try:
        with Image.open(io.BytesIO(blob.read()) if blob.path is None else blob.path) as picture:
            picture.draft("RGB", (_SIDE, _SIDE))  # a JPEG is decoded no larger than this needs
            if picture.width * picture.height > MOST_PIXELS:
                return ""
            small = picture.convert("RGB").resize((_SIDE, _SIDE))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return ""
    raw = small.tobytes()
    pixels = [raw[at : at + 3] for at in range(0, len(raw), 3)]
    rows = [pixels[at : at + _SIDE] for at in range(0, len(pixels), _SIDE)]
    return str(blurhash.encode(rows, *COMPONENTS))
