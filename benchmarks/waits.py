"""Many waits for the journal at once, each over a connection of its own, and how soon they are told. Prints the
milliseconds as JSON. Run as `python -m benchmarks.waits BASE_URL COUNT ROUNDS`.
"""

import asyncio
import json
import sys
import time
from typing import Final
from urllib.parse import urlsplit

import uvloop

WAIT: Final = "/_sim/worlds/default/journal/wait"
ASKED: Final = "/auth/realms/woven/.well-known/openid-configuration"
TIMEOUT_S: Final = 60
TIMED: Final = 50
STRIDE: Final = 10
MARK: Final = "X-Request-Id"


class Peer:
    """One kept connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def wait_for(self, mark: str) -> None:
        """Ask to be told of a request with this mark."""
        body = {"match": {"header": {MARK: mark}}, "timeout_s": TIMEOUT_S}
        self._say(f"POST {WAIT}", "", json.dumps(body))

    def call(self, mark: str) -> None:
        """Send a request with this mark."""
        self._say(f"GET {ASKED}", f"{MARK}: {mark}\r\n", "")

    def _say(self, line: str, headers: str, body: str) -> None:
        head = f"{line} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        self._writer.write((head + body).encode())

    async def hear(self) -> None:
        """Take the answer.

        Raises:
            RuntimeError: it is a refusal, or what was waited for did not come.
        """
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
        body = await self._reader.readexactly(length)
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(f"{head!r}{body[:300]!r}")

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        await self._writer.wait_closed()


async def connect(base_url: str) -> Peer:
    """A new connection."""
    url = urlsplit(base_url)
    return Peer(*await asyncio.open_connection(url.hostname, url.port))


async def measure(base_url: str, count: int, rounds: int) -> dict[str, list[float]]:
    """`all` waits are ended by one request; `one` is ended by one, while the others go on; `none`: a request that ends
    no wait; `alone`: a request while nobody waits.
    """
    times: dict[str, list[float]] = {"all": [], "one": [], "none": [], "alone": []}
    actor = await connect(base_url)
    crowd = [await connect(base_url) for _ in range(count)]
    for turn in range(rounds):
        times["alone"] += [await _stride(actor) for _ in range(TIMED)]
        await _begin(actor, crowd, [f"{turn}"] * count)
        times["all"].append(await _timed(actor, f"{turn}", crowd))
        await _begin(actor, crowd, [f"{turn}-{number}" for number in range(count)])
        times["none"] += [await _stride(actor) for _ in range(TIMED)]
        for number, one in enumerate(crowd):
            took = await _timed(actor, f"{turn}-{number}", [one])
            if number < TIMED:
                times["one"].append(took)
    for one in (actor, *crowd):
        await one.close()
    return times


async def _timed(actor: Peer, mark: str, told: list[Peer]) -> float:
    """Milliseconds until the request was answered and everybody was told who waited for it."""
    begin = time.perf_counter()
    actor.call(mark)
    await asyncio.gather(actor.hear(), *(one.hear() for one in told))
    return (time.perf_counter() - begin) * 1e3


async def _stride(actor: Peer) -> float:
    """Milliseconds that a request takes which ends no wait, in the mean of some: waits are asked after its answer was
    written, so it is the next one that is late.
    """
    return sum([await _timed(actor, "nobody", []) for _ in range(STRIDE)]) / STRIDE


async def _begin(actor: Peer, crowd: list[Peer], marks: list[str]) -> None:
    """Have everybody wait. What was sent before a request is read before it is answered, or in the turn after."""
    for one, mark in zip(crowd, marks, strict=True):
        one.wait_for(mark)
    for _ in range(3):
        actor.call("nobody")
        await actor.hear()


if __name__ == "__main__":
    base_url, count, rounds = sys.argv[1:]
    sys.stdout.write(json.dumps(uvloop.run(measure(base_url, int(count), int(rounds)))) + "\n")
