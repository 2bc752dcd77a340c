"""`/_sim/worlds/{w}/sockets`: listing, waiting, closing, writing, over real connections of a small API."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from sample import SAMPLE

if TYPE_CHECKING:
    pass

SERVED = [SAMPLE]
EARS = "/sample/a/ears"
SOCKETS = "/_sim/worlds/default/sockets"


async def post(client: aiohttp.ClientSession, path: str, body: Any) -> tuple[int, Any]:
    """Status and JSON body of a control call."""
    async with client.post(f"{SOCKETS}{path}", json=body) as answer:
        return answer.status, await answer.json() if answer.status != 204 else None


async def only(client: aiohttp.ClientSession) -> dict[str, Any]:
    """The only open socket."""
    async with client.get(SOCKETS) as answer:
        (socket,) = (await answer.json())["sockets"]
        found: dict[str, Any] = socket
        return found


async def test_open_sockets_are_listed(client: aiohttp.ClientSession) -> None:
    """With what they listen to."""
    async with client.ws_connect(EARS) as ears:
        await ears.receive_str()
        socket = await only(client)
    assert (socket["api"], socket["operation"], socket["path"], socket["listens"]) == ("sample", "listen", EARS, ["a"])


async def test_waiting_ends_when_a_socket_listens(client: aiohttp.ClientSession) -> None:
    """The question may be asked before the client connects."""
    waiting = asyncio.ensure_future(post(client, "/wait", {"count": 2, "subscribed": True, "timeout_s": 10}))
    async with client.ws_connect(EARS), client.ws_connect(EARS):
        status, found = await waiting
    assert (status, found["ok"], found["found"]) == (200, True, 2)


async def test_waiting_for_none(client: aiohttp.ClientSession) -> None:
    """`count` 0 is so once the last has gone."""
    async with client.ws_connect(EARS) as ears:
        await ears.receive_str()
        waiting = asyncio.ensure_future(post(client, "/wait", {"count": 0, "timeout_s": 10}))
    assert (await waiting)[0] == 200


async def test_waiting_in_vain(client: aiohttp.ClientSession) -> None:
    """A 409 that says what was there."""
    async with client.ws_connect(EARS) as ears:
        await ears.receive_str()
        status, problem = await post(client, "/wait", {"principal": "nobody", "timeout_s": 0.01})
    assert (status, problem["ok"], problem["found"], problem["code"]) == (409, False, 0, "not_so")
    assert problem["detail"] == "not so within 0.01 s: 0 of 1 open sockets fit"


@pytest.mark.parametrize(("body", "seen"), [({}, 1000), ({"code": 4001}, 4001), ({"abort": True}, 1006)])
async def test_a_socket_can_be_closed(client: aiohttp.ClientSession, body: Any, seen: int) -> None:
    """With a code, or by breaking the connection."""
    async with client.ws_connect(EARS) as ears:
        await ears.receive_str()
        status, _ = await post(client, f"/{(await only(client))['id']}/close", body)
        await ears.receive()
        assert (status, ears.close_code) == (204, seen)


@pytest.mark.parametrize(
    ("body", "kind", "data"),
    [
        ({"text": "raw"}, aiohttp.WSMsgType.TEXT, "raw"),
        ({"base64": "AAEC"}, aiohttp.WSMsgType.BINARY, b"\x00\x01\x02"),
    ],
)
async def test_raw_messages_can_be_written(
    client: aiohttp.ClientSession, body: Any, kind: aiohttp.WSMsgType, data: str | bytes
) -> None:
    """As text or as bytes."""
    async with client.ws_connect(EARS) as ears:
        await ears.receive_str()
        status, _ = await post(client, f"/{(await only(client))['id']}/send", body)
        message = await ears.receive()
    assert (status, message.type, message.data) == (204, kind, data)


@pytest.mark.parametrize(
    ("call", "body", "pointer"),
    [
        ("send", {}, ""),
        ("send", {"text": "a", "base64": ""}, ""),
        ("send", {"base64": "?"}, "/base64"),
        ("close", {"code": 1006}, "/code"),
        ("close", {"code": 99}, "/code"),
    ],
)
async def test_what_cannot_be_done(client: aiohttp.ClientSession, call: str, body: Any, pointer: str) -> None:
    """422 with the place."""
    async with client.ws_connect(EARS) as ears:
        await ears.receive_str()
        status, problem = await post(client, f"/{(await only(client))['id']}/{call}", body)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("call", ["send", "close"])
async def test_a_socket_that_is_not_there(client: aiohttp.ClientSession, call: str) -> None:
    """404."""
    assert (await post(client, f"/nope/{call}", {"text": "x"} if call == "send" else {}))[0] == 404
