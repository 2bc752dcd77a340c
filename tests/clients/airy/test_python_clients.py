"""stomp.py and websocket-client, the STOMP and WebSocket libraries of Python."""

from __future__ import annotations

import asyncio
import json
import queue
from typing import Any

import aiohttp
import pytest
import stomp
import websocket
from desk import Served
from visitor import CHANNEL, QUEUE

from chatsim.core.http import Pending, Reply

PATIENCE_S = 10


class Ears(stomp.ConnectionListener):  # type: ignore[misc]  # the package has no types
    """Puts what arrives into a queue."""

    def __init__(self) -> None:
        self.heard: queue.Queue[tuple[str, Any]] = queue.Queue()

    def on_connected(self, frame: Any) -> None:
        self.heard.put(("connected", frame.headers))

    def on_message(self, frame: Any) -> None:
        self.heard.put(("message", json.loads(frame.body)))

    def on_error(self, frame: Any) -> None:
        self.heard.put(("error", frame.headers["message"]))

    def on_receipt(self, frame: Any) -> None:
        self.heard.put(("receipt", frame.headers["receipt-id"]))

    def next(self, kind: str) -> Any:
        """Wait for the next thing, which must be of this kind."""
        found, what = self.heard.get(timeout=PATIENCE_S)
        assert found == kind
        return what


async def authenticate(served: Served) -> str:
    """Get a token for a new conversation."""
    async with (
        aiohttp.ClientSession(served.base_url) as session,
        session.post("/chatplugin.authenticate", json={"channel_id": CHANNEL}) as answer,
    ):
        token: str = (await answer.json())["token"]
        return token


async def send(served: Served, token: str, message: Any) -> Any:
    """Send a message."""
    async with (
        aiohttp.ClientSession(served.base_url, headers={"Authorization": token}) as session,
        session.post("/chatplugin.send", json={"message": message}) as answer,
    ):
        return await answer.json()


def port_of(served: Served) -> int:
    """Where the simulator listens."""
    return int(served.base_url.rpartition(":")[2])


@pytest.mark.parametrize("connect_command", [True, False])
async def test_stomp_py_hears_the_echo(served: Served, connect_command: bool) -> None:
    """With CONNECT, and with the STOMP command that it sends by default."""
    token = await authenticate(served)
    ears = Ears()
    connection = stomp.WSStompConnection([("127.0.0.1", port_of(served))], ws_path="/ws.chatplugin")
    connection.set_listener("", ears)
    await asyncio.to_thread(
        connection.connect,
        wait=True,
        with_connect_command=connect_command,
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (await asyncio.to_thread(ears.next, "connected"))["version"] == "1.2"
    await asyncio.to_thread(connection.subscribe, QUEUE, id="1")
    await _subscribed(served)
    sent = await send(served, token, {"text": "Hello?"})
    assert (await asyncio.to_thread(ears.next, "message"))["message"] == sent
    await asyncio.to_thread(connection.disconnect, receipt="bye")
    assert await asyncio.to_thread(ears.next, "receipt") == "bye"


async def test_stomp_py_is_told_of_a_bad_token(served: Served) -> None:
    """It gives out the ERROR."""
    ears = Ears()
    connection = stomp.WSStompConnection([("127.0.0.1", port_of(served))], ws_path="/ws.chatplugin")
    connection.set_listener("", ears)
    await asyncio.to_thread(connection.connect, with_connect_command=True, headers={"Authorization": "stale"})
    assert "401 UNAUTHORIZED" in await asyncio.to_thread(ears.next, "error")
    await asyncio.to_thread(connection.disconnect)


async def test_raw_frames_over_websocket_client(served: Served) -> None:
    """Frames written by hand, one cut in two, over the sub-protocol that was selected."""
    token = await authenticate(served)
    url = f"ws://127.0.0.1:{port_of(served)}/ws.chatplugin"
    socket = await asyncio.to_thread(
        websocket.create_connection, url, timeout=PATIENCE_S, subprotocols=["other", "v12.stomp"]
    )
    socket.send(f"CONNECT\nAuthorization:{token}\naccept-version:1.2\n\n\0SUBSCRIBE\nid:0\n")
    connected = await asyncio.to_thread(socket.recv)
    socket.send_binary(f"destination:{QUEUE}\n\n\0".encode())
    await _subscribed(served)
    await send(served, token, {"text": "Hello?"})
    message = await asyncio.to_thread(socket.recv)
    socket.send("DISCONNECT\nreceipt:1\n\n\0")
    receipt = await asyncio.to_thread(socket.recv)
    await asyncio.to_thread(socket.close)
    assert isinstance(connected, str)
    assert isinstance(message, str)
    assert (socket.subprotocol, connected.partition("\n")[0]) == ("v12.stomp", "CONNECTED")
    assert message.startswith("MESSAGE\nsubscription:0\ndestination:/user/queue/message\n")
    assert receipt == "RECEIPT\nreceipt-id:1\n\n\0"


async def test_a_message_far_too_long_is_told(served: Served) -> None:
    """In STOMP, also where a WebSocket message is many times what a frame may be."""
    token = await authenticate(served)
    socket = await asyncio.to_thread(
        websocket.create_connection, f"ws://127.0.0.1:{port_of(served)}/ws.chatplugin", timeout=PATIENCE_S
    )
    socket.send(f"CONNECT\nAuthorization:{token}\naccept-version:1.2\n\n\0")
    await asyncio.to_thread(socket.recv)
    await asyncio.to_thread(socket.send, "SEND\n\n" + "x" * 900_000 + "\0")
    error = await asyncio.to_thread(socket.recv)
    code, reason = await asyncio.to_thread(socket.recv_data)
    socket.shutdown()  # type: ignore[no-untyped-call]  # closing after the server's Close leaves the socket open
    assert error == "ERROR\nmessage:Frame larger than the limit of 65536 octets\ncontent-length:0\n\n\0"
    assert (code, int.from_bytes(reason[:2])) == (8, 1002)


async def _subscribed(served: Served) -> None:
    """Wait until a socket listens: SUBSCRIBE has no answer."""

    def check() -> Reply | None:
        return Reply() if any(connection.topics for connection in served.world.connections.values()) else None

    late = Pending(check=check, timeout_s=PATIENCE_S, expired=lambda: Reply(status=409))
    assert (await served.server.waiting.reply(served.world, late)).status == 200
