"""`--require-clients`: a test that drives a real client is listed, and a listed one that did not pass is a failure."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from required import REQUIRED, RequiredTests

pytest_plugins = ("pytester",)

ROOT: Final = Path(__file__).parents[1]
CLIENTS: Final = """
    import pytest

    @pytest.mark.parametrize("version", [1, 2])
    def test_real(version):
        assert version

    @pytest.mark.skip(reason="not installed")
    def test_absent():
        assert True
"""

PASSED: Final = "clients/test_one.py::test_real[1]\nclients/test_one.py::test_real[2]  # of the second version\n"

Run = Callable[[str], pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run two tests that pass and one that is skipped, all of real clients, against a list."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(**{"clients/test_one": CLIENTS})

    def runs(listed: str) -> pytest.RunResult:
        plugin = RequiredTests(listed, folder="clients/")
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", plugins=[plugin])

    return runs


def test_all_that_is_listed_passed(run: Run) -> None:
    """What is skipped and not listed is nobody's loss."""
    ran = run(PASSED)
    ran.assert_outcomes(passed=2, skipped=1)
    assert ran.ret == pytest.ExitCode.OK


@pytest.mark.parametrize("test", ["test_absent", "test_renamed", "test_real[3]"])
def test_what_was_skipped_or_renamed_fails_the_run(run: Run, test: str) -> None:
    """It is named."""
    ran = run(f"{PASSED}clients/test_one.py::{test}\n")
    assert ran.ret == pytest.ExitCode.TESTS_FAILED
    ran.stdout.re_match_lines([r"=+ required tests that did not pass =+"])
    assert ran.outlines[-2] == f"clients/test_one.py::{test}"


def test_what_is_not_listed_fails_the_run(run: Run) -> None:
    """So that the list stays whole."""
    ran = run(PASSED.partition("\n")[0])
    assert ran.ret == pytest.ExitCode.TESTS_FAILED
    ran.stdout.re_match_lines([r"=+ tests of real clients that required.txt does not list =+"])
    assert ran.outlines[-2] == "clients/test_one.py::test_real[2]"


def test_the_option_reads_the_list() -> None:
    """A run of none of its tests lacks all of them."""
    command = (
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--require-clients",
        "tests/test_readme.py",
    )
    ran = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60)
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED, ran.stdout + ran.stderr
    listed = [line.partition(" #")[0].rstrip() for line in REQUIRED.read_text().splitlines()]
    assert {line for line in listed if line and not line.startswith("#")} <= set(ran.stdout.splitlines())
