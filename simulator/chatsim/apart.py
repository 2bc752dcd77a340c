"""A simulator in a process of its own, for a program whose threads are none: where gevent patched them.

The process is told as JSON on its standard input what to serve, says in a line where it does, and ends when that input
ends: with the block, or however else the program comes to its end.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

END_S: Final = 10.0


@contextlib.contextmanager
def serving(options: Mapping[str, Any]) -> Iterator[str]:
    """Run `chatsim.serve(**options)` there until the block ends; where it serves.

    Raises:
        RuntimeError: it did not start; the text says why.
    """
    # Ctrl-C in the terminal is for the program, which may have questions to the simulator before it ends.
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "chatsim.apart"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        start_new_session=os.name == "posix",
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(options).encode() + b"\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the simulator's process ended with {process.wait()}; what it said stands above")
        yield answer.decode().strip()
    finally:
        with contextlib.suppress(OSError):  # it ended before
            process.stdin.close()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def main() -> None:
    """What runs there."""
    from chatsim.testing import serve

    with serve(**json.loads(sys.stdin.readline())) as client:
        sys.stdout.write(f"{client.url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
