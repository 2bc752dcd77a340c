"""WebSocket messages that are longer than any may be: the client is told, however much of it is still on its way."""

from __future__ import annotations

import asyncio

import pytest
from desk import Served
from rawsocket import CLOSE, RawSocket, raw_socket

SIZES = (1_048_676, 1_500_000, 8_000_000)


async def said(url: str, message: bytes) -> list[tuple[int, bytes]]:
    """All frames that a client gets that sends everything before it listens, and the clean end of the connection."""
    frames: list[tuple[int, bytes]] = []
    async with raw_socket(url) as socket:
        socket.send(message)
        await socket.writer.drain()
        while not frames or frames[-1][0] != CLOSE:
            frames.append(await socket.hear())
        socket.send(frames[-1][1][:2], CLOSE)
        assert await socket.ended() == b""
    return frames


@pytest.mark.parametrize("size", SIZES)
async def test_a_message_that_is_too_long_is_closed_with_1009(served: Served, size: int) -> None:
    """The Close frame arrives, and no reset."""
    (frame,) = await said(f"{served.base_url}/v1/chat/Connect", b"x" * size)
    assert frame == (CLOSE, (1009).to_bytes(2, "big"))


@pytest.mark.parametrize("size", SIZES)
async def test_airy_says_it_in_stomp(served: Served, size: int) -> None:
    """ERROR, then 1002, as for any frame above the limit; the journal has both."""
    error, close = await said(f"{served.base_url}/ws.chatplugin", b"SEND\ndestination:/a\n\n" + b"x" * size)
    assert error[1].startswith(b"ERROR\n")
    assert b"Frame larger than the limit of 65536 octets" in error[1]
    assert close == (CLOSE, (1002).to_bytes(2, "big"))
    entries = list(served.world.journal)
    assert [note.code for entry in entries for note in entry.notes] == ["stomp"]
    assert [(entry.command, entry.status) for entry in entries][-1] == ("CLOSE", 1002)


async def pour(socket: RawSocket) -> None:
    """Send without end."""
    while True:
        socket.send(b"x" * 4_000_000)
        await socket.writer.drain()
        await asyncio.sleep(0)


async def test_a_client_that_never_stops_is_dropped(served: Served) -> None:
    """After so many bytes or so long, and the server is rid of it."""
    async with raw_socket(f"{served.base_url}/ws.chatplugin") as socket, asyncio.timeout(20):
        with pytest.raises(ConnectionError):
            await pour(socket)
    assert served.world.connections == {}
