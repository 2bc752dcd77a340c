"""The commands that look at a bundle of what happened, and let it happen again."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import click

from chatsim.commands.remote import COULD_NOT_RUN, FINDINGS, USAGE, end, moment, show
from chatsim.commands.worlds import read_json

FORMAT = 1
NAMED = 10


def _read(file: str) -> dict[str, Any]:
    """A bundle; ends the command where the file holds none."""
    bundle = read_json(file)
    if not isinstance(bundle, dict) or not isinstance(bundle.get("journal"), list) or "first" not in bundle:
        end(USAGE, f"{file} is no bundle; GET /_sim/worlds/{{w}}/bundle gives one")
    if bundle.get("format") != FORMAT:
        end(COULD_NOT_RUN, f"{file} has format {bundle.get('format')} (chatsim {bundle.get('chatsim')}); this reads 1")
    return bundle


@click.command("open")
@click.argument("file")
@click.option("--entry", "-e", type=int, metavar="NUMBER", help="Show this entry of the journal in full.")
def look(file: str, entry: int | None) -> None:
    """Show what a bundle holds: the world, what happened in it, deliveries and faults (-: standard input)."""
    from chatsim.client.answers import line

    bundle = _read(file)
    entries = {one["seq"]: one for one in bundle["journal"]}
    if entry is not None:
        if entry not in entries:
            end(USAGE, f"{file} has no entry {entry}; it has {min(entries, default=0)} to {max(entries, default=0)}")
        show(entries[entry])
        return
    options = bundle["first"].get("options", {})
    fixture = options.get("fixture")
    click.echo(f"world {bundle['world']} at {bundle['at']}, chatsim {bundle['chatsim']}, seed {bundle['seed']}")
    click.echo(
        f"  fixture {fixture if isinstance(fixture, str) else 'given'}, accounts {options.get('accounts')},"
        f" truth {options.get('truth')}{', strict' if options.get('strict') else ''}"
        f"{', secrets masked' if bundle['redacted'] else ''}"
    )
    dropped = f", {bundle['dropped']} older ones are lost" if bundle["dropped"] else ""
    click.echo(f"\njournal: {len(entries)} entries{dropped}")
    for seq in sorted(entries):
        click.echo(f"  {moment(entries[seq]['at'])} {line(entries[seq])}")
    steps = bundle.get("steps", [])
    click.echo(f"\ncontrol calls that changed something: {len(steps)}")
    for step in steps:
        click.echo(f"  {moment(step['at'])} after #{step['after']} {step['method']} {step['path']}")
    click.echo(f"\ndeliveries: {len(bundle['deliveries'])}")
    for one in bundle["deliveries"]:
        last = one["attempts"][-1] if one["attempts"] else {}
        outcome = last.get("error") or last.get("status") or ""
        click.echo(f"  {one['state']} {one['api']} {one['about']} to {one['url']} {outcome}".rstrip())
    click.echo(f"\nfaults: {len(bundle['faults'])}")
    for one in bundle["faults"]:
        click.echo(f"  {one['id']} hit {one['hits']} times: {one['act']} where {one['match']}")


@click.command()
@click.argument("file")
def replay(file: str) -> None:
    """Let what a bundle tells happen again, in a simulator of its own, and name the first answer that differs.

    Requests, triggers and control calls that changed something are sent again at their moments, timers run between
    them; nothing is posted to anybody. What is left out (sockets, bodies longer than a journal keeps, what was done to
    callbacks) is named. Exit code 1 says that an answer differed.
    """
    from chatsim.client.answers import line
    from chatsim.commands.launch import simulator
    from chatsim.commands.replaying import FOLLOWING, Replay
    from chatsim.commands.signals import Signals

    bundle = _read(file)
    if bundle["redacted"]:
        end(COULD_NOT_RUN, f"the secrets in {file} are masked; take it with GET …/bundle?redact=false to replay it")
    if lost := bundle.get("steps_dropped", 0):
        end(COULD_NOT_RUN, f"{lost} control calls of {file} are lost, so what came after them would differ")
    if bundle["dropped"]:
        end(COULD_NOT_RUN, f"{bundle['dropped']} entries of {file} are lost, so it cannot begin where the world did")
    left_out: dict[str, list[str]] = {}
    followed = 0
    with (
        tempfile.TemporaryFile() as log,
        Signals() as signals,
        simulator(["--max-worlds", "2"], log, signals) as url,
    ):
        again = Replay(url, bundle)
        for _, step, entry in _in_order(bundle):
            if not step and int(entry["seq"]) <= int(bundle.get("since", 0)):
                left_out.setdefault("what was before the world was restored", []).append(f"#{entry['seq']}")
            elif not step and entry["kind"] in FOLLOWING:
                followed += 1
            elif reason := again.withheld(entry) if step else again.obstacle(entry):
                name = f"{entry['method']} {entry['path']} after #{entry['after']}" if step else f"#{entry['seq']}"
                left_out.setdefault(reason, []).append(name)
            elif difference := again.take(entry) if step else again.differs(entry):
                head = f"{entry['method']} {entry['path']}" if step else line(entry)
                click.echo(f"{head}\n  {difference}{_listed(left_out, 'before this ')}")
                sys.exit(FINDINGS)
    further = f"; {followed} entries followed from others" if followed else ""
    click.echo(f"{again.compared} answers, all the same{further}{_listed(left_out)}")


def _in_order(bundle: Mapping[str, Any]) -> list[tuple[int, bool, dict[str, Any]]]:
    """Entries, and the control calls (True) that came after them."""
    happened = [(int(entry["seq"]), False, entry) for entry in bundle["journal"]]
    happened += [(int(step["after"]), True, step) for step in bundle.get("steps", ())]
    return sorted(happened, key=lambda one: one[:2])


def _listed(left_out: Mapping[str, Sequence[str]], when: str = "") -> str:
    """A line for each reason for which something was left out, with what."""
    lines = []
    for reason, names in left_out.items():
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        lines.append(f"\n{when}not done again: {len(names)} × {reason}: {', '.join(names[:NAMED])}{more}")
    return "".join(lines)
