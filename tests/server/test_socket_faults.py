"""Planned misbehaviour of sockets: at the handshake, at a message that comes in, at a push that goes out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec
import pytest
from desk import Served
from rawsocket import raw_socket
from sample import SAMPLE

from chatsim.core.faults import Act, Fault
from chatsim.core.http import Pending, Reply
from chatsim.core.match import Match

if TYPE_CHECKING:
    pass

SERVED = [SAMPLE]
EARS = "/sample/a/ears"


def plan(served: Served, match: dict[str, Any], **act: Any) -> Fault:
    """Plan a fault for once."""
    fault = Fault("f", Match(match), msgspec.convert(act, Act))
    served.world.faults.add(fault)
    return fault


async def test_a_handshake_can_be_refused(served: Served, client: aiohttp.ClientSession) -> None:
    """With a status of one's own, once."""
    plan(served, {"path": EARS}, refuse=503)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect(EARS)
    assert refused.value.status == 503
    async with client.ws_connect(EARS) as ears:
        assert await ears.receive_str() == "welcome"


@pytest.mark.parametrize("kind", ["request", "socket", "push"])
async def test_a_socket_can_be_closed(served: Served, client: aiohttp.ClientSession, kind: str) -> None:
    """After the handshake, at a message, or instead of a push."""
    fault = plan(served, {"kind": kind}, close=1011)
    async with client.ws_connect(EARS) as ears:
        await ears.receive_str()
        await ears.send_str("hi")
        message = await ears.receive()
        assert (message.type, ears.close_code, fault.hits) == (aiohttp.WSMsgType.CLOSE, 1011, 1)


async def test_a_socket_can_be_aborted(served: Served, client: aiohttp.ClientSession) -> None:
    """The client sees 1006."""
    plan(served, {"kind": "socket"}, abort=True)
    async with client.ws_connect(EARS) as ears:
        await ears.receive_str()
        await ears.send_str("hi")
        await ears.receive()
        assert ears.close_code == 1006


async def test_a_muted_socket_stays_open(served: Served, client: aiohttp.ClientSession) -> None:
    """It hears, and says nothing any more; others are not muted."""
    plan(served, {"kind": "socket"}, mute=True)
    async with client.ws_connect(EARS) as muted, client.ws_connect(EARS) as other:
        for ears in (muted, other):
            await ears.receive_str()
        await muted.send_str("hi")
        assert await other.receive_str() == '{"said":"hi"}'
        assert not muted.closed
        with pytest.raises(asyncio.TimeoutError):
            await muted.receive_str(timeout=0.05)


async def test_a_push_can_be_lost(served: Served, client: aiohttp.ClientSession) -> None:
    """The next one arrives; the journal has both, the lost one without receivers."""
    plan(served, {"kind": "push", "body": {"said": "one"}}, lose=True)
    async with client.ws_connect(EARS) as ears:
        await ears.receive_str()
        for said in ("one", "two"):
            await ears.send_str(said)
        assert await ears.receive_str() == '{"said":"two"}'
    pushes = [entry for entry in served.world.journal if entry.kind == "push"]
    assert [(entry.fault, len(entry.recipients)) for entry in pushes] == [("f", 0), (None, 1)]


async def test_a_push_can_be_delayed(served: Served, client: aiohttp.ClientSession) -> None:
    """Later ones overtake it."""
    plan(served, {"kind": "push"}, delay_s=0.05)
    async with client.ws_connect(EARS) as ears:
        await ears.receive_str()
        for said in ("one", "two"):
            await ears.send_str(said)
        assert [await ears.receive_str(), await ears.receive_str()] == ['{"said":"two"}', '{"said":"one"}']


async def test_a_delayed_push_does_not_outlive_a_reset(served: Served, client: aiohttp.ClientSession) -> None:
    """What was under way belongs to the world as it was."""
    plan(served, {"kind": "push"}, delay_s=0.02)
    async with client.ws_connect(EARS) as ears:
        await ears.receive_str()
        await ears.send_str("one")
        await client.get("/sample/a")
        served.world.reset()
        with pytest.raises(asyncio.TimeoutError):
            await ears.receive_str(timeout=0.1)


async def test_a_message_can_be_heard_late(served: Served, client: aiohttp.ClientSession) -> None:
    """The socket reads nothing else meanwhile, so that the order stays."""
    fault = plan(served, {"kind": "socket"}, delay_s=0.05)
    async with client.ws_connect(EARS) as ears:
        await ears.receive_str()
        for said in ("one", "two"):
            await ears.send_str(said)
        assert [await ears.receive_str(), await ears.receive_str()] == ['{"said":"one"}', '{"said":"two"}']
    assert fault.hits == 1


async def test_the_open_sockets_of_a_world_are_known(served: Served, client: aiohttp.ClientSession) -> None:
    """From the handshake until they are closed."""
    async with client.ws_connect(EARS) as ears:
        await ears.receive_str()
        (connection,) = served.world.connections.values()
        assert (connection.socket.path, list(connection.topics)) == ("/sample/{room}/ears", ["a"])

    def check() -> Reply | None:
        return None if served.world.connections else Reply()

    late = Pending(check=check, timeout_s=5, expired=lambda: Reply(status=409))
    assert (await served.server.waiting.reply(served.world, late)).status == 200


async def shake_hands(served: Served) -> None:
    """Ask for a socket; aiohttp's client would ask again where the connection breaks."""
    async with raw_socket(served.base_url + EARS):
        pass


@pytest.mark.parametrize("act", [{"drop": "before"}, {"drop": "after"}, {"offline": True}])
async def test_a_handshake_can_break(served: Served, act: dict[str, Any]) -> None:
    """Without an answer, and without a socket."""
    fault = plan(served, {"path": EARS}, **act)
    with pytest.raises(asyncio.IncompleteReadError, match="0 bytes read"):
        await shake_hands(served)
    assert (fault.hits, served.world.connections) == (1, {})


async def test_a_handshake_that_a_reset_overtakes(served: Served, client: aiohttp.ClientSession) -> None:
    """It was asked of the world as it was."""
    plan(served, {"path": EARS}, delay_s=0.3)
    opening = asyncio.ensure_future(shake_hands(served))
    async with asyncio.timeout(10):
        while not served.world.journal.seq:
            await client.get("/_sim/livez")
    served.world.reset()
    with pytest.raises(asyncio.IncompleteReadError, match="0 bytes read"):
        await opening


async def test_nobody_waits_for_a_client_that_left(served: Served, client: aiohttp.ClientSession) -> None:
    """Its message would have been heard in ten minutes; what it said counts all the same."""
    fault = plan(served, {"kind": "socket"}, delay_s=600)
    async with raw_socket(served.base_url + EARS) as ears, asyncio.timeout(10):
        await ears.hear()
        ears.send("hi")
        while not fault.hits:
            await client.get("/_sim/livez")
    async with client.post("/_sim/worlds/default/sockets/wait", json={"count": 0}) as answer:
        assert answer.status == 200
    assert [entry.command for entry in served.world.journal if entry.kind == "socket"] == ["SHOUT", "CLOSE"]


async def test_what_only_looks_like_a_handshake(served: Served, client: aiohttp.ClientSession) -> None:
    """A request without an upgrade opens no socket, so that nothing can be done to it."""
    fault = plan(served, {"kind": "request"}, close=1011)
    async with client.get(EARS) as answer:
        assert answer.status == 422
    assert fault.hits == 0


@pytest.mark.parametrize(
    ("body", "open_ones"),
    [
        ({"match": {"kind": "callback"}}, 1),
        ({"match": {"url": "*"}}, 1),
        ({"match": {"path": "/sample/b/*"}}, 1),
        ({"match": {"body": {"a": 1}}}, 1),
        ({"skip": 1}, 1),
        ({"probability": 0.5}, 1),
        ({"match": {"path": "/sample/a/*"}}, 0),
        ({}, 0),
    ],
)
async def test_offline_breaks_the_sockets_that_it_means(
    client: aiohttp.ClientSession, body: dict[str, Any], open_ones: int
) -> None:
    """Those whose handshake it would hit, at once."""
    async with client.ws_connect(EARS) as ears:
        await ears.receive_str()
        async with client.post("/_sim/worlds/default/faults", json={"act": {"offline": True}, **body}) as answer:
            assert answer.status == 201
        if not open_ones:
            await ears.receive()
            assert ears.close_code == 1006
        async with client.post("/_sim/worlds/default/sockets/wait", json={"count": open_ones}) as answer:
            assert answer.status == 200
