"""docs/pytest.md: every piece of code in it runs, and every test in it passes."""

from __future__ import annotations

import pytest
from pages import blocks, files
from process import SOURCE

from chatsim.client import World

pytest_plugins = ("pytester",)

PAGE = files("pytest.md", "python")


def test_every_block_is_a_file() -> None:
    """None is left out below."""
    assert len(PAGE) == blocks("pytest.md", "python") > 5


@pytest.mark.parametrize("name", [name for name in PAGE if name.startswith("test_")])
def test_a_module_of_the_page(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """It needs nothing but what stands above it."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(SOURCE))
    monkeypatch.delenv("CHATSIM_URL", raising=False)
    for file in ("parcels.py", name):
        (pytester.path / file).write_text(PAGE[file])
    plugins = ("-p", "chatsim.pytest_plugin", "-p", "asyncio", "--strict-markers", "-W", "error")
    ini = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")
    result = pytester.runpytest_subprocess(*plugins, *ini, name)
    result.assert_outcomes(passed=PAGE[name].count("def test_"))


def test_verbs_of_the_table_exist() -> None:
    """Each part of a world that it names."""
    world = vars(World(None, {"name": "a", "base_url": "http://a"}))  # type: ignore[arg-type]  # nothing is called
    for part, verbs in {
        "journal": ("entries", "verify", "wait", "one", "expect"),
        "faults": ("add",),
        "clock": ("freeze", "advance", "run"),
        "callbacks": ("wait", "hold", "release", "resend", "receiver"),
        "sockets": ("wait", "close"),
    }.items():
        assert [verb for verb in verbs if not callable(getattr(world[part], verb))] == []
