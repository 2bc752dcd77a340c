"""What the commands share that talk to a running simulator: where it is, which world, how a failure ends."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from http.client import HTTPException
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
        from chatsim.cli import UNWRITABLE
        from chatsim.client import ChatsimError, Client

        try:
            client = Client(url, token=token, ca_file=ca_file)
        except ValueError as error:
            end(USAGE, str(error))
        except OSError as error:
            end(COULD_NOT_RUN, f"{ca_file} cannot be used: {error.strerror or error}")
        nobody = f"no simulator answers at {client.url}"
        try:
            if not _simulates(client):
                end(COULD_NOT_RUN, f"{nobody}, but somebody else; `chatsim serve` starts one")
            command(client, **given)
        except ChatsimError as error:
            end(USAGE if error.status in (400, 422) else COULD_NOT_RUN, str(error))
        except BrokenPipeError:  # the reader of our output went away, as `head` does
            sys.stderr.close()
            sys.exit(0)
        except (OSError, HTTPException) as error:
            if isinstance(error, OSError) and error.errno in UNWRITABLE:
                raise
            end(COULD_NOT_RUN, f"{nobody} ({error}); `chatsim serve` starts one")

    for option in reversed(_OPTIONS):
        run = option(run)
    return run


def _simulates(client: Client) -> bool:
    """Whether it is a simulator that answers there; a refusal in the words of one shows that too."""
    from chatsim.client import ChatsimError

    try:
        answer = client.call("GET", "/livez")
    except ChatsimError as error:
        return "code" in error.problem
    except UnicodeDecodeError:
        return False
    return isinstance(answer, dict) and "version" in answer


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
