"""A bare aiohttp client: `python -m benchmarks.poster URL COUNT BODY` posts 32 at a time and prints seconds."""

import asyncio
import sys
import time

import uvloop
from aiohttp import ClientSession, TCPConnector

AT_ONCE = 32


async def post(url: str, count: int, body: bytes) -> float:
    """How long it takes; the connections are there already, as those of a server that has sent before."""
    left = iter(range(count))

    async def work(session: ClientSession) -> None:
        for _ in left:
            async with session.post(url, data=body, headers={"Content-Type": "application/json"}) as answer:
                await answer.read()

    async with ClientSession(connector=TCPConnector(limit=0), trust_env=False) as session:
        begin = time.perf_counter()
        await asyncio.gather(*(work(session) for _ in range(AT_ONCE)))
        return time.perf_counter() - begin


if __name__ == "__main__":
    print(uvloop.run(post(sys.argv[1], int(sys.argv[2]), sys.argv[3].encode())))
