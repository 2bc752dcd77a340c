"""The command that starts a simulator, runs another program beside it, and ends as that one does."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

import click

from chatsim.commands.remote import COULD_NOT_RUN, USAGE, end
from chatsim.commands.signals import Signals

END_S: Final = 10.0
SHOWN_LINES: Final = 20
_EXAMPLE: Final = "chatsim exec --fixture empty -- pytest -q"


class SplitCommand(click.Command):
    """A command whose arguments end at `--`; what stands behind it is another command, in `meta["command"]`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the other command off first."""
        own, behind = args, []
        if "--" in args:
            place = args.index("--")
            own, behind = args[:place], args[place + 1 :]
        ctx.meta["command"] = behind
        return super().parse_args(ctx, own)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show where the other command goes."""
        formatter.write_usage(ctx.command_path, "[OPTIONS OF EXEC AND SERVE] -- COMMAND [ARGUMENTS]…")


@click.command(
    "exec", cls=SplitCommand, context_settings={"ignore_unknown_options": True, "allow_interspersed_args": True}
)
@click.option("--log-file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Where the simulator writes what it has to say (default: shown if the command fails).")  # fmt: skip
@click.argument("serve_options", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def run(context: click.Context, log_file: Path | None, serve_options: tuple[str, ...]) -> None:
    """Run a command with a simulator of its own.

    The simulator takes a free port and the options of `chatsim serve`; the command finds it by CHATSIM_URL,
    CHATSIM_WORLD, CHATSIM_CONTROL_TOKEN and the variables of each API (`GET …/env` lists them). Signals are passed on,
    and the exit code is that of the command (128 and the signal's number where a signal ended it).
    """
    command: list[str] = context.meta["command"]
    if not command:
        end(USAGE, f"say what to run behind --, as in: {_EXAMPLE}")
    given = _understood(context, serve_options)
    with contextlib.ExitStack() as stack:
        if log_file is None:
            log: IO[bytes] = stack.enter_context(tempfile.TemporaryFile())
        else:
            log = stack.enter_context(_opened(log_file))
        code = _run(command, serve_options, given.get("control_token"), log, quiet=log_file is not None)
    sys.exit(code)


def _understood(context: click.Context, options: Sequence[str]) -> Mapping[str, Any]:
    """The options of `serve`, as it would read them. Ends the command with its words where it would refuse them."""
    from chatsim.cli import serve

    asked = serve.make_context("exec", list(options), parent=context.parent)
    source = asked.get_parameter_source("port")
    if source is not None and source.name == "COMMANDLINE":
        end(USAGE, "exec takes a free port; leave --port out")
    return asked.params


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("w+b")
    except OSError as error:
        end(COULD_NOT_RUN, f"{path} cannot be written: {error.strerror}")


def _run(command: Sequence[str], options: Sequence[str], token: str | None, log: IO[bytes], *, quiet: bool) -> int:
    with Signals() as signals, simulator(options, log, signals) as url:
        variables = _variables(url, token)
        signals.hold()
        try:
            child = subprocess.Popen(command, env={**os.environ, **variables})
        except OSError as error:
            end(COULD_NOT_RUN, f"{command[0]} cannot be run: {error.strerror or error}")
        signals.hand_on(child)
        signals.release()
        code = child.wait()
    if code and not quiet and (said := _last_lines(log)):
        click.echo(f"chatsim: what the simulator said:\n{said}", err=True)
    return code if code >= 0 else 128 - code


@contextlib.contextmanager
def simulator(options: Sequence[str], log: IO[bytes], signals: Signals) -> Iterator[str]:
    """A simulator as a process, what it says in `log`; its address.

    It has a session of its own, so that Ctrl-C in the terminal reaches the command only, which decides. Whatever ends
    this process ends it too.
    """
    arguments = [sys.executable, "-m", "chatsim", "serve", *options, "--port", "0"]
    signals.hold()
    server = subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=os.name == "posix",
    )
    assert server.stdout is not None
    said = server.stdout
    writing = threading.Thread(target=shutil.copyfileobj, args=(said, log), daemon=True)
    try:
        signals.release()
        address = _address(said, log)
        writing.start()
        if address is None:
            writing.join()
            code = server.wait()
            end(USAGE if code == USAGE else COULD_NOT_RUN, f"the simulator did not start:\n{_last_lines(log)}")
        yield address
    finally:
        signals.hold()
        server.terminate()
        try:
            server.wait(END_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        if writing.ident is not None:
            writing.join()
        said.close()


def _address(said: IO[bytes], log: IO[bytes]) -> str | None:
    """Where the simulator serves, which is the first that it says; None where it ended instead."""
    for line in said:
        log.write(line)
        text = line.decode("utf-8", "replace").strip()
        if text.startswith("CHATSIM_URL="):
            return text.partition("=")[2]
        if text.startswith("{") and "urls" in (started := json.loads(text)):
            return str(started["urls"][0])
    return None


def _variables(url: str, token: str | None) -> dict[str, str]:
    """What points client code at the simulator. Ends the command where the simulator does not let us ask."""
    from chatsim.client import ChatsimError, Client

    try:
        return Client(url, token=token).get_world().env()
    except (ChatsimError, ValueError) as error:
        end(USAGE, f"the simulator lets nobody look at it: {error}")
    except OSError as error:
        end(COULD_NOT_RUN, f"the simulator at {url} does not answer: {error}")


def _last_lines(log: IO[bytes]) -> str:
    """What the simulator said after its greeting, and before its goodbye."""
    from chatsim.server.terminal import GOODBYE, GREETED

    log.seek(0)
    lines = log.read().decode("utf-8", "replace").rpartition(GREETED)[2].splitlines()
    return "\n".join(f"  {line}" for line in lines[-SHOWN_LINES:] if line.strip() not in ("", GOODBYE))
