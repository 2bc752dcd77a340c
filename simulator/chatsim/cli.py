"""The command `chatsim`. Knows how options are written; what they do is known where they are handed to."""

import errno
import gc
import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from chatsim import __version__
from chatsim.numbers import FiniteRange

if TYPE_CHECKING:
    from chatsim.core.simulator import Simulator

FINDINGS: Final = 1
USAGE: Final = 2
COULD_NOT_RUN: Final = 3
INTERRUPTED: Final = 130
UNWRITABLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What is wrong with an output, never with a connection."""

ELSEWHERE: Final[Mapping[str, str]] = {
    "clock": "worlds.clock",
    "exec": "launch.run",
    "journal": "journal.journal",
    "open": "bundles.look",
    "populate": "parties.populate",
    "replay": "bundles.replay",
    "snapshot": "worlds.snapshot",
    "trigger": "parties.trigger",
    "worlds": "worlds.worlds",
}
"""The commands that are not in this module: where each is below `commands/`."""


class Commands(click.Group):
    """Imports a command of elsewhere when somebody asks for it: `serve` does not wait for the others.

    Ctrl-C ends each of them quietly, and so does an output that takes no more, with a word.
    """

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run a command, and end with its code."""
        try:
            return super().main(*arguments, **options)
        except OSError as error:
            if error.errno not in UNWRITABLE:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody tries once more at the end
            _end(COULD_NOT_RUN, f"the output cannot be written: {error.strerror}")

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in order."""
        return sorted([*super().list_commands(ctx), *ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, if there is one."""
        if (place := ELSEWHERE.get(cmd_name)) is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.partition(".")
        command: click.Command = getattr(importlib.import_module(f"chatsim.commands.{module}"), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
def main() -> None:
    """A local simulator of chat APIs.

    Exit codes: 0 ok, 1 findings, 2 usage, 3 could not run, 130 Ctrl-C.
    """


def _configure(context: click.Context, _option: click.Parameter, path: Path | None) -> Mapping[str, Any]:
    """Make a TOML file's top-level values the defaults of the options; its tables are settings.

    Raises:
        click.BadParameter: no TOML, or a key that is no option.
    """
    if path is None:
        return {}
    import tomllib

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"{path}: {error}") from error
    tables = {key: value for key, value in content.items() if isinstance(value, dict)}
    values = {key.replace("-", "_"): value for key, value in content.items() if key not in tables}
    known = {option.name for option in context.command.params if option.name} - {"config", "set"}
    if unknown := sorted(values.keys() - known):
        raise click.BadParameter(f"{path}: there is no option {unknown[0]!r}; there are: {', '.join(sorted(known))}")
    context.default_map = values
    return tables


_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_PORT: Final = click.IntRange(0, 65535)


@main.command(context_settings={"auto_envvar_prefix": "CHATSIM"})
@click.option("--host", metavar="ADDRESS", help="Listen on this address (default: 127.0.0.1 and ::1).")
@click.option("--port", type=_PORT, default=8080, show_default=True, help="0 takes a free one and prints it.")
@click.option("--fixture", default="documented", show_default=True, metavar="NAME|FILE",
              help="What worlds begin with: documented, empty, or a YAML or JSON file.")  # fmt: skip
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Keep the default world in this file over restarts.")  # fmt: skip
@click.option("--seed", metavar="TEXT", help="What ids are derived from.")
@click.option("--accounts", type=click.Choice(["open", "listed"]), default="open", show_default=True,
              help="Whether unknown clients and users come into being when first used.")  # fmt: skip
@click.option("--truth", type=click.Choice(["document", "service"]), default="document", show_default=True,
              help="Which to follow where a document and the real service differ.")  # fmt: skip
@click.option("--strict", is_flag=True, help="Refuse what real services only tolerate.")
@click.option("--worlds", type=click.Choice(["auto", "listed"]), default="auto", show_default=True,
              help="Whether API calls make unknown worlds.")  # fmt: skip
@click.option("--max-worlds", type=click.IntRange(1), default=5000, show_default=True, help="So many worlds at most.")
@click.option("--world-ports", metavar="A-B", help="Ports that worlds may take (default: any that is free).")
@click.option("--world-domain", metavar="NAME", help="A world is also chosen by a Host below this: WORLD.NAME.")
@click.option("--public-url", metavar="URL", help="What tokens and links name instead of the address of the request.")
@click.option("--trust-proxy", is_flag=True, help="Believe X-Forwarded-Proto and X-Forwarded-Host.")
@click.option("--tls", is_flag=True, help="Serve https beside http.")
@click.option("--tls-port", type=_PORT, default=8443, show_default=True, help="Port of https.")
@click.option("--tls-host", multiple=True, metavar="NAME", help="A further name for the certificate.")
@click.option("--tls-dir", type=click.Path(file_okay=False, path_type=Path), help="Where certificates are kept.")
@click.option("--allow-host", multiple=True, metavar="NAME", help="A Host that may call /_sim.")
@click.option("--allow-origin", multiple=True, metavar="ORIGIN", help="Pages that may call /_sim.")
@click.option("--control-token", metavar="TOKEN", help="What /_sim asks for as a Bearer token.")
@click.option("--config", type=_FILE, callback=_configure, is_eager=True, metavar="FILE",
              help="TOML: options by their names, settings as tables.")  # fmt: skip
@click.option("--set", multiple=True, metavar="NAME=VALUE", allow_from_autoenv=False, help="A setting.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="json: one object per line.")  # fmt: skip
@click.option("--verbose", "-v", is_flag=True, help="List every request, not only refused ones.")
@click.option("--journal-size", type=click.IntRange(1), default=10_000, show_default=True, help="Entries per world.")
@click.option("--read-timeout", type=FiniteRange(0, min_open=True), default=30.0, show_default=True,
              metavar="SECONDS", help="Longest pause in a request's body.")  # fmt: skip
def serve(**given: Any) -> None:
    """Serve all APIs until Ctrl-C.

    Each option is also read from the environment (CHATSIM_PORT for --port) and from --config; each setting from
    CHATSIM_KEYCLOAK__ACCESS_TOKEN_LIFESPAN_S for keycloak.access_token_lifespan_s. A flag beats the environment, the
    environment beats the file. CHATSIM_CONTROL=open lets everybody call /_sim.
    """
    gc.disable()  # while the simulator is put together; the runner switches it on again
    from chatsim.core.data import DataMissing
    from chatsim.core.settings import SettingError
    from chatsim.server.binding import CannotListen
    from chatsim.server.configuration import start_from
    from chatsim.server.runner import CannotStart, run
    from chatsim.server.usage import UsageError

    try:
        run(start_from(given, os.environ))
    except (SettingError, UsageError) as error:
        _end(USAGE, str(error))
    except (CannotStart, CannotListen, DataMissing, ImportError, ValueError) as error:
        _end(COULD_NOT_RUN, str(error))


@main.command()
@click.option("--markdown", is_flag=True, help="As a table for the README.")
def routes(markdown: bool) -> None:
    """List the APIs and their routes."""
    from chatsim.listing import as_markdown, as_text

    click.echo((as_markdown if markdown else as_text)(_assembled().apis.values()), nl=False)


@main.command()
def check() -> None:
    """Check schemas, examples and declarations; exit with 1 where something is wrong."""
    simulator = _assembled()
    findings = simulator.schemas.check()
    for finding in findings:
        click.echo(finding)
    if findings:
        raise SystemExit(FINDINGS)
    count = sum(len(simulator.schemas.names(name)) for name in (*simulator.apis, simulator.control.name))
    click.echo(f"{len(simulator.apis)} APIs and {count} schemas: no findings")


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(f"chatsim {__version__}")


def _assembled() -> "Simulator":
    """The simulator without a server; what keeps it from being put together is a finding."""
    from chatsim.core.data import DataMissing
    from chatsim.server.assembly import assemble

    try:
        return assemble()
    except DataMissing as error:
        _end(COULD_NOT_RUN, str(error))
    except (ImportError, ValueError) as error:
        _end(FINDINGS, str(error))


def _end(code: int, message: str) -> NoReturn:
    click.echo(f"chatsim: {message}", err=True)
    sys.exit(code)
