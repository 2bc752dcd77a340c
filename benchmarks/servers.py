"""Servers under test as processes of their own: started on a free port of loopback, asked until they answer, measured,
ended. Knows no scenario.
"""

import compileall
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

START_TIMEOUT_S: Final = 60
ROOT: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Server:
    """How one contestant is started: `command` is given the port; `probe` is a path that it answers when ready."""

    name: str
    command: Callable[[int], list[str]]
    probe: str = "/"
    warm_up_s: float = 1


@dataclass(frozen=True, slots=True)
class Running:
    """A started contestant; `start_s` is the time from its start to its first answer."""

    server: Server
    pid: int
    base_url: str
    start_s: float

    def memory_mb(self) -> float:
        """Resident memory, in units of 1024 × 1024 bytes."""
        kib = subprocess.run(["ps", "-o", "rss=", "-p", str(self.pid)], check=True, capture_output=True, text=True)
        return int(kib.stdout) / 1024


BARE: Final = Server("bare handler", lambda port: [sys.executable, "-m", "benchmarks.bare", str(port)])
SIMULATOR: Final = Server(
    "chatsim", lambda port: [sys.executable, "-m", "chatsim", "serve", "--port", str(port)], probe="/_sim/livez"
)


def compile_bytecode() -> None:
    """As an installer does for what it installs: otherwise a start would also time Python's compiler."""
    for folder in ("benchmarks", "simulator"):
        compileall.compile_dir(ROOT / folder, quiet=1)


@contextmanager
def running(server: Server) -> Iterator[Running]:
    """The server, for as long as the block lasts.

    Raises:
        RuntimeError: it ended by itself or did not answer within a minute.
    """
    port = _free_port()
    begin = time.perf_counter()
    process = subprocess.Popen(server.command(port), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        while not _answers(port, server.probe):
            if process.poll() is not None:
                said = process.stderr.read().decode() if process.stderr else ""
                raise RuntimeError(f"{server.name} ended with {process.returncode}: {said[-500:]}")
            if time.perf_counter() - begin > START_TIMEOUT_S:
                raise RuntimeError(f"{server.name} did not answer within {START_TIMEOUT_S} s")
            time.sleep(0.002)
        yield Running(server, process.pid, f"http://127.0.0.1:{port}", time.perf_counter() - begin)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stderr:
            process.stderr.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int, path: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(16).startswith(b"HTTP/1.1 ")
    except OSError:
        return False
