"""Fixtures for all tests, and what holds for every run of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from desk import Desk, Served, serve
from hypothesis import settings
from required import REQUIRED, RequiredTests

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# A deadline per example measures the machine, which is shared, and not the code.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

collect_ignore = ["sample_project"]  # a project of its own, which test_package.py runs with the built wheel


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--require-clients`, as `.ci/run` gives it."""
    parser.addoption(
        "--require-clients", action="store_true", help="fail unless every test in tests/clients/required.txt passed"
    )


def pytest_configure(config: pytest.Config) -> None:
    """The list is compared where all reports arrive: not in the workers of pytest-xdist."""
    if config.getoption("--require-clients") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(RequiredTests(REQUIRED.read_text()))


@pytest.fixture
def desk() -> Desk:
    """A simulator asked without a network, its time standing still."""
    return Desk()


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """A simulator that answers on a free port."""
    async with serve() as running:
        yield running
