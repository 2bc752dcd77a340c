"""docs/javascript.md with the test runners that it shows, and 400 tests at once in one simulator."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import Final

import pytest
from desk import Served
from npm import install
from pages import blocks, files

HERE: Final = Path(__file__).parent
PAGE: Final = files("javascript.md", "js")
SECONDS: Final = 120
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM: Final = next((found for name in BROWSERS if (found := shutil.which(name))), "")
CONFIGURATION: Final = """
export default {
  use: { launchOptions: { executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] } },
};
"""

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="Node is not installed")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the files of the page."""
    for name, code in PAGE.items():
        (tmp_path / name).write_text(code)
    return tmp_path


@pytest.fixture
def runners(project: Path) -> Path:
    """The same folder, in which Vitest and Playwright are found."""
    if problem := install(HERE):
        pytest.skip(problem)
    (project / "node_modules").symlink_to(HERE / "node_modules")
    (project / "package.json").write_text('{"type": "module"}')
    (project / "playwright.config.mjs").write_text(CONFIGURATION)
    return project


async def run(served: Served, folder: Path, *command: str) -> str:
    """Run a command beside the simulator, as `chatsim exec` does; what it printed."""
    env = {**os.environ, "CHATSIM_URL": served.base_url, "CHROMIUM": CHROMIUM, "CI": "1", "NO_COLOR": "1"}
    env.pop("NODE_OPTIONS", None)
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        printed, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, printed.decode()
    return printed.decode()


def worlds_left(served: Served) -> list[str]:
    """The worlds that no test deleted."""
    return [name for name in served.simulator.worlds if name != "default"]


def test_every_block_is_a_file() -> None:
    """None is left out below."""
    assert len(PAGE) == blocks("javascript.md", "js") == 5


async def test_node(served: Served, project: Path) -> None:
    """The tests of the page pass with Node's own runner."""
    assert "# pass 4\n" in await run(served, project, "node", "--test", "--test-reporter=tap", "parcels.test.mjs")
    assert worlds_left(served) == []


async def test_400_worlds_at_once(served: Served, project: Path) -> None:
    """Each test sees its own entries only."""
    shutil.copy(HERE / "worlds.test.mjs", project)
    assert "# pass 400\n" in await run(served, project, "node", "--test", "--test-reporter=tap", "worlds.test.mjs")
    assert len(served.simulator.deleted) == 400
    assert worlds_left(served) == []


async def test_vitest(served: Served, runners: Path) -> None:
    """The tests of the page pass."""
    assert "1 passed" in await run(served, runners, "node_modules/.bin/vitest", "run", "parcels.vitest")
    assert worlds_left(served) == []


@pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")
async def test_playwright(served: Served, runners: Path) -> None:
    """The tests of the page pass."""
    command = ("node_modules/.bin/playwright", "test", "parcels.playwright", "--reporter=line")
    assert "1 passed" in await run(served, runners, *command)
    assert worlds_left(served) == []
