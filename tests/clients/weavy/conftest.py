"""Real clients of Weavy: SignalR's own client in Node, and the Messenger component in a headless browser."""

from __future__ import annotations

import functools
import http.server
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from chromium import chromium
from desk import Served
from npm import install
from playwright.async_api import Browser, Page, expect
from weavy_people import People

HERE: Final = Path(__file__).parent
PATIENCE_S: Final = 20
KITS: Final = {"18.0.2": "@weavy/uikit-react", "17.0.3": "@weavy/uikit-react-17"}
PAGE: Final = (
    '<!doctype html><meta charset="utf-8"><div id="app" style="height:700px"></div><script src="{kit}.js"></script>'
)


@pytest.fixture(scope="session")
def packages() -> None:
    """The packages of package.json are installed."""
    if problem := install(HERE):
        pytest.skip(problem)


@pytest.fixture
def people(served: Served) -> People:
    """The users of the documented world: alice, dora, nils."""
    return People(served.base_url)


class Files(http.server.SimpleHTTPRequestHandler):
    """Gives out the bundles, and a page for each of them."""

    def do_GET(self) -> None:
        """A page or a file."""
        kit = self.path.lstrip("/").partition("?")[0]
        if kit not in KITS:
            super().do_GET()
            return
        body = PAGE.format(kit=kit).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""


@pytest.fixture(scope="session")
def pages(packages: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the pages, of another origin than the simulator's."""
    folder = tmp_path_factory.mktemp("pages")
    for version, kit in KITS.items():
        subprocess.run(["node", "bundle.mjs", kit, str(folder / f"{version}.js")], cwd=HERE, check=True, timeout=60)
    handler = functools.partial(Files, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium."""
    async with chromium() as running:
        yield running


@pytest.fixture(params=KITS)
async def messenger(
    request: pytest.FixtureRequest, pages: str, browser: Browser, people: People
) -> AsyncIterator[Page]:
    """The Messenger of one version, open for alice, whose conversation 1 has one unread message by dora."""
    page = await browser.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    expect.set_options(timeout=PATIENCE_S * 1000)
    await page.goto(
        f"{pages}/{request.param}?{urlencode({'server': people.base_url, 'token': await people.token('alice')})}"
    )
    await page.locator(".wy-conversation").first.wait_for()
    yield page
    await page.close()
