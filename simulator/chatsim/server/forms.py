"""Reading multipart/form-data as it arrives: small parts stay in memory, large ones go to temporary files."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from chatsim.core.api import Route
from chatsim.core.errors import TooLarge
from chatsim.core.http import Body, Part
from chatsim.core.journal import KEPT_BODY
from chatsim.core.media import Blob
from chatsim.core.multipart import BadMultipart, Parser, PartData, PartHead, boundary
from chatsim.server.body import admit, arriving

if TYPE_CHECKING:
    from aiohttp import web

    from chatsim.core.pipeline import Plan

IN_MEMORY: Final = 1024 * 1024


def wanted(plan: Plan) -> bool:
    """Whether a form comes, and its route takes one apart."""
    takes = isinstance(plan.route, Route) and plan.route.multipart
    return takes and plan.call.request.content_type == "multipart/form-data"


async def read(request: web.BaseRequest, limit: int, timeout_s: float) -> Body:
    """Take a form apart. One that cannot be is read to its end, and `Body.problem` says why.

    Raises:
        TooLarge, RequestTimeout, Malformed, Interrupted: as `body.read`.
    """
    await admit(request, limit)
    parser, problem = _parser(request.headers.get("Content-Type", ""))
    spools: list[_Spool] = []
    size = 0
    kept: list[bytes] = []
    try:
        async for chunk in arriving(request, timeout_s):
            size += len(chunk)
            if size > limit:
                raise TooLarge(limit)
            if size <= KEPT_BODY:
                kept.append(chunk)
            else:
                kept.clear()
            if parser is not None:
                try:
                    _take(parser, chunk, spools)
                except BadMultipart as bad:
                    parser, problem = None, str(bad)
        if parser is not None:
            parser.finish()
    except BadMultipart as bad:
        problem = str(bad)
    finally:
        parts = tuple(spool.part() for spool in spools)  # a part that is not used takes its file with it
    return Body(parts=None if problem else parts, size=size, problem=problem, kept=b"".join(kept))


def _parser(content_type: str) -> tuple[Parser | None, str]:
    try:
        return Parser(boundary(content_type)), ""
    except BadMultipart as bad:
        return None, str(bad)


def _take(parser: Parser, chunk: bytes, spools: list[_Spool]) -> None:
    for event in parser.feed(chunk):
        match event:
            case PartHead():
                spools.append(_Spool(event))
            case PartData(data):
                spools[-1].write(data)


class _Spool:
    """The bytes of one part while they arrive."""

    def __init__(self, head: PartHead) -> None:
        self._head = head
        self._kept: list[bytes] = []
        self._size = 0
        self._hash = hashlib.sha256()
        self._file: BinaryIO | None = None
        self._path = ""

    def write(self, data: bytes) -> None:
        self._size += len(data)
        self._hash.update(data)
        if self._file is not None:
            self._file.write(data)
            return
        self._kept.append(data)
        if self._size > IN_MEMORY:
            handle, self._path = tempfile.mkstemp(prefix="chatsim-")
            self._file = os.fdopen(handle, "wb", buffering=0)
            self._file.write(b"".join(self._kept))
            self._kept.clear()

    def part(self) -> Part:
        """The part, complete or broken off."""
        sha256 = self._hash.hexdigest()
        if self._file is None:
            blob = Blob(size=self._size, sha256=sha256, data=b"".join(self._kept))
        else:
            self._file.close()
            blob = Blob.spooled(Path(self._path), self._size, sha256)
        head = self._head
        return Part(name=head.name, filename=head.filename, content_type=head.content_type or "", blob=blob)
