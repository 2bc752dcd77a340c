"""The commands about worlds: listing them, keeping and restoring their state, moving their clocks."""

from __future__ import annotations

import json
import math
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from chatsim.commands.remote import COULD_NOT_RUN, USAGE, end, show, with_client, with_world

if TYPE_CHECKING:
    from chatsim.client import Client, World

_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd]?)")


@click.command()
@click.option("--label", metavar="KEY:VALUE", help="Only those with this label.")
@click.option("--json", "as_json", is_flag=True, help="As the simulator shows them.")
@with_client
def worlds(client: Client, label: str | None, as_json: bool) -> None:
    """List the worlds."""
    found = client.worlds(label)
    if as_json:
        show(found)
        return
    width = max((len(one["name"]) for one in found), default=0)
    for one in found:
        labels = " ".join(f"{key}:{value}" for key, value in one["labels"].items())
        clock = one["clock"]
        line = f"{one['name']:<{width}}  {one['entries']:>6} entries  {clock['mode']:<6} {clock['now'][:19]}Z"
        click.echo(f"{line}  {one['base_url']}  {labels}".rstrip())


@click.group()
def snapshot() -> None:
    """Keep the whole state of a world, and go back to it."""


@snapshot.command()
@click.argument("file")
@with_world
def save(world: World, file: str) -> None:
    """Write the state of a world to FILE (-: standard output)."""
    text = json.dumps(world.snapshot(), ensure_ascii=False, indent=1)
    if file == "-":
        click.echo(text)
        return
    try:
        Path(file).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        end(COULD_NOT_RUN, f"{file} cannot be written: {error.strerror}")


@snapshot.command()
@click.argument("file")
@with_world
def restore(world: World, file: str) -> None:
    """Put a world into the state that FILE holds (-: standard input); fires no callbacks."""
    world.restore(read_json(file))


@click.group()
def clock() -> None:
    """Move the time of a world."""


def _seconds(_context: click.Context, _parameter: click.Parameter, text: str) -> float:
    found = _DURATION.fullmatch(text)
    seconds = float(found[1]) * _UNITS[found[2]] if found else math.inf
    if not math.isfinite(seconds):
        raise click.BadParameter(f"{text!r} is no duration; 90, 1.5s, 15m, 2h and 1d are")
    return seconds


@clock.command()
@click.argument("duration", callback=_seconds)
@with_world
def advance(world: World, duration: float) -> None:
    """Move on by DURATION (90, 1.5s, 15m, 2h, 1d), run what falls due on the way, and list it."""
    answer = world.clock.advance(duration)
    for one in answer["ran"]:
        click.echo(f"{one['at']}  {one['api']} {one['operation']} {one.get('delivery', '')}".rstrip())
    click.echo(f"{answer['now']}  now, {answer['mode']}")


def read_json(file: str) -> Any:
    """What a JSON file holds (-: standard input); ends the command where there is none."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        end(COULD_NOT_RUN, f"{file} cannot be read: {error.strerror}")
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        end(USAGE, f"{file} is not JSON: {error}")
