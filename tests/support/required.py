"""Real clients must not silently stay away: compares the tests that passed with a list of those that must."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

FOLDER: Final = "tests/clients/"
REQUIRED: Final = Path(__file__).parents[1] / "clients" / "required.txt"


class RequiredTests:
    """A pytest plugin. `listed` has one test id per line; `#` begins a comment. It lists every test of `folder`."""

    def __init__(self, listed: str, folder: str = FOLDER) -> None:
        self.folder = folder
        self.listed = frozenset(_ids(listed))
        self.missing = set(self.listed)
        self.unlisted: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that passed is no longer missing; a skipped one is."""
        if report.when != "call" or not report.passed:
            return
        self.missing.discard(report.nodeid)
        if report.nodeid.startswith(self.folder) and report.nodeid not in self.listed:
            self.unlisted.add(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn a success into a failure."""
        if (self.missing or self.unlisted) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name them, above pytest's closing line."""
        for title, tests in (
            ("required tests that did not pass", self.missing),
            (f"tests of real clients that {REQUIRED.name} does not list", self.unlisted),
        ):
            if tests:
                terminalreporter.section(title, red=True)
                terminalreporter.write_line("\n".join(sorted(tests)))


def _ids(listed: str) -> Iterator[str]:
    for line in listed.splitlines():
        if test := line.partition("#")[0].strip():
            yield test
