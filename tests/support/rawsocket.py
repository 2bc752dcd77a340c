"""A WebSocket client that sends frames as it is told, right or wrong, and shows every frame that comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

TEXT: Final = 1
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10
RESERVED: Final = 3
PATIENCE_S: Final = 10.0
QUIET_S: Final = 0.05
"""So long nothing may come of a socket that is silent."""


class RawSocket:
    """One connection after its handshake."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    def send(self, payload: bytes | str, opcode: int = TEXT) -> None:
        """Write one final frame, masked with zeros: so its payload goes as it is."""
        raw = payload.encode() if isinstance(payload, str) else payload
        size = bytes([0x80 | len(raw)]) if len(raw) < 126 else b"\xff" + len(raw).to_bytes(8, "big")
        self.writer.write(bytes([0x80 | opcode]) + size + bytes(4) + raw)

    async def hear(self) -> tuple[int, bytes]:
        """The next frame: its opcode and payload."""
        async with asyncio.timeout(PATIENCE_S):
            first, size = await self._reader.readexactly(2)
            if size > 125:
                size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8), "big")
            return first & 15, await self._reader.readexactly(size)

    async def closed(self) -> int:
        """The code of the Close frame that comes next."""
        opcode, payload = await self.hear()
        assert opcode == CLOSE, (opcode, payload)
        return int.from_bytes(payload[:2], "big")

    async def ended(self) -> bytes:
        """What still comes until the server hangs up."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._reader.read()

    async def is_silent(self) -> bool:
        """Whether it stays open and nothing comes, for a moment."""
        try:
            async with asyncio.timeout(QUIET_S):
                return bool(await self._reader.readexactly(1)) and False
        except TimeoutError:
            return True
        except asyncio.IncompleteReadError:
            return False


@asynccontextmanager
async def raw_socket(url: str, headers: Mapping[str, str] | None = None) -> AsyncIterator[RawSocket]:
    """Shake hands at an http URL; in the end the connection is dropped."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    asked = {"Host": parts.netloc, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    asked |= {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", **(headers or {})}
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    lines = "".join(f"{name}: {value}\r\n" for name, value in asked.items())
    writer.write(f"GET {target} HTTP/1.1\r\n{lines}\r\n".encode())
    try:
        async with asyncio.timeout(PATIENCE_S):
            head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        yield RawSocket(reader, writer)
    finally:
        writer.transport.abort()
