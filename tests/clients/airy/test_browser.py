"""A real page of another origin in headless Chromium that chats over the WebSocket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from chromium import chromium
from desk import Served
from playwright.async_api import Page, expect
from visitor import CHANNEL

from chatsim.core.effects import Close

HERE = Path(__file__).parent

Agent = Callable[[str, Any], Awaitable[Any]]


@pytest.fixture
async def shop(packages: Path) -> AsyncIterator[str]:
    """A web site of its own that has the page and the library."""
    files = {"/": HERE / "page.html", "/stomp.js": packages / "stompjs-7" / "bundles" / "stomp.umd.min.js"}

    async def give(request: web.BaseRequest) -> web.StreamResponse:
        file = files.get(request.path)
        return web.FileResponse(file) if file else web.Response(status=404)

    runner = web.ServerRunner(web.Server(give))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def page(shop: str, served: Served) -> AsyncIterator[Page]:
    """The page, online."""
    async with chromium() as browser:
        page = await browser.new_page()
        await page.goto(f"{shop}/?api={served.base_url}&channel={CHANNEL}")
        await expect(page.locator("#state")).to_have_text("online, session 1")
        yield page


async def write(page: Page, text: str) -> None:
    """Type and send."""
    await page.fill("#text", text)
    await page.click("button")


async def test_a_page_chats(page: Page, agent: Agent) -> None:
    """What the visitor types is drawn from the echo, then the agent's answer is."""
    await write(page, "Do you have it in blue?")
    await expect(page.locator("li.visitor")).to_have_text("Do you have it in blue?")
    (listed,) = (await agent("conversations.list", {}))["data"]
    await agent("messages.send", {"conversation_id": listed["id"], "message": {"text": "We do"}})
    await expect(page.locator("li.agent")).to_have_text("We do")


async def test_a_reload_keeps_the_conversation(page: Page) -> None:
    """The resume token brings the history back."""
    await write(page, "Hello?")
    await expect(page.locator("li")).to_have_text("Hello?")
    await page.reload()
    await expect(page.locator("#state")).to_have_text("online, session 1")
    await expect(page.locator("li")).to_have_text("Hello?")


async def test_an_expired_token_is_replaced(page: Page, served: Served) -> None:
    """An hour later the connection drops: ERROR 401 makes the page authenticate again and draw the history."""
    await write(page, "Hello?")
    await expect(page.locator("li")).to_have_text("Hello?")
    served.world.clock.move(3601 * 1_000_000_000)
    served.server.carry_out(served.world, [Close(code=1012)])
    await expect(page.locator("#state")).to_have_text("online, session 2")
    await write(page, "Still there?")
    await expect(page.locator("li")).to_have_text(["Hello?", "Still there?"])
