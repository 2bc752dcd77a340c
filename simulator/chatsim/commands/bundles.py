"""The commands that look at a bundle of what happened, and let it happen again."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import click

from chatsim.commands.remote import COULD_NOT_RUN, FINDINGS, USAGE, end, moment, show
from chatsim.commands.worlds import read_json

if TYPE_CHECKING:
    from chatsim.commands.bundlefile import Bundle, Entry, Step
    from chatsim.commands.replaying import Replay

NAMED: Final = 10


def _read(file: str) -> Bundle:
    """A bundle; ends the command where the file holds none."""
    from chatsim.commands.bundlefile import BadBundle, OtherFormat, checked

    try:
        return checked(read_json(file))
    except OtherFormat as error:
        end(COULD_NOT_RUN, f"{file} {error}")
    except BadBundle as error:
        end(USAGE, f"{file} is no bundle, as GET /_sim/worlds/{{w}}/bundle gives one: {error}")


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
    options = bundle["first"]["options"]
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
    for delivery in bundle["deliveries"]:
        last = delivery["attempts"][-1] if delivery["attempts"] else {}
        outcome = last.get("error") or last.get("status") or ""
        where = f"{delivery['api']} {delivery['about']} to {delivery['url']}"
        click.echo(f"  {delivery['state']} {where} {outcome}".rstrip())
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
    from chatsim.commands.replaying import FOLLOWING
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
        again = _begun(url, bundle, file)
        for one in _in_order(bundle):
            if "after" in one:
                named, head = f"{one['method']} {one['path']} after #{one['after']}", f"{one['method']} {one['path']}"
                reason, act = again.withheld(one), partial(again.take, one)
            else:
                named, head = f"#{one['seq']}", line(one)
                reason, act = again.obstacle(one), partial(again.differs, one)
                if one["seq"] <= bundle.get("since", 0):
                    reason = "what was before the world was restored"
                elif one["kind"] in FOLLOWING:
                    followed += 1
                    continue
                elif not reason and (shortened := again.shortened(one)):
                    left_out.setdefault(shortened, []).append(named)
            if reason:
                left_out.setdefault(reason, []).append(named)
            elif difference := act():
                click.echo(f"{head}\n  {difference}{_listed(left_out, 'before this ')}")
                sys.exit(FINDINGS)
    further = f"; {followed} entries followed from others" if followed else ""
    click.echo(f"{again.compared} answers, all the same{further}{_listed(left_out)}")


def _begun(url: str, bundle: Bundle, file: str) -> Replay:
    """The world as it began; ends the command where the simulator does not take it."""
    from chatsim.client import ChatsimError
    from chatsim.commands.replaying import Replay

    try:
        return Replay(url, bundle)
    except ChatsimError as error:
        end(USAGE, f"the world of {file} (/world, /first) cannot be made again: {error}")


def _in_order(bundle: Bundle) -> list[Entry | Step]:
    """Entries, and the control calls between them, as they were carried out.

    A journal lists what happened when it was finished, which is when it happened; numbers are given when it begins.
    """
    places = {0: 0, **{entry["seq"]: place for place, entry in enumerate(bundle["journal"], 1)}}

    def place_of(step: Step) -> int:
        if (place := places.get(step.get("behind", -1))) is not None:
            return place
        return max(place for seq, place in places.items() if seq <= step["after"])

    happened: list[tuple[int, Entry | Step]] = [(places[entry["seq"]], entry) for entry in bundle["journal"]]
    happened += [(place_of(step), step) for step in bundle.get("steps", ())]
    return [one for _, one in sorted(happened, key=lambda pair: pair[0])]


def _listed(left_out: Mapping[str, Sequence[str]], when: str = "") -> str:
    """A line for each reason for which something was left out, with what."""
    lines = []
    for reason, names in left_out.items():
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        lines.append(f"\n{when}not done again: {len(names)} × {reason}: {', '.join(names[:NAMED])}{more}")
    return "".join(lines)
