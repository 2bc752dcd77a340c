"""The load where wrk is not installed: a plain asyncio client that keeps N connections busy. Reads its plan as JSON
from standard input, prints what it measured as JSON.
"""

import asyncio
import json
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import uvloop


async def connection(host: str, port: int, message: bytes, until: float) -> tuple[list[float], int]:
    """One kept-alive connection: its latencies in seconds, and how many answers were 4xx or 5xx."""
    reader, writer = await asyncio.open_connection(host, port)
    latencies, failed = [], 0
    while (begin := time.perf_counter()) < until:
        writer.write(message)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(_length(head))
        latencies.append(time.perf_counter() - begin)
        failed += head[9:10] not in b"23"
    writer.close()
    await writer.wait_closed()
    return latencies, failed


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise ValueError(f"an answer without Content-Length: {head!r}")


async def load(plan: dict[str, Any]) -> dict[str, float]:
    """The whole burst."""
    request, url = plan["request"], urlsplit(plan["base_url"])
    body = request["body"].encode()
    headers = {"Host": url.netloc, **request["headers"], "Content-Length": str(len(body))}
    head = [f"{request['method']} {request['path']} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    message = "\r\n".join([*head, "", ""]).encode() + body
    begin = time.perf_counter()
    until = begin + plan["seconds"]
    results = await asyncio.gather(
        *(connection(url.hostname or "", url.port or 80, message, until) for _ in range(plan["connections"]))
    )
    seconds = time.perf_counter() - begin
    latencies = sorted(latency for one, _ in results for latency in one)
    return {
        "requests": len(latencies),
        "seconds": seconds,
        "p50_ms": latencies[len(latencies) // 2] * 1e3,
        "p99_ms": latencies[len(latencies) * 99 // 100] * 1e3,
        "failed": sum(failed for _, failed in results),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(uvloop.run(load(json.load(sys.stdin)))) + "\n")
