"""The control API: worlds made, copied, reset and written out, what an idle one weighs, questions to a full journal,
a thousand waits at once. Knows the paths of `/_sim`; what is measured is what a test sees over one kept connection.
"""

import json
import subprocess
import sys
import time
from http.client import HTTPConnection
from statistics import median
from typing import Any, Final

from benchmarks import unused
from benchmarks.load import burst
from benchmarks.scenarios.keycloak import FORM, TOKEN_PATH
from benchmarks.scenarios.woven import send_message
from benchmarks.servers import ROOT, SIMULATOR, Running, running

TITLE: Final = "Control API: worlds, journal and waits"
WORLDS: Final = 1_000
USED: Final = 200
REPEATS: Final = 20
ENTRIES: Final = 10_000
WAITS: Final = 1_000
MAKE_TARGET_MS: Final = 5
MEMORY_TARGET_KB: Final = 100
FEW: Final = {"users": 2, "conversations": 1, "messages": 5}
MANY: Final = {"users": 20, "conversations": 20, "messages": 200}
_WORLDS: Final = "/_sim/worlds"
_DEFAULT: Final = f"{_WORLDS}/default"


class Caller:
    """One kept connection to a simulator; a call gives its answer and how many milliseconds it took."""

    def __init__(self, simulator: Running) -> None:
        self._connection = HTTPConnection(simulator.base_url.removeprefix("http://"), timeout=60)

    def call(self, method: str, path: str, body: Any = None) -> tuple[Any, float]:
        """The decoded answer, and the time until all of it was there.

        Raises:
            RuntimeError: it was a refusal: figures of those would say nothing.
        """
        raw = None if body is None else json.dumps(body)
        begin = time.perf_counter()
        self._connection.request(method, path, raw, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        said = answer.read()
        took = (time.perf_counter() - begin) * 1e3
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {said[:300]!r}")
        return json.loads(said or b"null"), took

    def times(self, method: str, path: str, body: Any = None, count: int = REPEATS) -> list[float]:
        """How long each of so many calls took, in ms."""
        return [self.call(method, path, body)[1] for _ in range(count)]

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def report(rounds: int) -> None:
    """Prints a line for each thing measured."""
    print(f"\n{TITLE}\n  {'':58}{'median ms':>10}{'p99 ms':>9}")
    _worlds()
    _state(rounds)
    _journal(rounds)
    _waits(rounds)
    _unused(rounds)


def _unused(rounds: int) -> None:
    """What journal and faults add to a request, of the time that its client waits and of the simulator's own work."""
    with running(SIMULATOR) as simulator:
        message = send_message(simulator.base_url)
        waited = [burst(simulator.base_url, message, connections=1, seconds=1) for _ in range(rounds)]
    waited_us = 1e6 / median(one.requests_per_s for one in waited)
    work_us, added_us = unused.measure(rounds)
    print(
        f"  a Woven message, one after the other, takes {waited_us:.0f} µs, {work_us:.1f} of them our work, with unused"
    )
    for name in ("journal", "faults", "both"):
        added = added_us[name]
        share = added / waited_us * 100
        verdict = _below(share, unused.TARGET_PERCENT) if name == "both" else ""
        print(f"    {name:8}{added:5.1f} µs, {share:4.1f} % of all, {added / work_us:5.1%} of our work{verdict}")


def _worlds() -> None:
    """Making a thousand worlds one after the other, and what they take in memory."""
    with running(SIMULATOR) as simulator:
        caller = Caller(simulator)
        caller.times("POST", _WORLDS, {}, 50)  # the first ones also fill what all share
        before = simulator.memory_mb()
        times = caller.times("POST", _WORLDS, {}, WORLDS)
        weight_kb = (simulator.memory_mb() - before) * 1024 / WORLDS
        slowest = f"slowest {max(times):.1f} ms"
        _line(f"a world is made, {WORLDS:,} in all ({slowest})", times, MAKE_TARGET_MS)
        print(f"  an empty world takes {weight_kb:.1f} kB{_below(weight_kb, MEMORY_TARGET_KB)}")
        looks = _looks(caller)
        caller.call("POST", _WORLDS, {"name": "first"})
        for look in looks:
            caller.call("GET", f"{_WORLDS}/first/{look}")
        made = [one["name"] for one in caller.call("GET", f"{_WORLDS}?limit={USED}")[0]["worlds"]]
        before = simulator.memory_mb()
        for name in made:
            for look in looks:
                caller.call("GET", f"{_WORLDS}/{name}/{look}")
        weight_kb = (simulator.memory_mb() - before) * 1024 / len(made)
        print(f"  {weight_kb:.1f} kB more when all of its APIs were looked at, and so have their documented fixtures")
        caller.close()


def _looks(caller: Caller) -> list[str]:
    """A collection of each API that has one to list."""
    apis = caller.call("GET", "/_sim/apis")[0]["apis"]
    lists = {
        api["name"]: one["path"].partition("/")[0]
        for api in apis
        for one in api["collections"]
        if "LIST" in one["verbs"] and "{" not in one["path"].partition("/{")[0]
    }
    return [f"{api}/{path}" for api, path in lists.items()]


def _state(rounds: int) -> None:
    """Fork, reset, snapshot and restore of the documented world and of one with people who have talked."""
    count = rounds * REPEATS
    with running(SIMULATOR) as simulator:
        caller = Caller(simulator)
        caller.call("PUT", f"{_WORLDS}/small", {})
        caller.call("PUT", f"{_WORLDS}/large", {})
        for name, people in (("small", FEW), ("large", MANY)):
            caller.call("POST", f"{_WORLDS}/{name}/populate", people)
            title = ", ".join(f"{count} {what}" for what, count in people.items())
            snapshot, _ = caller.call("GET", f"{_WORLDS}/{name}/snapshot")
            size_kb = len(json.dumps(snapshot)) / 1024
            print(f"  a world in which each API has {title} ({size_kb:,.0f} kB as a snapshot)")
            caller.call("POST", _WORLDS, {"copy_of": name})  # the first one also imports what forks need
            forks = caller.times("POST", _WORLDS, {"copy_of": name}, count)
            _line("  fork", forks, MAKE_TARGET_MS if name == "small" else None)
            _line("  snapshot", caller.times("GET", f"{_WORLDS}/{name}/snapshot", count=count))
            _line("  restore", caller.times("PUT", f"{_WORLDS}/{name}/snapshot", snapshot, count))
            resets = []
            for _ in range(count):
                caller.call("PUT", f"{_WORLDS}/{name}/snapshot", snapshot)
                resets.append(caller.call("POST", f"{_WORLDS}/{name}/reset")[1])
            _line("  reset", resets)
        caller.close()


def _journal(rounds: int) -> None:
    """Questions to a journal of ten thousand entries; what is looked for is in few of them."""
    with running(SIMULATOR) as simulator:
        caller = Caller(simulator)
        wanted = {"operation": "issue_token", "body": {"client_id": FORM["client_id"]}}
        for number in range(ENTRIES):
            if number % 1_000:
                caller.call("GET", "/auth/realms/woven/.well-known/openid-configuration")
            else:
                form = "&".join(f"{name}={value}" for name, value in FORM.items())
                _post_form(simulator, form)
        print(f"  questions to a journal of {ENTRIES:,} entries")
        count = rounds * REPEATS
        page = f"{_DEFAULT}/journal?operation=issue_token&limit=100"
        _line("  a list of those of an operation, 10 found", caller.times("GET", page, count=count))
        _line("  the newest 100", caller.times("GET", f"{_DEFAULT}/journal?since={ENTRIES - 100}", count=count))
        once = {"match": wanted, "count": 10}
        _line("  verify by operation and body", caller.times("POST", f"{_DEFAULT}/journal/verify", once, count))
        never = {"match": {**wanted, "status": 418}, "count": 1}
        found, _ = caller.call("POST", f"{_DEFAULT}/journal/verify", never)
        if found["ok"]:
            raise RuntimeError("nothing should have been found")
        _line(
            "  verify what never was, near misses shown",
            caller.times("POST", f"{_DEFAULT}/journal/verify", never, count),
        )
        caller.close()


def _post_form(simulator: Running, form: str) -> None:
    connection = HTTPConnection(simulator.base_url.removeprefix("http://"), timeout=10)
    connection.request("POST", TOKEN_PATH, form, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"no token was issued: {answer.status}")


def _waits(rounds: int) -> None:
    """Waits of a second process: for one request all of them, then each for a request of its own."""
    with running(SIMULATOR) as simulator:
        command = [sys.executable, "-m", "benchmarks.waits", simulator.base_url, str(WAITS), str(rounds)]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
        seen = json.loads(ran.stdout)
    print(f"  {WAITS:,} waits at once")
    _line("  a request that ends them all: until the last was told", seen["all"])
    _line("  a request that ends one: until that one was told", seen["one"])
    _line("  a request that ends none, one after the other", seen["none"])
    _line("  the same while nobody waits", seen["alone"])


def _line(title: str, times_ms: list[float], target: float | None = None) -> None:
    ranked = sorted(times_ms)
    slow = ranked[min(len(ranked) - 1, len(ranked) * 99 // 100)]
    verdict = "" if target is None else _below(slow, target)
    print(f"  {title:58}{median(ranked):10.2f}{slow:9.2f}{verdict}")


def _below(value: float, target: float) -> str:
    return _verdict(value < target, f"below {target:g}")


def _verdict(reached: bool, target: str) -> str:
    return f"   {target}: {'reached' if reached else 'MISSED'}"
