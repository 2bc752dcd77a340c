"""The command that shows a world's journal, and goes on showing it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

import click

from chatsim.commands.remote import USAGE, end, moment, with_world

if TYPE_CHECKING:
    from chatsim.client import World

PIECE: Final = 1000
KINDS: Final = ("request", "callback", "socket", "push", "trigger", "timer")


@click.group()
def journal() -> None:
    """Look at what happened in a world."""


@journal.command()
@click.option("--count", "-n", type=click.IntRange(0), default=10, show_default=True, help="So many of the newest.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.option("--api", metavar="NAME", help="Only of this API.")
@click.option("--kind", type=click.Choice(KINDS), help="Only of this kind.")
@click.option("--method", metavar="METHOD", help="Only with this method.")
@click.option("--path", metavar="PATH", help="Only with this path; * stands for any text.")
@click.option("--status", type=int, help="Only with this status.")
@with_world
def tail(world: World, count: int, follow: bool, as_json: bool, **filters: Any) -> None:
    """Show the newest entries of a journal."""
    wanted = {name: value for name, value in filters.items() if value is not None}
    known = [api["name"] for api in world.client.apis()] if "api" in wanted else []
    if known and wanted["api"] not in known:
        end(USAGE, f"there is no API {wanted['api']!r}; there are: {', '.join(known)}")
    events: Iterator[dict[str, Any]] = iter(())
    if follow:  # listen before looking, so that nothing is missed in between
        events = world.client.events(world.name)
        next(events)
    found = list(_entries(world, wanted))
    for entry in found[len(found) - min(count, len(found)) :]:
        _show(entry, as_json=as_json)
    seen = {entry["seq"] for entry in found}
    for event in events:
        entry = event["data"]
        if event["event"] == "lost":
            click.echo(f"… {entry['count']} events came faster than they were read", err=True)
        elif event["event"] == "world" and entry["change"] == "reset":  # its entries are counted from one again
            seen.clear()
        elif event["event"] == "entry" and entry["seq"] not in seen and _fits(entry, wanted):
            _show(entry, as_json=as_json)


def _entries(world: World, wanted: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All entries that fit, in as many pieces as it takes."""
    after = None
    while True:
        piece = world.call("GET", "/journal", limit=PIECE, after=after, **wanted)
        yield from piece["entries"]
        after = piece["next"]
        if after is None:
            return


def _fits(entry: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    has = {**entry, "method": entry["request"]["method"], "path": entry["request"]["path"]}
    has["status"] = entry["response"]["status"]
    return all(_same(name, has[name], value) for name, value in wanted.items())


def _same(name: str, has: Any, wanted: Any) -> bool:
    if name == "path":
        return fnmatchcase(str(has), str(wanted))
    return bool(str(has).upper() == str(wanted).upper()) if name == "method" else bool(has == wanted)


def _show(entry: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(entry, ensure_ascii=False))
        return
    from chatsim.client.answers import line

    click.echo(f"{moment(entry['at'])} {line(entry)}")
