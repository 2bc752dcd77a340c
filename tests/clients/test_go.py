"""docs/go.md with the Go toolchain: its tests pass in the simulator that `chatsim exec` starts, its curl lines work."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from pages import DOCS, blocks, files
from process import environment, started

PAGE: Final = files("go.md", "go")
SECONDS: Final = 120
# The standard library alone, built without a C compiler; nothing is downloaded.
ENVIRONMENT: Final = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local"}


def run(folder: Path, *command: str, **variables: str) -> str:
    """Run a command in a folder; what it printed."""
    ran = subprocess.run(
        command,
        cwd=folder,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


@pytest.mark.skipif(not shutil.which("go"), reason="Go is not installed")
def test_page(tmp_path: Path) -> None:
    """Each test in a world that is deleted after it."""
    for name, code in PAGE.items():
        (tmp_path / name).write_text(code)
    assert run(tmp_path, "gofmt", "-l", ".") == ""
    run(tmp_path, "go", "mod", "init", "parcels", **ENVIRONMENT)
    tests = "go test -count=1 -v ./... && curl -s $CHATSIM_URL/_sim/worlds"
    chatsim = (sys.executable, "-m", "chatsim", "exec", "--", "sh", "-c")
    printed = run(tmp_path, *chatsim, tests, **ENVIRONMENT)
    assert printed.count("--- PASS: Test") == 3
    assert printed.count('"base_url"') == 1, "only the default world is left"


def test_every_block_is_a_file() -> None:
    """None is left out above."""
    assert len(PAGE) == blocks("go.md", "go") == 3


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl(tmp_path: Path) -> None:
    """The lines make a world, find what happened in it, and delete it."""
    section = (DOCS / "go.md").read_text(encoding="utf-8").partition("## With curl")[2]
    lines = section.partition("```sh\n")[2].partition("```")[0]
    with started() as simulator:
        printed = run(tmp_path, "sh", "-ec", lines.replace("curl -s", "curl -sSf"), CHATSIM_URL=simulator.url)
    assert '"found":1' in printed
