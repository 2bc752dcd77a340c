"""The yardstick: aiohttp's low-level server on uvloop, answering every request with one constant.
Run as `python -m benchmarks.bare PORT`.
"""

import asyncio
import sys

import uvloop
from aiohttp import web

ANSWER = b'{"success":true,"data":{"errors":[]},"info":"Chat message sent"}'


async def answer(_request: web.BaseRequest) -> web.Response:
    """The constant; the request's body is not looked at."""
    return web.Response(body=ANSWER, content_type="application/json")


async def serve(port: int) -> None:
    """Serves until the process is ended."""
    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
