"""Callbacks per second to a local sink, beside a bare aiohttp client with one session that posts the same bodies."""

import json
import subprocess
import sys
import time
from statistics import median
from typing import Any, Final
from urllib.request import Request, urlopen

from benchmarks.servers import BARE, ROOT, SIMULATOR, running

COUNT: Final = 2000
TARGET: Final = 0.7
WORLD: Final = "/_sim/worlds/default"


def measure(rounds: int) -> tuple[float, float, float]:
    """Deliveries/s of the simulator and of the client, and the median of the rounds' ratios."""
    with running(SIMULATOR) as simulator, running(BARE) as sink:
        _ask(simulator.base_url, "PUT", "/kobil/services/bench", {"callback_url": f"{sink.base_url}/"})
        ours, theirs = [], []
        for _ in range(rounds + 1):  # the first one warms up
            body = _fill(simulator.base_url)
            ours.append(_deliver(simulator.base_url))
            theirs.append(_post(sink.base_url, body))
    pairs = list(zip(ours, theirs, strict=True))[1:]
    return median(ours[1:]), median(theirs[1:]), median(one / other for one, other in pairs)


def _fill(base_url: str) -> str:
    """Hold a callback each of so many users; one of the bodies."""
    _ask(base_url, "POST", "/callbacks/hold", {})
    for number in range(COUNT):
        who = {"tenant": "bench", "service": "bench", "user": f"user{number}"}
        made = _ask(base_url, "POST", "/kobil/send-text", {**who, "text": "Hi, how are you?"})
    body = _ask(base_url, "GET", f"/callbacks/{made['deliveries'][0]}", None)["body"]
    return json.dumps(body, separators=(",", ":"))


def _deliver(base_url: str) -> float:
    """Let them go and wait until all have arrived: deliveries/s."""
    begin = time.perf_counter()
    _ask(base_url, "POST", "/callbacks/release", {})
    _ask(base_url, "POST", "/callbacks/wait", {"timeout_s": 60})
    return COUNT / (time.perf_counter() - begin)


def _post(url: str, body: str) -> float:
    command = [sys.executable, "-m", "benchmarks.poster", f"{url}/", str(COUNT), body]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    return COUNT / float(ran.stdout)


def _ask(base_url: str, method: str, path: str, body: Any) -> Any:
    raw = None if body is None else json.dumps(body).encode()
    call = Request(f"{base_url}{WORLD}{path}", data=raw, method=method)  # noqa: S310 - our own loopback URL
    with urlopen(call, timeout=90) as answer:  # noqa: S310 - the same
        return json.load(answer)
