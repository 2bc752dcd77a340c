"""Muted sockets: they hear, but say nothing and do not end until the fault is taken back or somebody has enough."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from desk import Served, serve
from rawsocket import CLOSE, PING, PONG, RESERVED, RawSocket, raw_socket
from sample import SAMPLE
from visitor import CHANNEL

from chatsim.server.assembly import assemble

WORLD = "/_sim/worlds/default"
EARS = "/sample/a/ears"


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """The sample API beside the real ones that have sockets."""
    from chatsim.apis import airy, keycloak, m3o, weavy

    async with serve(assemble(apis=[SAMPLE, airy.API, keycloak.API, m3o.API, weavy.API])) as running:
        yield running


class Control:
    """Calls to the control API of the default world."""

    def __init__(self, client: aiohttp.ClientSession) -> None:
        self._client = client

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON body."""
        async with self._client.request(method, WORLD + path, json=body) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None

    async def mute(self, api: str = "sample", kind: str = "request", **more: Any) -> str:
        """Plan it for once; where the fault is."""
        match = {"api": api, "kind": kind}
        status, fault = await self.ask("POST", "/faults", {"match": match, "act": {"mute": True}, **more})
        assert status == 201
        return f"/faults/{fault['id']}"

    async def sockets(self) -> list[dict[str, Any]]:
        """Those that are open."""
        found: list[dict[str, Any]] = (await self.ask("GET", "/sockets"))[1]["sockets"]
        return found

    async def wait_for(self, count: int) -> None:
        """Wait until so many sockets are open."""
        assert (await self.ask("POST", "/sockets/wait", {"count": count}))[0] == 200


@pytest.fixture
def control(client: aiohttp.ClientSession) -> Control:
    """The control API."""
    return Control(client)


async def stays_muted(control: Control, socket: RawSocket) -> None:
    """Nothing comes, and it is still there."""
    assert await socket.is_silent()
    assert [one["muted"] for one in await control.sockets()] == [True]


@pytest.mark.parametrize(
    ("payload", "opcode", "code"),
    [
        (b"x", RESERVED, 1002),
        (b"\xff", 1, 1007),
        (b"\x03\xe7", CLOSE, 1002),
        ("x" * (1 << 20), 1, 1009),
        ("bye", 1, 4000),
        ("boom", 1, 1011),
    ],
)
async def test_what_would_end_it_does_so_later(
    served: Served, control: Control, payload: bytes | str, opcode: int, code: int
) -> None:
    """Whatever breaks the rules of WebSocket or of the API; when the fault is taken back the end comes."""
    fault = await control.mute()
    async with raw_socket(served.base_url + EARS) as ears:
        await ears.hear()
        ears.send(payload, opcode)
        ears.send("more")
        await stays_muted(control, ears)
        await control.ask("DELETE", fault)
        assert await ears.closed() == code


async def test_pings_are_not_answered(served: Served, control: Control) -> None:
    """Until it may speak again; what was asked before stays without an answer."""
    fault = await control.mute()
    async with raw_socket(served.base_url + EARS) as ears:
        await ears.hear()
        ears.send(b"one", PING)
        await stays_muted(control, ears)
        await control.ask("DELETE", fault)
        ears.send(b"two", PING)
        assert await ears.hear() == (PONG, b"two")


async def test_all_faults_taken_back_end_it_too(served: Served, control: Control) -> None:
    """What is pushed then arrives; what was before is lost."""
    await control.mute(kind="push")
    async with raw_socket(served.base_url + EARS) as ears:
        await ears.hear()
        ears.send("one")
        await stays_muted(control, ears)
        await control.ask("DELETE", "/faults")
        ears.send("two")
        assert await ears.hear() == (1, b'{"said":"two"}')


async def test_it_ends_with_its_time(served: Served, control: Control) -> None:
    """On the world's clock, as every fault."""
    await control.ask("POST", "/clock", {"mode": "frozen"})
    await control.mute(ttl_s=60)
    async with raw_socket(served.base_url + EARS) as ears:
        await ears.hear()
        ears.send("one")
        await stays_muted(control, ears)
        await control.ask("POST", "/clock", {"advance_s": 60})
        ears.send("two")
        assert await ears.hear() == (1, b'{"said":"two"}')


@pytest.mark.parametrize("move", [{"advance_s": 60}, {"mode": "frozen", "at": "2050-01-01T00:00:00Z"}])
async def test_what_waited_comes_when_its_time_is_over(served: Served, control: Control, move: dict[str, Any]) -> None:
    """However the clock gets there, and though nobody says anything more."""
    await control.ask("POST", "/clock", {"mode": "frozen", "at": "2030-01-01T00:00:00Z"})
    await control.mute(ttl_s=60)
    async with raw_socket(served.base_url + EARS) as ears:
        await ears.hear()
        ears.send("bye")
        await stays_muted(control, ears)
        assert (await control.ask("POST", "/clock", move))[0] == 200
        assert await ears.closed() == 4000


async def test_what_waited_comes_while_time_runs(served: Served, control: Control) -> None:
    """Without anybody's doing."""
    await control.mute(ttl_s=0.2)
    async with raw_socket(served.base_url + EARS) as ears:
        await ears.hear()
        ears.send("bye")
        assert await ears.closed() == 4000


@pytest.mark.parametrize("broken", [False, True])
async def test_the_client_can_close(served: Served, control: Control, broken: bool) -> None:
    """With a Close frame, which is answered, or by hanging up, also after what is no frame."""
    await control.mute()
    async with raw_socket(served.base_url + EARS) as ears:
        await ears.hear()
        if broken:
            ears.send(b"", RESERVED)
            await stays_muted(control, ears)
        else:
            ears.send(b"\x03\xe8", CLOSE)
            assert await ears.closed() == 1000
    await control.wait_for(0)


async def test_half_closing_is_closing(served: Served, control: Control) -> None:
    """Who says that nothing more will come has left."""
    await control.mute()
    async with raw_socket(served.base_url + EARS) as ears:
        await ears.hear()
        ears.writer.write_eof()
        await control.wait_for(0)


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize(("how", "code"), [({"code": 4001}, 4001), ({"abort": True}, None)])
async def test_a_control_call_closes_it(
    served: Served, control: Control, broken: bool, how: dict[str, Any], code: int | None
) -> None:
    """With its code, or without a word."""
    await control.mute()
    async with raw_socket(served.base_url + EARS) as ears:
        await ears.hear()
        if broken:
            ears.send(b"", RESERVED)
        await stays_muted(control, ears)
        [socket] = await control.sockets()
        assert (await control.ask("POST", f"/sockets/{socket['id']}/close", how))[0] == 204
        if code is None:
            assert await ears.ended() == b""
        else:
            assert await ears.closed() == code


async def test_a_planned_end_ends_it(served: Served, control: Control) -> None:
    """That is a person's will as well."""
    await control.mute()
    async with raw_socket(served.base_url + EARS) as ears:
        await ears.hear()
        await control.ask("POST", "/faults", {"match": {"kind": "socket"}, "act": {"close": 1011}})
        ears.send("x")
        assert await ears.closed() == 1011


async def test_nothing_can_be_written_to_it(served: Served, control: Control) -> None:
    """The call says which fault is in the way."""
    fault = await control.mute()
    async with raw_socket(served.base_url + EARS) as ears:
        await ears.hear()
        [socket] = await control.sockets()
        status, problem = await control.ask("POST", f"/sockets/{socket['id']}/send", {"text": "x"})
        assert (status, problem["code"]) == (409, "muted")
        assert fault.rpartition("/")[2] in problem["detail"]


async def test_stomp_keeps_still(served: Served, control: Control, client: aiohttp.ClientSession) -> None:
    """No heart-beat, no ERROR where the client's are missing or its frames wrong, and no end."""
    await control.ask("PATCH", "/settings", {"airy.heartbeat_s": 0.02})
    async with client.post("/chatplugin.authenticate", json={"channel_id": CHANNEL}) as answer:
        token = (await answer.json())["token"]
    fault = await control.mute("airy", "socket", skip=1)
    async with raw_socket(f"{served.base_url}/ws.chatplugin") as visitor:
        visitor.send(f"CONNECT\nAuthorization:{token}\naccept-version:1.2\nheart-beat:20,20\n\n\0")
        assert (await visitor.hear())[1].startswith(b"CONNECTED")
        visitor.send("NONSENSE\n\n\0")
        for _ in range(4):
            await stays_muted(control, visitor)
        await control.ask("DELETE", fault)
        while (heard := await visitor.hear())[0] != CLOSE:
            assert heard[1] == b"\n"
        assert heard[1][:2] == (1002).to_bytes(2, "big")


async def test_streams_keep_still(served: Served, control: Control) -> None:
    """M3O tells errors in a frame and ends; muted it does neither."""
    fault = await control.mute("m3o", "socket")
    url = f"{served.base_url}/v1/chat/Join"
    async with raw_socket(url, {"Authorization": "Bearer any"}) as member:
        member.send("no JSON")
        await stays_muted(control, member)
        await control.ask("DELETE", fault)
        assert await member.closed() == 1000


async def test_signalr_keeps_still(served: Served, control: Control) -> None:
    """No answer to the handshake, none to what is no message, and no end."""
    headers = {"Authorization": "Bearer wys_simulator"}
    async with aiohttp.request("POST", f"{served.base_url}/api/users/maria/tokens", headers=headers, json={}) as answer:
        token = (await answer.json())["access_token"]
    fault = await control.mute("weavy", "socket")
    async with raw_socket(f"{served.base_url}/hubs/rtm?access_token={token}") as hub:
        hub.send('{"protocol":"json","version":1}\x1e')
        hub.send("no JSON\x1e")
        await stays_muted(control, hub)
        await control.ask("DELETE", fault)
        assert await hub.closed() == 1000
