"""Heads of requests, taken apart: what a request asks for, which world it goes to and how its connection goes on.

A client sends the same few heads again and again, byte for byte (its token makes them long), and equal bytes mean the
same. So the last ones are remembered, and nothing is parsed a second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from aiohttp import HttpVersion

if TYPE_CHECKING:
    from chatsim.core.http import Request

KNOWN: Final = 1024
LONGEST_KNOWN: Final = 4096
"""So many heads are remembered, each up to so many bytes: a few MB at most."""

END: Final = b"\r\n\r\n"

Peer = tuple[str, str, str | None]
"""What a connection adds to every head on it: the scheme, the client's address, the world whose own port it is."""


class Head(msgspec.Struct, frozen=True, gc=False):
    """A head taken apart. `raw` is the head as it came, where it may come again.

    `world` is the name of the world; `length` the bytes of the body, -1 where not told.
    """

    raw: bytes
    request: Request
    world: str
    version: HttpVersion
    keep_alive: bool
    length: int


class Heads:
    """The heads that came lately, by their bytes and the peer that sent them."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, Peer], Head] = {}

    def find(self, raw: bytes, peer: Peer) -> Head | None:
        """The head that these bytes were the last time."""
        return self._known.get((raw, peer))

    def remember(self, head: Head, peer: Peer) -> None:
        """Keep a head for the next time; all are let go where there are too many."""
        if len(head.raw) > LONGEST_KNOWN:
            return
        if len(self._known) >= KNOWN:
            self._known.clear()
        self._known[head.raw, peer] = head
