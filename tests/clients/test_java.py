"""docs/java.md with the JDK: its classes compile, and its two tests pass."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import Final

import pytest
from desk import Served
from pages import files

PAGE: Final = files("java.md", "java")
SECONDS: Final = 120
# Stands in for JUnit, which is no part of the JDK: the same annotations, and a main method that runs the two tests.
JUNIT: Final = {
    f"org/junit/jupiter/api/{name}.java": f"""package org.junit.jupiter.api;
        @java.lang.annotation.Retention(java.lang.annotation.RetentionPolicy.RUNTIME) public @interface {name} {{}}"""
    for name in ("AfterEach", "BeforeEach", "Test")
} | {
    "org/junit/jupiter/api/Assertions.java": """package org.junit.jupiter.api;
        public final class Assertions {
            public static void assertEquals(int expected, int actual) {
                if (expected != actual) throw new AssertionError(expected + " expected, got " + actual);
            }
        }""",
    "Main.java": """public final class Main {
        public static void main(String[] arguments) throws Exception {
            var tests = new ParcelsTest();
            tests.makeWorld();
            tests.theResidentIsTold();
            tests.deleteWorld();
            tests.makeWorld();
            tests.anOutageIsReported();
            tests.deleteWorld();
        }
    }""",
}


@pytest.mark.skipif(not shutil.which("javac"), reason="no JDK is installed")
async def test_page(served: Served, tmp_path: Path) -> None:
    """Each test in a world that is deleted after it."""
    for name, code in {**PAGE, **JUNIT}.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code)
    await run(tmp_path, served, "javac", "-encoding", "UTF-8", "Main.java")
    await run(tmp_path, served, "java", "-cp", ".", "Main")
    assert len(served.simulator.deleted) == 2
    assert list(served.simulator.worlds) == ["default"]


async def run(folder: Path, served: Served, *command: str) -> None:
    """Run a command beside the simulator, as `chatsim exec` does."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, "CHATSIM_URL": served.base_url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 0, printed.decode()
