"""Answers that a fault makes or spoils, byte by byte."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from desk import Served
from sample import SAMPLE

SERVED = [SAMPLE]
FAULTS = "/_sim/worlds/default/faults"
NEXT = b"GET /_sim/livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
END = b"\r\n\r\n"


async def plan(client: aiohttp.ClientSession, act: dict[str, Any]) -> None:
    """Plan a fault for once."""
    async with client.post(FAULTS, json={"match": {"api": "sample"}, "act": act}) as answer:
        assert answer.status == 201, await answer.text()


async def hear(
    served: Served, request: str, then: bytes = NEXT, *, lines: str = "Host: localhost", version: str = "1.1"
) -> bytes:
    """All that comes back until the server hangs up, for a request and the one after it on the same connection."""
    host, port = served.base_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"{request} HTTP/{version}\r\n{lines}\r\nAuthorization: Bearer good\r\nContent-Length: 0\r\n\r\n"
    writer.write(head.encode() + then)
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


def named(head: bytes, *names: str) -> list[str]:
    """The lines of a head with these headers, by name."""
    return sorted(line for line in head.decode("latin-1").split("\r\n") if line.partition(":")[0].lower() in names)


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize(
    ("act", "framing"),
    [
        ({"status": 204}, []),
        ({"status": 204, "body": ""}, []),
        ({"status": 204, "delay_s": 0.01}, []),
        ({"status": 205}, ["Content-Length: 0"]),
        ({"status": 304}, []),
    ],
)
async def test_a_status_without_a_body_has_none(
    served: Served, client: aiohttp.ClientSession, method: str, act: dict[str, Any], framing: list[str]
) -> None:
    """Nor a type; RFC 9110 wants no length beside 204, none of a body that is not there beside 304, 0 beside 205."""
    await plan(client, act)
    first, second, rest = (await hear(served, f"{method} /sample/a")).split(END, 2)
    assert first.startswith(b"HTTP/1.1 %d " % act["status"])
    assert named(first, "content-length", "content-type", "transfer-encoding") == framing
    assert (second.partition(b"\r\n")[0], rest[:1]) == (b"HTTP/1.1 200 OK", b"{")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/sample/a"), ("GET", "/sample/a/file"), ("GET", "/sample/store/file"), ("POST", "/sample/busy")],
)
async def test_half_of_a_body(served: Served, client: aiohttp.ClientSession, method: str, path: str) -> None:
    """As much as is announced never arrives."""
    head, _, body = (await hear(served, f"{method} {path}")).partition(END)
    whole = int(named(head, "content-length")[0].split(" ")[1])
    await plan(client, {"truncate": True})
    spoilt, _, half = (await hear(served, f"{method} {path}", b"")).partition(END)
    assert named(spoilt, "content-type", "content-length", "server") == named(
        head, "content-type", "content-length", "server"
    )
    assert half == body[: whole // 2]


@pytest.mark.parametrize("request_line", ["HEAD /sample/a", "HEAD /sample/store/file", "DELETE /sample/a"])
async def test_half_of_an_answer_without_a_body(
    served: Served, client: aiohttp.ClientSession, request_line: str
) -> None:
    """A whole head would be a whole answer: it breaks off within."""
    await plan(client, {"truncate": True})
    spoilt = await hear(served, request_line, b"")
    assert spoilt.startswith(b"HTTP/1.1 ")
    assert END not in spoilt


@pytest.mark.parametrize("body", [{}, {"body": "busy"}, {"body": {"busy": True}}])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("content-type", "text/html"),
        ("Server", "nginx"),
        ("date", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("Access-Control-Allow-Origin", "http://other.example"),
        ("Retry-After", "1"),
        ("X-Name", "caf\xe9 100% {}"),
    ],
)
async def test_headers_of_a_fault_replace_ours(
    served: Served, client: aiohttp.ClientSession, body: dict[str, Any], name: str, value: str
) -> None:
    """Each is there once, as it was given; all else is as ever."""
    await plan(client, {"status": 503, **body, "headers": {name: value}})
    heard = await hear(served, "GET /sample/a", lines="Host: localhost\r\nOrigin: http://localhost:3000")
    head, _, rest = heard.partition(END)
    assert named(head, name.lower()) == [f"{name}: {value}"]
    lines = head.decode("latin-1").lower().split("\r\n")
    once = ("content-type:", "content-length:", "server:", "date:", "x-sim-entry:", "access-control-allow-origin:")
    assert [sum(line.startswith(one) for line in lines) for one in once] == [1] * len(once)
    length = int(named(head, "content-length")[0].split(" ")[1])
    assert rest[length:].startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("version", ["1.1", "1.0"])
async def test_a_fault_can_end_the_connection(served: Served, client: aiohttp.ClientSession, version: str) -> None:
    """After the answer, which says so once; the next request is not answered."""
    await plan(client, {"status": 503, "headers": {"Connection": "close"}})
    heard = await hear(served, "GET /sample/a", lines="Host: localhost\r\nConnection: keep-alive", version=version)
    assert named(heard, "connection") == ["Connection: close"]
    assert heard.count(b"HTTP/1.1 ") + heard.count(b"HTTP/1.0 ") == 1


async def test_the_journal_shows_the_headers_of_a_fault(served: Served, client: aiohttp.ClientSession) -> None:
    """Also those that are no UTF-8."""
    await plan(client, {"status": 503, "headers": {"X-Name": "caf\xe9"}})
    await hear(served, "GET /sample/a")
    async with client.get("/_sim/worlds/default/journal") as answer:
        [entry] = (await answer.json())["entries"]
    assert dict(entry["response"]["headers"])["X-Name"].startswith("caf")


async def test_once_is_once(served: Served, client: aiohttp.ClientSession) -> None:
    """Of two hundred requests at the same time."""
    await plan(client, {"status": 503})

    async def ask() -> int:
        async with client.get("/sample/a") as answer:
            return answer.status

    statuses = await asyncio.gather(*(ask() for _ in range(200)))
    assert sorted(set(statuses)) == [200, 503]
    assert statuses.count(503) == 1
