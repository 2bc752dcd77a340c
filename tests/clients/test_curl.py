"""curl, with the lines that a start prints: they work as they stand."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from desk import Served

from chatsim.apis import discover

SAMPLES = {api.name: api.sample for api in discover() if api.sample}


@pytest.mark.skipif(not shutil.which("curl") or not shutil.which("bash"), reason="curl or bash is not installed")
@pytest.mark.parametrize("api", SAMPLES)
async def test_printed_line_works(served: Served, tmp_path: Path, api: str) -> None:
    """Every answer is 2xx, and the simulator found nothing wrong with itself."""
    (tmp_path / ".curlrc").write_text("fail\nshow-error\nnoproxy = *\nmax-time = 10\n")
    command = SAMPLES[api].replace("{base_url}", served.base_url)
    shell = await asyncio.create_subprocess_exec(
        "bash", "-o", "pipefail", "-e", "-c", command,
        env={**os.environ, "CURL_HOME": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await shell.communicate()
    assert shell.returncode == 0, said.decode()
    entries = list(served.world.journal)
    assert entries
    assert [(entry.operation, entry.bug) for entry in entries if entry.bug or entry.status >= 400] == []
