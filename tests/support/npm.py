"""Gets the Node packages that real-client tests drive: what a folder's package.json names, once per content of it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

PATIENCE_S = 300


def install(folder: Path) -> str:
    """Install into `folder`/node_modules unless that was done for this package.json; say why not if it cannot be."""
    npm = shutil.which("npm")  # its whole path: on Windows it is a script, which is found by no other name
    if npm is None or shutil.which("node") is None:
        return "node and npm are not installed"
    modules = folder / "node_modules"
    modules.mkdir(exist_ok=True)
    wanted, done = (folder / "package.json").read_text(encoding="utf-8"), modules / ".installed"
    with locked(modules / ".lock"):
        if done.exists() and done.read_text(encoding="utf-8") == wanted:
            return ""
        command = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--prefix", str(folder)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        if ran.returncode:
            return f"npm install failed: {ran.stderr[-300:]}"
        done.write_text(wanted, encoding="utf-8")
        return ""


@contextmanager
def locked(file: Path, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Be the only one of all processes that holds this lock; it ends with its process.

    Tests run in several. SQLite's lock is the one that Python has on every system.

    Raises:
        sqlite3.OperationalError: somebody else held it all the time.
    """
    with closing(sqlite3.connect(file, timeout=patience_s, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
