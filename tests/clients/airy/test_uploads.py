"""Files with the names that people have, uploaded and fetched by clients that each tidy up addresses."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable

import pytest
import requests
from desk import Served

NAMES = ["cat.png", "..", ".", "../..", "50%.png", "%2e%2e", "a b?c#d.png", "猫.png", "a\x01\x7f.png", "x" * 2000]
PATIENCE_S = 20


async def by_curl(url: str) -> bytes:
    """What curl fetches."""
    return await _said("curl", "-q", "--silent", "--fail", "--noproxy", "*", url)


async def by_fetch(url: str) -> bytes:
    """What Node's fetch fetches, as browsers do."""
    return await _said("node", "-e", "fetch(process.argv[1]).then(async r => console.log(r.ok && await r.text()))", url)


async def by_requests(url: str) -> bytes:
    """What Python's requests fetches."""
    found = await asyncio.to_thread(requests.get, url, timeout=PATIENCE_S)
    found.raise_for_status()
    return found.content


async def _said(program: str, *arguments: str) -> bytes:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    process = await asyncio.create_subprocess_exec(program, *arguments, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said.rstrip(b"\n")


@pytest.mark.parametrize("fetched", [by_curl, by_fetch, by_requests])
async def test_every_upload_can_be_fetched(served: Served, fetched: Callable[[str], Awaitable[bytes]]) -> None:
    """Each address leads to its own file."""
    urls = []
    for name in NAMES:
        form = {"file": (name, name.encode(), "image/png")}
        sent = await asyncio.to_thread(requests.post, f"{served.base_url}/media.upload", files=form, timeout=PATIENCE_S)
        urls.append(sent.json()["media_url"])
    found = await asyncio.gather(*(fetched(url) for url in urls))
    assert found == [name.encode() for name in NAMES]
