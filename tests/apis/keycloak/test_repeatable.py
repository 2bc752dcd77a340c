"""The same conversation gives the same bytes, in any process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def run(hash_seed: str) -> bytes:
    """Hold the conversation in a process of its own."""
    path = os.pathsep.join(str(ROOT / folder) for folder in ("simulator", "tests/support"))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": hash_seed}
    script = ROOT / "tests" / "support" / "tokenscript.py"
    return subprocess.run([sys.executable, script], env=environment, capture_output=True, check=True, timeout=60).stdout


def test_two_processes_answer_alike() -> None:
    """Status, headers and bodies, tokens included, though sets and dictionaries hash differently."""
    first = run("1")
    assert first == run("2")
    assert first.count(b"X-Sim-Entry: ") == 18
