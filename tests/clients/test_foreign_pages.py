"""Real pages in headless Chromium that try to read and to drive `/_sim`: of a foreign origin, of a name that was
rebound to this machine, of loopback, and of an origin that the server was told to trust.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import pytest
from aiohttp import web
from chromium import chromium
from desk import Served, serve
from playwright.async_api import Page

from chatsim.core.simulator import Access, ServerOptions
from chatsim.server.assembly import assemble

FOREIGN: Final = "evil.example"
LISTED: Final = "app.example"
ELSEWHERE: Final = ("--host-resolver-rules=MAP *.example 127.0.0.1", "--no-proxy-server")
"""Names of other sites, which all lead to this machine, as a rebound one does."""

READS: Final = {
    "fetch": "fetch(url + '/_sim/worlds').then(answer => answer.text())",
    "with cookies": "fetch(url + '/_sim/worlds', {credentials: 'include'}).then(answer => answer.text())",
    "preflighted": "fetch(url + '/_sim/worlds', {headers: {'X-Asked': '1'}}).then(answer => answer.text())",
    "event stream": """new Promise((resolve, reject) => {
        const stream = new EventSource(url + '/_sim/events');
        stream.onerror = () => { stream.close(); reject(new TypeError('refused')) };
        stream.addEventListener('open', event => { if (event.data) { stream.close(); resolve('default') } });
    })""",
}
"""What gets a page at what is said: the name of the default world stands in it."""

CHANGES: Final = {
    "simple": "fetch(url + '/_sim/worlds', {method: 'POST', body})",
    "no-cors": "fetch(url + '/_sim/worlds', {method: 'POST', body, mode: 'no-cors'})",
    "preflighted": """fetch(url + '/_sim/worlds',
        {method: 'POST', body, headers: {'Content-Type': 'application/json'}})""",
    "PUT": "fetch(url + '/_sim/worlds/planted', {method: 'PUT', body})",
    "form": """new Promise(resolve => {
        document.body.innerHTML = `<iframe name="there"></iframe>
            <form method="POST" action="${url}/_sim/worlds" target="there" enctype="text/plain">
            <input name='{"labels":{"by":"form","text/plain":"' value='"}}'></form>`;
        document.querySelector('iframe').onload = resolve;
        document.querySelector('form').submit();
    })""",
}
"""What makes a world with a label that names it, whether or not the page may read the answer."""

ANONYMOUS: Final = "fetch(url + '/_sim/worlds', {method: 'POST', body, mode: 'no-cors', referrerPolicy: 'no-referrer'})"
"""A change of which the browser does not tell where it comes from: its Origin is null."""


@pytest.fixture
async def site() -> AsyncIterator[int]:
    """The port of a web site with an empty page."""

    async def give(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text="<!doctype html><body></body>", content_type="text/html")

    runner = web.ServerRunner(web.Server(give))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@pytest.fixture
async def trusting(site: int) -> AsyncIterator[Served]:
    """A simulator on loopback that trusts the pages of one origin besides."""
    access = Access(origins=(f"http://{LISTED}:{site}",))
    async with serve(assemble(ServerOptions(access=access))) as running:
        yield running


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A page that is nowhere yet."""
    async with chromium(*ELSEWHERE) as browser:
        yield await browser.new_page()


async def attempt(page: Page, url: str, ways: Mapping[str, str]) -> dict[str, Any]:
    """What became of each way: what it gave, or the name of the error it ended with."""
    seen = {}
    for name, way in ways.items():
        done = f"async ([url, body]) => {{ try {{ return await {way} }} catch (error) {{ return error.name }} }}"
        seen[name] = await page.evaluate(done, [url, f'{{"labels":{{"by":"{name}"}}}}'])
    return seen


def made(served: Served) -> list[str]:
    """Who made the worlds that were made."""
    return [world.options.labels["by"] for name, world in served.simulator.worlds.items() if name != "default"]


async def test_a_foreign_page_reads_nothing(page: Page, trusting: Served, site: int) -> None:
    """Neither by a simple request nor by one that is asked for first, nor by listening."""
    await page.goto(f"http://{FOREIGN}:{site}")
    assert await attempt(page, trusting.base_url, READS) == dict.fromkeys(READS, "TypeError")


async def test_a_foreign_page_changes_nothing(page: Page, trusting: Served, site: int) -> None:
    """Not even where the browser sends the request without asking: a form, a request without CORS."""
    await page.goto(f"http://{FOREIGN}:{site}")
    await attempt(page, trusting.base_url, {**CHANGES, "anonymous": ANONYMOUS})
    assert made(trusting) == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", LISTED])
async def test_a_trusted_page_reads(page: Page, trusting: Served, site: int, host: str) -> None:
    """One of loopback, whatever its port, and one that was named at the start."""
    await page.goto(f"http://{host}:{site}")
    said = await attempt(page, trusting.base_url, READS)
    assert [name for name, text in said.items() if "default" in text] == list(READS)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", LISTED])
async def test_a_trusted_page_changes(page: Page, trusting: Served, site: int, host: str) -> None:
    """In each of the ways that a foreign one tries in vain."""
    await page.goto(f"http://{host}:{site}")
    await attempt(page, trusting.base_url, CHANGES)
    assert made(trusting) == list(CHANGES)


async def test_a_rebound_name_is_no_way_in(page: Page, trusting: Served) -> None:
    """A foreign name that leads to this machine makes a page same-origin, but the name is not trusted."""
    url = trusting.base_url.replace("127.0.0.1", FOREIGN)
    await page.goto(f"{url}/_sim/livez")
    said = await attempt(page, "", {"read": READS["fetch"], "PUT": CHANGES["PUT"], "anonymous": ANONYMOUS})
    assert "--allow-host" in said["read"]
    assert made(trusting) == []
