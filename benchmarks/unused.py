"""What journal and faults cost a request of which nobody asks the journal and for which no fault is planned.

Everything happens in this process: a Woven chat message goes into a connection of the server as the bytes that a
client sends, and comes out as the bytes of the answer; the kernel's socket is left out. Four contestants take turns of
a few milliseconds each, in an order that changes, timed by the processor time of the thread: the server as it is;
without the journal (its entries are one blank entry that is neither numbered, filled with bodies, listed nor told);
without the look for faults; without both. The journal is at its bound from the beginning, as it is in a server that has
run for a while.
"""

import asyncio
import gc
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, Final
from unittest.mock import patch

import uvloop

from benchmarks.scenarios.keycloak import FORM, TOKEN_PATH
from benchmarks.scenarios.woven import MESSAGE, PATH
from chatsim.core.journal import MAX_ENTRIES, Entry, Journal
from chatsim.core.world import DEFAULT
from chatsim.server.app import Server
from chatsim.server.assembly import assemble
from chatsim.server.protocol import Listener

BURST: Final = 100
BURSTS_A_ROUND: Final = 60
TARGET_PERCENT: Final = 5

Costs = dict[str, float]


class _Unkept(Entry, eq=False, gc=False):
    """An entry that keeps no bodies."""

    def keep_request(self, body: bytes, size: int | None = None) -> None:
        """Forget it."""

    def keep_response(self, body: bytes) -> None:
        """Forget it."""


class _NoJournal(Journal):
    """Every entry is the same one, and none is listed."""

    def __init__(self) -> None:
        super().__init__(1)
        self._blank = _Unkept(0, 0, "request")

    def open(self, at: int, kind: str, api: str = "", cause: int | None = None) -> Entry:
        """The blank entry, as good as new where the pipeline reads what it wrote before."""
        self._blank.bug, self._blank.notes, self._blank.violations = "", (), ()
        return self._blank

    def add(self, entry: Entry) -> None:
        """List nothing, tell nobody."""


class _Wire(asyncio.Transport):
    """A connection whose other end is this program: what is written stays in `said`."""

    def __init__(self) -> None:
        super().__init__()
        self.said = b""

    def write(self, data: Any) -> None:
        """Keep the answer."""
        self.said = bytes(data)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """An address of loopback; nothing else is known."""
        return ("127.0.0.1", 50_000) if name == "peername" else default

    def is_closing(self) -> bool:
        """It stays open."""
        return False

    def close(self) -> None:
        """There is nothing to close."""

    def abort(self) -> None:
        """There is nothing to break."""

    def pause_reading(self) -> None:
        """Nothing comes by itself."""

    def resume_reading(self) -> None:
        """Nothing comes by itself."""


def measure(rounds: int) -> tuple[float, Costs]:
    """Microseconds of our work for a request as it is, and how many of them each part adds."""
    return uvloop.run(_measure(rounds))


async def _measure(rounds: int) -> tuple[float, Costs]:
    server = Server(assemble())
    world = server.simulator.worlds[DEFAULT]
    connection, wire = Listener(server)(), _Wire()
    connection.connection_made(wire)
    for _ in range(3):  # aiohttp's loop for the connection goes to its first wait
        await asyncio.sleep(0)

    def ask(raw: bytes) -> bytes:
        wire.said = b""
        connection.data_received(raw)
        server.flush()
        if not wire.said.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"not answered at once, or refused: {wire.said[:300]!r}")
        return wire.said

    form = "&".join(f"{name}={value}" for name, value in FORM.items()).encode()
    token = json.loads(ask(_request(TOKEN_PATH, "application/x-www-form-urlencoded", form)).partition(b"\r\n\r\n")[2])
    message = _request(PATH, "application/json", json.dumps(MESSAGE).encode(), token["access_token"])
    kept, none = world.journal, _NoJournal()
    no_draw = patch("chatsim.core.pipeline.draw", lambda plan, raw=None, *, offline=False: None)

    def burst(*, journal: bool, faults: bool) -> float:
        world.journal = kept if journal else none
        if faults:
            return _time(ask, message)
        with no_draw:
            return _time(ask, message)

    contestants: dict[str, Callable[[], float]] = {
        "": lambda: burst(journal=True, faults=True),
        "journal": lambda: burst(journal=False, faults=True),
        "faults": lambda: burst(journal=True, faults=False),
        "both": lambda: burst(journal=False, faults=False),
    }
    for _ in range(MAX_ENTRIES // BURST + 1):
        contestants[""]()
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    with _spared_collector():
        for turn in range(rounds * BURSTS_A_ROUND):
            names = list(contestants)
            names = names[turn % 4 :] + names[: turn % 4]
            for name in names if turn % 8 < 4 else reversed(names):
                taken[name].append(contestants[name]())
    connection.connection_lost(None)
    await server.shut_down()
    whole = taken.pop("")
    added = {
        name: median(with_it - without for with_it, without in zip(whole, times, strict=True)) * 1e6
        for name, times in taken.items()
    }
    return median(whole) * 1e6, added


def _time(ask: Callable[[bytes], bytes], raw: bytes) -> float:
    """Seconds of processor time that one request took, in the mean of a burst."""
    begin = time.thread_time()
    for _ in range(BURST):
        ask(raw)
    return (time.thread_time() - begin) / BURST


def _request(path: str, kind: str, body: bytes, token: str = "") -> bytes:
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{bearer}Content-Type: {kind}\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


@contextmanager
def _spared_collector() -> Iterator[None]:
    """As `chatsim serve` has it."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 5, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
