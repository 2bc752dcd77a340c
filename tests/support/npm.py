"""Gets the Node packages that real-client tests drive: what a folder's package.json names, once per content of it."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path


def install(folder: Path) -> str:
    """Install into `folder`/node_modules unless that was done for this package.json; say why not if it cannot be."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node and npm are not installed"
    modules = folder / "node_modules"
    modules.mkdir(exist_ok=True)
    wanted, done = (folder / "package.json").read_text(encoding="utf-8"), modules / ".installed"
    with (modules / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        if done.exists() and done.read_text(encoding="utf-8") == wanted:
            return ""
        command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--prefix", str(folder)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if ran.returncode:
            return f"npm install failed: {ran.stderr[-300:]}"
        done.write_text(wanted, encoding="utf-8")
        return ""
