"""The simulator as a process of its own, for tests of the command line and of the built package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).parents[2] / "simulator"
END_S: Final = 20.0


@dataclass(slots=True)
class Process:
    """A started simulator: where it answers, its first line, and once it ended what else it printed."""

    url: str
    popen: subprocess.Popen[str]
    first: str = ""
    output: str = ""
    errors: str = ""

    @property
    def port(self) -> int:
        """The port it took."""
        return int(self.url.rpartition(":")[2])

    def stop(self) -> int:
        """SIGTERM (on Windows: the end); the exit code."""
        self.popen.terminate()
        return self.ended()

    def ended(self) -> int:
        """Wait for the end of one that was told to stop; the exit code."""
        assert self.popen.stdout is not None
        assert self.popen.stderr is not None
        self.output, self.errors = self.popen.stdout.read(), self.popen.stderr.read()
        return self.popen.wait(END_S)


def environment(**changed: str) -> dict[str, str]:
    """This process's environment without what would configure a simulator or a proxy; this checkout importable."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CHATSIM_") and not name.upper().endswith("_PROXY")
    }
    return {**kept, "PYTHONPATH": str(SOURCE), **changed}


def run(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """`chatsim …` until it ends by itself."""
    command = [sys.executable, "-m", "chatsim", *arguments]
    return subprocess.run(command, env=env or environment(), check=False, capture_output=True, text=True, timeout=END_S)


@contextmanager
def started(
    *arguments: str, env: Mapping[str, str] | None = None, command: Sequence[str] = (sys.executable, "-m", "chatsim")
) -> Iterator[Process]:
    """`chatsim serve --port 0 …`, ended with the block at the latest."""
    popen = subprocess.Popen(
        [*command, "serve", "--port", "0", *arguments],
        env=env or environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert popen.stdout is not None
    try:
        first = popen.stdout.readline()
        assert first.startswith(("CHATSIM_URL=", "{")), f"{first!r} {popen.communicate(timeout=END_S)}"
        url = json.loads(first)["urls"][0] if first.startswith("{") else first.strip().partition("=")[2]
        yield Process(url, popen, first=first)
    finally:
        if popen.poll() is None:
            popen.kill()
        popen.communicate(timeout=END_S)
