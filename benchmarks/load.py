"""Load from a second process, bounded in time, loopback only: wrk where it is installed, else `benchmarks.client`."""

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from typing import Final

from benchmarks.scenarios import Request

WRK: Final = shutil.which("wrk")

_WRK_SCRIPT: Final = """
{request}
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{{"requests":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"failed":%d}}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one burst of load measured."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float


def generator() -> str:
    """What makes the load, for the report."""
    return "wrk" if WRK else "an asyncio client (slower than wrk: install it for figures of the server alone)"


def burst(base_url: str, request: Request, *, connections: int, seconds: int) -> Sample:
    """Sends `request` over `connections` kept-alive connections for `seconds`.

    Raises:
        RuntimeError: an answer was not 2xx or 3xx, or did not come: figures of refusals would say nothing.
    """
    said = json.loads(
        _by_wrk(WRK, base_url, request, connections, seconds)
        if WRK
        else _by_client(base_url, request, connections, seconds)
    )
    if said["failed"] or not said["requests"]:
        raise RuntimeError(
            f"{said['failed']} of {said['requests']} requests failed: {request.method} {base_url}{request.path}"
        )
    return Sample(said["requests"] / said["seconds"], said["p50_ms"], said["p99_ms"])


def _by_wrk(wrk: str, base_url: str, request: Request, connections: int, seconds: int) -> str:
    lines = [f"wrk.method = {_lua(request.method)}", f"wrk.body = {_lua(request.body)}"]
    lines += [f"wrk.headers[ {_lua(name)} ] = {_lua(value)}" for name, value in request.headers.items()]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_WRK_SCRIPT.format(request="\n".join(lines)))
        script.flush()
        command = [
            wrk,
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--timeout",
            "5s",
            "-s",
            script.name,
            base_url + request.path,
        ]
        return _run(command, "", seconds).splitlines()[-1]


def _by_client(base_url: str, request: Request, connections: int, seconds: int) -> str:
    plan = {"base_url": base_url, "connections": connections, "seconds": seconds, "request": asdict(request)}
    return _run([sys.executable, "-m", "benchmarks.client"], json.dumps(plan), seconds)


def _run(command: list[str], given: str, seconds: int) -> str:
    done = subprocess.run(command, input=given, check=True, capture_output=True, text=True, timeout=seconds + 30)
    return done.stdout


def _lua(text: str) -> str:
    """As a string literal of Lua, in which nothing is escaped."""
    return f"[====[{text}]====]"
