"""The commands shown in docs/cli.md run as they stand there, one after the other, in one folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest
from process import END_S, Process, environment, started

from chatsim.cli import main
from chatsim.client import Client

PAGE: Final = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
SHOWN: Final = re.findall(r"^\$ (.+)$", PAGE, re.MULTILINE)
ENDLESS: Final = ("chatsim serve", "chatsim journal tail --follow")


@pytest.fixture(scope="module")
def simulator() -> Iterator[Process]:
    """The one that the page drives; something happened in it, so that there is a journal to look at."""
    with started() as process:
        Client(process.url).get_world().call("POST", "/populate", {"apis": ["woven"], "messages": 1})
        yield process


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands run, with `chatsim` on its PATH."""
    place = tmp_path_factory.mktemp("cli")
    command = place / "bin" / "chatsim"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m chatsim "$@"\n')
    command.chmod(0o755)
    return place


def test_every_command_is_shown() -> None:
    """Groups by each of their commands."""
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        named = [f"{name} {one}" for one in command.commands] if isinstance(command, click.Group) else [name]
        for one in named:
            assert f"$ chatsim {one}" in PAGE


@pytest.mark.skipif(os.name != "posix", reason="the page is written for a POSIX shell")
@pytest.mark.parametrize("command", SHOWN)
def test_a_command_of_the_page(simulator: Process, folder: Path, command: str) -> None:
    """It ends with 0; those that go on say something first and end when told to."""
    env = environment(CHATSIM_URL=simulator.url, PATH=f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    if not command.startswith(ENDLESS):
        done = subprocess.run(
            ["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True, timeout=END_S, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        return
    with subprocess.Popen(["sh", "-c", f"exec {command}"], cwd=folder, env=env, stdout=subprocess.PIPE) as going_on:
        assert going_on.stdout is not None
        assert going_on.stdout.readline()
        going_on.terminate()
        assert going_on.wait(END_S) in {0, -15}
