"""Bytes that a client uploaded or will download: in memory while small, else in a temporary file."""

from __future__ import annotations

import hashlib
import io
import weakref
from pathlib import Path
from typing import BinaryIO


class Blob:
    """Immutable bytes, held in `data` or in the file `path`; `sha256` is lower-case hex."""

    __slots__ = ("__weakref__", "data", "path", "sha256", "size")

    def __init__(self, *, size: int, sha256: str, data: bytes = b"", path: str | None = None) -> None:
        self.size = size
        self.sha256 = sha256
        self.data = data
        self.path = path

    @classmethod
    def of(cls, data: bytes) -> Blob:
        """Hold `data` in memory."""
        return cls(size=len(data), sha256=hashlib.sha256(data).hexdigest(), data=data)

    @classmethod
    def spooled(cls, path: Path, size: int, sha256: str) -> Blob:
        """Take over a temporary file; it is removed with the last reference to the bytes."""
        blob = cls(size=size, sha256=sha256, path=str(path))
        weakref.finalize(blob, path.unlink, missing_ok=True)
        return blob

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Return the bytes from `start` up to, not including, `end`."""
        if self.path is None:
            return self.data[start:end]
        with Path(self.path).open("rb") as file:
            file.seek(start)
            return file.read() if end is None else file.read(max(0, end - start))

    def open(self) -> BinaryIO:
        """Open the bytes to be read piece by piece."""
        return io.BytesIO(self.data) if self.path is None else Path(self.path).open("rb")
