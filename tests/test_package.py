"""The built package, as users get it: installed into an environment of its own outside the checkout, started, asked."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path
from typing import Final
from urllib.request import ProxyHandler, build_opener
from zipfile import ZipFile

import pytest
from process import environment, started

from chatsim import __version__

ROOT: Final = Path(__file__).parents[1]
PATIENCE_S: Final = 300
SCRIPTS: Final = "Scripts" if sys.platform == "win32" else "bin"


def call(*command: str | Path, cwd: Path, **variables: str) -> str:
    """Run a program outside the checkout, without this checkout's modules; what it printed."""
    env = {name: value for name, value in environment().items() if name != "PYTHONPATH"} | variables
    done = subprocess.run(command, cwd=cwd, env=env, check=False, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="session")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with nothing in it but the wheel and what that asks for."""
    home = tmp_path_factory.mktemp("elsewhere")
    (wheel,) = built.glob("*.whl")
    python = home / "env" / SCRIPTS / "python"
    call(sys.executable, "-m", "venv", "--without-pip", home / "env", cwd=home)
    # Most of what is installed is never imported: compiling it would take longer than all the rest.
    call(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-compile", wheel, cwd=home)
    return home / "env" / SCRIPTS


@pytest.fixture(scope="session")
def runner(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pytest and pytest-xdist, beside that environment."""
    folder = tmp_path_factory.mktemp("runner")
    wanted = [f"{name}=={version(name)}" for name in ("pytest", "pytest-xdist")]
    pip = (sys.executable, "-m", "pip", "--python", installed / "python")
    call(*pip, "install", "--quiet", "--target", folder, *wanted, cwd=folder)
    return folder


def test_wheel_holds_the_data(built: Path) -> None:
    """Every schema and fixture of the checkout, below the package, and nothing of the tests."""
    (wheel,) = built.glob("*.whl")
    names = set(ZipFile(wheel).namelist())
    for folder in ("schemas", "fixtures"):
        files = {f"chatsim/_data/{file.relative_to(ROOT).as_posix()}" for file in (ROOT / folder).rglob("*.json")}
        assert files
        assert files <= names
    assert not [name for name in names if not name.startswith(("chatsim/", f"chatsim-{__version__}.dist-info/"))]


def test_source_distribution_holds_what_builds_and_tests_it(built: Path) -> None:
    """And nothing that was installed for tests."""
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as content:
        names = {name.partition("/")[2] for name in content.getnames()}
    assert {"pyproject.toml", "LICENSE", "Makefile", "tests/conftest.py", "docs/architecture.md"} <= names
    assert not [name for name in names if "node_modules" in name or "__pycache__" in name]


def test_installed_simulator_serves(installed: Path, tmp_path: Path) -> None:
    """It answers, from its own folders."""
    env = {name: value for name, value in environment().items() if name != "PYTHONPATH"}
    with started(env=env, command=[str(installed / "chatsim")]) as simulator:
        url = f"{simulator.url}/auth/realms/woven/.well-known/openid-configuration"
        with build_opener(ProxyHandler({})).open(url, timeout=10) as answer:
            assert json.load(answer)["issuer"] == f"{simulator.url}/auth/realms/woven"
        assert simulator.stop() == 0
    where = call(installed / "python", "-c", "from chatsim.core import data; print(data.schemas())", cwd=tmp_path)
    assert str(installed.parent) in where


def test_installed_simulator_checks_itself(installed: Path, tmp_path: Path) -> None:
    """Its schemas and fixtures are whole."""
    assert call(installed / "chatsim", "check", cwd=tmp_path).endswith("no findings\n")
    assert call(installed / "python", "-m", "chatsim", "version", cwd=tmp_path) == f"chatsim {__version__}\n"


@pytest.mark.parametrize("workers", [(), ("-n", "2", "--chatsim-shared")], ids=["alone", "two-workers"])
def test_sample_project_passes(installed: Path, runner: Path, tmp_path: Path, workers: tuple[str, ...]) -> None:
    """Its 400 tests, each in a world of its own, all of one simulator, with nothing but the wheel and pytest."""
    project, report = tmp_path / "project", tmp_path / "report.xml"
    shutil.copytree(ROOT / "tests" / "sample_project", project, ignore=shutil.ignore_patterns("__pycache__"))
    command = ("python", "-m", "pytest", "--quiet", f"--junitxml={report}", "-o", "junit_family=xunit1", *workers)
    # Options of the run that this test is part of are not meant for the project's own.
    own = {"PYTHONPATH": str(runner), "PYTEST_ADDOPTS": ""}
    assert "400 passed" in call(installed / command[0], *command[1:], cwd=project, **own)
    told = report.read_text()
    assert len(set(re.findall(r'<property name="world" value="([^"]+)"', told))) == 400
    assert len(set(re.findall(r'<property name="server" value="([^"]+)"', told))) == 1
