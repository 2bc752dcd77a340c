"""Real clients must not silently stay away: compares the tests that passed with a list of those that must."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

REQUIRED: Final = Path(__file__).parents[1] / "clients" / "required.txt"


class RequiredTests:
    """A pytest plugin. `listed` has one test id per line; `#` begins a comment."""

    def __init__(self, listed: str) -> None:
        self.missing = set(_ids(listed))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that passed is no longer missing; a skipped one is."""
        if report.when == "call" and report.passed:
            self.missing.discard(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn a success into a failure."""
        if self.missing and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name them, above pytest's closing line."""
        if self.missing:
            terminalreporter.section("required tests that did not pass", red=True)
            terminalreporter.write_line("\n".join(sorted(self.missing)))


def _ids(listed: str) -> Iterator[str]:
    for line in listed.splitlines():
        if test := line.partition("#")[0].strip():
            yield test
