"""What is not HTTP, too long for it, or breaks our own handler: an answer of ours, an entry, nothing else disturbed."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from desk import Served, serve
from multidict import CIMultiDict
from sample import SAMPLE

from chatsim.server.assembly import assemble


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """The sample API on a free port."""
    async with serve(assemble(apis=[SAMPLE])) as running:
        yield running


async def exchange(served: Served, sent: bytes) -> tuple[int, CIMultiDict[str], Any]:
    """Write bytes, read until the server hangs up; status, headers and JSON of the first answer."""
    port = int(served.base_url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(5):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    status, *lines = head.decode().split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    return int(status.split()[1]), CIMultiDict((name, value) for name, _, value in pairs), json.loads(body)


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /_sim/livez HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET /_sim/livez HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /_sim/livez HTTP/1.1\r\nHost: localhost\r\nX-Nul: a\0b\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 70_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-Many: 1\r\n" * 500 + b"\r\n",
    ],
    ids=[
        "no request",
        "TLS",
        "version",
        "no colon",
        "NUL",
        "length",
        "two lengths",
        "long line",
        "long header",
        "many headers",
    ],
)
async def test_what_is_not_http_gets_a_problem_and_an_entry(served: Served, sent: bytes) -> None:
    """400 as a problem, without a traceback; the journal has it; the next request is served."""
    status, headers, body = await exchange(served, sent)
    assert (status, headers["Content-Type"]) == (400, "application/problem+json")
    assert body["detail"].startswith("this is not HTTP: ")
    assert "\n" not in body["detail"]
    (entry,) = served.world.journal
    assert (entry.status, entry.bug, [note.code for note in entry.notes]) == (400, "", ["malformed"])
    request = b"GET /_sim/livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert (await exchange(served, request))[0] == 200


async def test_mistake_of_the_server_itself_is_recorded(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 without a traceback in the answer; the traceback is in the journal."""

    def stumble(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(served.server, "locate", stumble)
    status, _, body = await exchange(served, b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (status, body["title"], "detail" in body) == (500, "Internal Server Error", False)
    (entry,) = served.world.journal
    assert (entry.method, entry.path, "ZeroDivisionError" in entry.bug) == ("GET", "/x", True)
