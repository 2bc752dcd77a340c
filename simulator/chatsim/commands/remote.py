"""What the commands share that talk to a running simulator: where it is, which world, how a failure ends."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

if TYPE_CHECKING:
    from chatsim.client import Client, World

FINDINGS: Final = 1
USAGE: Final = 2
COULD_NOT_RUN: Final = 3

_OPTIONS: Final = (
    click.option("--url", envvar="CHATSIM_URL", metavar="URL", help="Where the simulator is; http://localhost:8080."),
    click.option("--token", envvar="CHATSIM_CONTROL_TOKEN", metavar="TOKEN", help="Its control token, if it has one."),
    click.option("--ca-file", metavar="FILE", help="The authority to trust for an https URL."),
)
_WORLD: Final = click.option(
    "--world", "-w", envvar="CHATSIM_WORLD", default="default", show_default=True, metavar="NAME", help="Which world."
)


def end(code: int, message: str) -> NoReturn:
    """Say why, and end."""
    click.echo(f"chatsim: {message}", err=True)
    sys.exit(code)


def with_client(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say where the simulator is, and a `client` of it as its first argument.

    A body that the simulator refuses is a mistake of usage; whatever else it refuses could not be run.
    """

    @functools.wraps(command)
    def run(*, url: str | None, token: str | None, ca_file: str | None, **given: Any) -> None:
        from chatsim.client import ChatsimError, Client

        try:
            client = Client(url, token=token, ca_file=ca_file)
        except ValueError as error:
            end(USAGE, str(error))
        try:
            command(client, **given)
        except ChatsimError as error:
            end(USAGE if error.status in (400, 422) else COULD_NOT_RUN, str(error))
        except BrokenPipeError:  # the reader of our output went away, as `head` does
            sys.stderr.close()
            sys.exit(0)
        except OSError as error:
            end(COULD_NOT_RUN, f"no simulator answers at {client.url} ({error}); `chatsim serve` starts one")

    for option in reversed(_OPTIONS):
        run = option(run)
    return run


def with_world(command: Callable[..., None]) -> Callable[..., None]:
    """The same, with the option that says which world; the command is given that `world`."""

    @functools.wraps(command)
    def run(client: Client, *, world: str, **given: Any) -> None:
        command(client.get_world(world), **given)

    return _WORLD(with_client(run))


def show(data: Any) -> None:
    """Print JSON data for a person and for other programs."""
    from chatsim.client.answers import printable

    click.echo(printable(json.dumps(data, ensure_ascii=False, indent=2)))


def moment(text: str) -> str:
    """The time of day of an RFC 3339 moment, to the millisecond."""
    return text[11:23].rstrip("Z")


__all__ = ["COULD_NOT_RUN", "FINDINGS", "USAGE", "World", "end", "moment", "show", "with_client", "with_world"]
