"""Each API by every address: the URLs that answers carry begin with the address that the client used, and work."""

from __future__ import annotations

import asyncio
import re
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest
import sending
from aiohttp import web
from proofs import HttpClient, apis_with_scripts, script_of

from chatsim.server import tls
from chatsim.server.protocol import Listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from desk import Served

URL: Final = re.compile(r"""\b(?:https?|wss?)://[^\s"'<>\\)]+""")


def urls_in(client: HttpClient) -> set[str]:
    """Every URL in the bodies and headers of what was answered; those of sockets as the page they are made from."""
    found = set()
    for _, answer in client.record:
        texts = [answer.body.decode("latin-1"), *answer.headers.values()]
        found |= {url for text in texts for url in URL.findall(text)}
    return {re.sub(r"^ws", "http", url) for url in found}


def tour(api: str, base_url: str, trust: ssl.SSLContext | None = None) -> tuple[set[str], dict[str, int]]:
    """Run the script at a base URL; the URLs of others among what it saw, and the status of each of our own."""
    script = script_of(api)
    client = HttpClient(base_url, trust)
    script.script(client)
    others = getattr(script, "FOREIGN_URLS", ())
    seen = {url for url in urls_in(client) if not url.startswith(tuple(others))}
    ours = {url for url in seen if url == base_url or url.startswith(f"{base_url}/")}
    pages = {url for url in ours if not url.endswith(tuple(getattr(script, "NO_PAGES", ())))}
    return seen - ours, {url: sending.ask("GET", url, trust=trust).status for url in pages}


@asynccontextmanager
async def secured(served: Served, folder: Path) -> AsyncIterator[tuple[str, ssl.SSLContext]]:
    """The same simulator by HTTPS: its base URL, and a context that trusts it."""
    identity = tls.identity(folder, (), datetime.now(UTC))
    runner = web.ServerRunner(Listener(served.server))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=identity.context).start()
    try:
        trust = ssl.create_default_context(cadata=identity.authority_pem.decode())
        yield f"https://127.0.0.1:{runner.addresses[0][1]}", trust
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("api", apis_with_scripts())
@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:{port}", "http://localhost:{port}", "http://127.0.0.1:{port}/w/b"]
)
async def test_plain(served: Served, api: str, address: str) -> None:
    """By address, by name, and below a world's prefix."""
    base_url = address.format(port=served.base_url.rpartition(":")[2])
    others, statuses = await asyncio.to_thread(tour, api, base_url)
    assert others == set()
    assert {url: status for url, status in statuses.items() if status == 404 or status >= 500} == {}


@pytest.mark.parametrize("api", apis_with_scripts())
async def test_secure(served: Served, api: str, tmp_path: Path) -> None:
    """By HTTPS, trusting nothing but the simulator's authority."""
    async with secured(served, tmp_path) as (base_url, trust):
        others, statuses = await asyncio.to_thread(tour, api, base_url, trust)
    assert others == set()
    assert {url: status for url, status in statuses.items() if status == 404 or status >= 500} == {}


@pytest.mark.parametrize("api", apis_with_scripts())
async def test_chosen_by_a_header(served: Served, api: str) -> None:
    """Links lead into the world without the header; what a client compares with its address has no prefix."""
    client = HttpClient(served.base_url)
    client.always = {"X-Sim-World": "b"}
    script = script_of(api)
    await asyncio.to_thread(script.script, client)
    others = (*getattr(script, "FOREIGN_URLS", ()), f"{served.base_url}/w/b/")
    strays = {url for url in urls_in(client) if not url.startswith(others)}
    compared = re.compile(r"/auth/nowhere$|/realms/[^/]+$")  # a path that is repeated, and issuers
    assert {url for url in strays if not compared.search(url)} == set()
    assert list(served.simulator.worlds["default"].states) == []


@pytest.mark.parametrize("api", apis_with_scripts())
async def test_own_port(served: Served, api: str) -> None:
    """By a port of the world's own, where no prefix is needed."""
    port = await served.server.ports.open(served.simulator.enter("own"))
    others, statuses = await asyncio.to_thread(tour, api, f"http://localhost:{port}")
    assert others == set()
    assert {url: status for url, status in statuses.items() if status == 404 or status >= 500} == {}
    assert list(served.world.journal) == []
