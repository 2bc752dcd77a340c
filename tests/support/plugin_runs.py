"""Runs of pytest with the plugin on small projects, as fixtures for the tests of both."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

import desk
import pytest
from process import SOURCE
from sample import SAMPLE

from chatsim.client import Client
from chatsim.client.background import Background
from chatsim.server.assembly import assemble
from chatsim.testing import serve

Run = Callable[..., pytest.RunResult]

HEAD = """
    import urllib.error, urllib.request
    import pytest

    def get(url):
        try:
            with urllib.request.urlopen(url) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Client]:
    """A simulator elsewhere, so that most runs need not start one."""
    with serve() as client:
        yield client


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, server: Client) -> Run:
    """Write a module and run it with the plugin, against `server`; with `apart` in a process of its own."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(SOURCE))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.delenv("CHATSIM_URL", raising=False)

    def runs(module: str, *arguments: str, url: str | None = server.url, apart: bool = False) -> pytest.RunResult:
        pytester.makepyfile(textwrap.dedent(HEAD) + textwrap.dedent(module))
        where = () if url is None else ("--chatsim-url", url)
        plugins = ("-p", "chatsim.pytest_plugin", "-p", "asyncio", "-p", "no:cacheprovider")
        starts = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        ini = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")
        return starts(*plugins, *ini, "--strict-markers", "--tb=short", *where, *arguments)

    return runs


@pytest.fixture
def faulty() -> Iterator[str]:
    """A simulator of an API that makes mistakes."""
    background = Background()
    serving = desk.serve(assemble(apis=[SAMPLE]))
    yield background.run(serving.__aenter__()).base_url
    background.run(serving.__aexit__(None, None, None))
    background.close()
