"""Thousands of WebSocket clients in one process, as cheap as they can be: they count the octets that arrive. Reads its
plan as JSON from standard input; prints a line when all are connected, and one with the latencies that it measured.
"""

import asyncio
import json
import sys
import time
from typing import Any, cast
from urllib.parse import urlsplit

import uvloop

HANDSHAKE = (
    b"GET %b HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
PATIENCE_S = 60


class Crowd:
    """All listeners: how many have heard, and when each did."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.heard: list[float] = []
        self.all = asyncio.Event()

    def one_heard(self) -> None:
        """One listener has a whole message."""
        self.heard.append(time.perf_counter())
        if len(self.heard) == self.size:
            self.all.set()

    async def everybody(self) -> list[float]:
        """Wait until each has heard; the moments, then begin anew."""
        async with asyncio.timeout(PATIENCE_S):
            await self.all.wait()
        moments, self.heard = self.heard, []
        self.all.clear()
        return moments


class Listener(asyncio.Protocol):
    """One client: shakes hands, says hello, then waits for whole frames."""

    def __init__(self, crowd: Crowd, path: bytes, hello: bytes) -> None:
        self._crowd = crowd
        self._path = path
        self._hello = hello
        self._open = False
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # which uvloop's is without being an instance
        transport = self._transport
        transport.write(HANDSHAKE % self._path)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._open:
            head, end, self._buffer = self._buffer.partition(b"\r\n\r\n")
            if not end:
                self._buffer = head
                return
            self._open = True
            self._transport.write(masked(self._hello))
        while (whole := _whole(self._buffer)) is not None:
            self._buffer = self._buffer[whole:]
            self._crowd.one_heard()


def masked(text: bytes) -> bytes:
    """A text frame as clients send it, its mask all zeros."""
    size = bytes((0x80 | len(text),)) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2)
    return b"\x81" + size + b"\0\0\0\0" + text


def _whole(buffer: bytes) -> int | None:
    """The length of the first frame if all of it is there."""
    if len(buffer) < 2:
        return None
    size = buffer[1]
    if size < 126:
        needed = 2 + size
    else:
        if len(buffer) < 4:
            return None
        needed = 4 + int.from_bytes(buffer[2:4])
    return needed if len(buffer) >= needed else None


async def post(plan: dict[str, Any]) -> float:
    """Cause one message; the moment before it was asked for."""
    request, url = plan["request"], urlsplit(plan["base_url"])
    body = request["body"].encode()
    head = [f"POST {request['path']} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", "Connection: close"]
    head += [f"{name}: {value}" for name, value in request["headers"].items()]
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    begin = time.perf_counter()
    writer.write("\r\n".join([*head, "", ""]).encode() + body)
    answer = await reader.read()
    writer.close()
    if not answer.startswith(b"HTTP/1.1 20"):
        raise RuntimeError(f"the message was refused: {answer[:200]!r}")
    return begin


async def connect(plan: dict[str, Any], size: int) -> Crowd:
    """A crowd of which everybody has been answered."""
    url = urlsplit(plan["base_url"])
    crowd = Crowd(size)
    for _ in range(size):
        await asyncio.get_running_loop().create_connection(
            lambda: Listener(crowd, plan["path"].encode(), plan["hello"].encode()), url.hostname, url.port
        )
    await crowd.everybody()
    return crowd


async def listen(order: dict[str, Any]) -> list[list[list[float]]]:
    """Connect a crowd to each server, then send one message to each in turn; the latencies of all that heard it.

    Turns of one message: what slows the machine for a moment slows all servers.
    """
    plans = order["plans"]
    crowds = [await connect(plan, order["size"]) for plan in plans]
    sys.stdout.write("connected\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    heard: list[list[list[float]]] = [[] for _ in plans]
    for _ in range(order["messages"] + 1):
        for place, (plan, crowd) in enumerate(zip(plans, crowds, strict=True)):
            begin = await post(plan)
            heard[place].append([moment - begin for moment in await crowd.everybody()])
    return [messages[1:] for messages in heard]  # the first one warms up


if __name__ == "__main__":
    sys.stdout.write(json.dumps(uvloop.run(listen(json.loads(sys.stdin.readline())))) + "\n")
