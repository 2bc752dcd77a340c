"""Node packages for tests: got once, however many processes ask, on every system."""

from __future__ import annotations

import importlib
import shutil
import sqlite3
import sys
from pathlib import Path

import npm
import pytest


def test_it_needs_no_module_of_one_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has no fcntl, and other systems no msvcrt."""
    for module in ("fcntl", "msvcrt"):
        monkeypatch.setitem(sys.modules, module, None)
    assert importlib.reload(npm) is npm


def test_one_at_a_time_holds_the_lock(tmp_path: Path) -> None:
    """Who comes second waits, and has it once it is free."""
    lock = tmp_path / ".lock"
    with npm.locked(lock), pytest.raises(sqlite3.OperationalError, match="locked"), npm.locked(lock, 0):
        pass
    with npm.locked(lock, 0):
        pass


def test_the_lock_of_an_ended_process_is_free(tmp_path: Path) -> None:
    """A file that somebody left behind stops nobody."""
    (tmp_path / ".lock").touch()
    with npm.locked(tmp_path / ".lock", 0):
        pass


def test_what_is_installed_is_not_got_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither npm nor a network is asked for it."""
    (tmp_path / "node_modules").mkdir()
    for file in ("package.json", "node_modules/.installed"):
        (tmp_path / file).write_text('{"name": "known"}', encoding="utf-8")
    monkeypatch.setattr(shutil, "which", lambda name: f"/nowhere/{name}")
    assert npm.install(tmp_path) == ""


def test_without_node_there_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests are skipped with it."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert npm.install(tmp_path) == "node and npm are not installed"
