"""WebSockets on the wire: handshakes, sub-protocols, pushes to all, slow readers, closing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest
import uvloop
from desk import Served, serve
from sample import SAMPLE

from chatsim.core.effects import Close, Push
from chatsim.server.assembly import assemble
from chatsim.wire.websocket import frame

if TYPE_CHECKING:
    pass

SERVED = [SAMPLE]


@pytest.mark.parametrize(("size", "head"), [(125, 2), (126, 4), (65535, 4), (65536, 10)])
def test_a_frame_has_the_shortest_length_form(size: int, head: int) -> None:
    """RFC 6455 section 5.2: "the minimal number of bytes MUST be used to encode the length"."""
    assert len(frame(b"x" * size)) == head + size


def test_text_and_bytes_are_different_frames() -> None:
    """Opcode 1 and opcode 2."""
    assert (frame("a"), frame(b"a")) == (b"\x81\x01a", b"\x82\x01a")


@pytest.mark.parametrize(
    ("offered", "chosen"), [((), None), (("one", "two"), "one"), (("three", "two"), "two"), (("three",), None)]
)
async def test_the_clients_first_known_protocol_is_selected(
    client: aiohttp.ClientSession, offered: tuple[str, ...], chosen: str | None
) -> None:
    """None where none is known."""
    async with client.ws_connect("/sample/a/ears", protocols=offered) as ears:
        assert ears.protocol == chosen


def test_sockets_work_on_the_loop_that_serve_uses() -> None:
    """uvloop's transports are no instances of asyncio's."""

    async def talk() -> str:
        async with (
            serve(assemble(apis=[SAMPLE])) as running,
            aiohttp.ClientSession(running.base_url) as session,
            session.ws_connect("/sample/a/ears") as ears,
        ):
            return await ears.receive_str()

    assert uvloop.run(talk()) == "welcome"


async def test_a_refused_handshake_is_an_http_answer(client: aiohttp.ClientSession) -> None:
    """In the API's dialect."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect("/sample/full/ears")
    assert refused.value.status == 503


async def test_a_push_reaches_everybody_in_the_room(client: aiohttp.ClientSession) -> None:
    """And nobody in another."""
    async with (
        client.ws_connect("/sample/a/ears") as one,
        client.ws_connect("/sample/a/ears") as two,
        client.ws_connect("/sample/b/ears") as other,
    ):
        for ears in (one, two, other):
            await ears.receive_str()
        await one.send_str("hi")
        assert [await one.receive_str(), await two.receive_str()] == ['{"said":"hi"}'] * 2
        await other.send_str("ho")
        assert await other.receive_str() == '{"said":"ho"}'


async def test_one_entry_tells_of_a_push_and_its_receivers(served: Served, client: aiohttp.ClientSession) -> None:
    """With the ids of the sockets, and each frame that came in has its own."""
    async with client.ws_connect("/sample/a/ears") as ears:
        await ears.receive_str()
        await ears.send_str("hi")
        await ears.receive_str()
    entries = {entry.kind: entry for entry in served.world.journal}
    assert entries["push"].recipients == (entries["request"].socket,)
    assert next(entry.command for entry in served.world.journal if entry.kind == "socket") == "SHOUT"


async def test_a_session_closes_with_its_own_code(client: aiohttp.ClientSession) -> None:
    """Code and reason arrive."""
    async with client.ws_connect("/sample/a/ears") as ears:
        await ears.receive_str()
        await ears.send_str("bye")
        message = await ears.receive()
        assert (message.type, message.data, message.extra) == (aiohttp.WSMsgType.CLOSE, 4000, "as you wish")


async def test_a_mistake_in_a_session_closes_1011_and_is_recorded(
    served: Served, client: aiohttp.ClientSession
) -> None:
    """Without harm to others."""
    async with client.ws_connect("/sample/a/ears") as ears:
        await ears.receive_str()
        await ears.send_str("boom")
        assert (await ears.receive()).data == 1011
    assert any("a planted mistake" in entry.bug for entry in served.world.journal)


async def test_the_peers_close_frame_is_waited_for(served: Served, client: aiohttp.ClientSession) -> None:
    """Ours is never lost by a reset, however long the peer takes to read and answer it."""
    host, port = served.base_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"GET /sample/a/ears HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n" + frame("welcome"))
    writer.write(b"\x81\x83" + bytes(4) + b"bye")
    assert await reader.readexactly(2 + 2 + len("as you wish")) == b"\x88\x0d\x0f\xa0as you wish"
    while served.server.hub.links(served.world) or served.world.connections:
        await client.get("/sample/a")
    await client.get("/sample/a")
    assert not reader.at_eof()
    writer.write(b"\x88\x82" + bytes(4) + b"\x0f\xa0")
    assert await asyncio.wait_for(reader.read(), 1) == b""
    writer.close()
    assert [entry.status for entry in served.world.journal if entry.command == "CLOSE"] == [4000]


async def test_a_reader_that_never_reads_is_dropped(served: Served, client: aiohttp.ClientSession) -> None:
    """Its neighbour gets every message meanwhile."""
    async with client.ws_connect("/sample/a/ears", max_msg_size=0) as good:
        await good.receive_str()
        host, port = served.base_url.removeprefix("http://").split(":")
        _, deaf = await asyncio.open_connection(host, int(port))
        deaf.write(
            b"GET /sample/a/ears HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        while len(served.server.hub.links(served.world)) < 2:
            await good.send_str("")
            await asyncio.wait_for(good.ping(), 1)
        told = 0
        async with asyncio.timeout(20):
            while len(served.server.hub.links(served.world)) == 2:
                served.server.carry_out(served.world, [Push(topic="a", event="big", body="x" * 200_000)])
                assert len(await good.receive_str()) == 200_002
                told += 1
        deaf.close()
    assert told >= 5


async def test_an_effect_closes_the_sockets_of_a_topic(served: Served, client: aiohttp.ClientSession) -> None:
    """The others stay."""
    async with client.ws_connect("/sample/a/ears") as one, client.ws_connect("/sample/b/ears") as other:
        await one.receive_str()
        await other.receive_str()
        served.server.carry_out(served.world, [Close(code=4001, topic="a")])
        assert (await one.receive()).data == 4001
        assert len(served.server.hub.links(served.world)) == 1


async def test_the_end_closes_every_socket_with_1001(served: Served, client: aiohttp.ClientSession) -> None:
    """Going away."""
    async with client.ws_connect("/sample/a/ears") as ears:
        await ears.receive_str()
        closing = asyncio.ensure_future(served.server.hub.shut_down())
        assert (await ears.receive()).data == 1001
        await closing


async def test_what_a_message_causes_names_it(served: Served, client: aiohttp.ClientSession) -> None:
    """The push of a socket's message has its API, so that faults find it, and the message as its cause."""
    async with client.ws_connect("/sample/a/ears") as ears:
        await ears.receive_str()
        await ears.send_str("hi")
        await ears.receive_str()
    pushes = [entry for entry in served.world.journal if entry.kind == "push"]
    said = [entry for entry in served.world.journal if entry.command == "SHOUT"]
    assert [(one.api, one.cause) for one in pushes] == [("sample", one.seq) for one in said]
