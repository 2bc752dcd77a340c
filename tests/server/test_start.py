"""What a start does not wait for, and that it ends as it should; each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from process import environment

LATER: Final = (
    "PIL", "blurhash", "chatsim.apis.kobil.pdf", "chatsim.apis.weavy.json_lenient", "chatsim.client",
    "chatsim.commands", "chatsim.control.har", "chatsim.control.masking", "chatsim.control.people",
    "chatsim.core.explain", "chatsim.core.snapshot", "chatsim.server.statefile", "chatsim.server.tls", "cryptography",
    "faker", "jsonschema", "jwt", "pyhanko", "trustme", "yaml",
)  # fmt: skip
"""Modules that only some calls or options need."""


def run(*lines: str) -> str:
    """What a program that has put a simulator together prints."""
    start = ("import gc, sys", "from chatsim import cli", "from chatsim.server import assembly, runner")
    code = "\n".join((*start, "assembly.assemble()", *lines))
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_start_imports_nothing_that_only_some_calls_need() -> None:
    """Everybody who starts a simulator for one test waits for its imports."""
    assert run(f"print([name for name in {LATER!r} if name in sys.modules])") == "[]"


def test_the_collector_works_again_once_the_start_is_frozen() -> None:
    """The command starts with it off; a server without it would only ever grow."""
    frozen = run(
        "gc.disable()", "runner._spare_the_collector()", "print(gc.isenabled(), gc.get_freeze_count() > 10_000)"
    )
    assert frozen == "True True"
