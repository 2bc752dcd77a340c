"""The frames of WebSocket, RFC 6455, as a server writes them."""

from __future__ import annotations

import struct
from typing import Final

TEXT: Final = 0x81
BINARY: Final = 0x82

_MEDIUM: Final = struct.Struct(">BBH").pack
_LONG: Final = struct.Struct(">BBQ").pack


def frame(data: str | bytes, *, text: bool = False) -> bytes:
    """One unmasked, final WebSocket frame (RFC 6455 section 5.2): text for `str`, binary for `bytes` unless `text`."""
    if isinstance(data, str):
        data, text = data.encode("utf-8", "replace"), True
    first, size = TEXT if text else BINARY, len(data)
    if size < 126:
        return bytes((first, size)) + data
    if size < 65536:
        return _MEDIUM(first, 126, size) + data
    return _LONG(first, 127, size) + data
