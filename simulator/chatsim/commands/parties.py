"""The commands that act in a world: the other party of a chat, and filling a world with people who have talked."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import click

from chatsim.commands.remote import COULD_NOT_RUN, USAGE, end, show, with_world
from chatsim.numbers import FiniteRange

if TYPE_CHECKING:
    from chatsim.client import World

NOT_FOUND: Final = 404


@click.command()
@click.argument("api")
@click.argument("name")
@click.argument("members", nargs=-1, metavar="[MEMBER=TEXT|MEMBER:=JSON|MEMBER=@FILE]…")
@with_world
def trigger(world: World, api: str, name: str, members: tuple[str, ...]) -> None:
    """Act as the other party: chatsim trigger kobil send-text user=ann text=Hi.

    Behind = stands text, behind := JSON (index:=0), behind =@ the name of a file to send. `GET /_sim/apis` lists the
    triggers of each API with the schemas of their bodies.
    """
    from chatsim.client import ChatsimError, File

    body = dict(map(_member, members))
    files = [member for member, value in body.items() if isinstance(value, File)]
    if files and not _trigger(world, api, name).get("multipart"):
        end(
            USAGE, f"{name} takes no file; behind {files[0]}= a text that begins with @ is written {files[0]}:='\"@…\"'"
        )
    wait_s = body.get("wait_s")
    patience_s = float(wait_s) if isinstance(wait_s, int | float) else 0.0
    path = "/".join(quote(one.replace("_", "-"), safe="") for one in (api, name))
    try:
        show(world.call("POST", f"/{path}", body, patience_s=patience_s))
    except ChatsimError as error:
        if error.status == NOT_FOUND:
            _trigger(world, api, name)
        raise


def _trigger(world: World, api: str, name: str) -> Mapping[str, Any]:
    """What the simulator says of a trigger; ends the command where there is none."""
    known = {one["name"]: one["triggers"] for one in world.client.apis() if one["triggers"]}
    if api not in known:
        end(USAGE, f"no API {api!r} has triggers; {', '.join(sorted(known))} have")
    triggers: dict[str, Mapping[str, Any]] = {one["name"]: one for one in known[api]}
    if (found := triggers.get(name.replace("_", "-"))) is None:
        end(USAGE, f"{api} has no trigger {name!r}; there are: {', '.join(sorted(triggers))}")
    return found


def _member(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"expected MEMBER=TEXT, MEMBER:=JSON or MEMBER=@FILE, got {text!r}")
    if name.endswith(":"):
        try:
            return name[:-1], json.loads(value)
        except ValueError as error:
            raise click.BadParameter(f"{value!r} is not JSON: {error}") from error
    return name, _file(value[1:]) if value.startswith("@") else value


def _file(path: str) -> Any:
    from chatsim.client import File

    try:
        data = Path(path).read_bytes()
    except OSError as error:
        end(COULD_NOT_RUN, f"{path} cannot be read: {error.strerror}")
    return File(Path(path).name, data, mimetypes.guess_type(path)[0] or "application/octet-stream")


@click.command()
@click.option("--api", "apis", multiple=True, metavar="NAME,NAME",
              help="Only these APIs, also one by one (default: all that can be populated).")  # fmt: skip
@click.option("--users", type=click.IntRange(2), default=20, show_default=True, help="So many people.")
@click.option("--conversations", type=click.IntRange(1), default=30, show_default=True, help="So many conversations.")
@click.option("--messages", type=click.IntRange(0), default=500, show_default=True, help="So many messages in all.")
@click.option("--locale", default="en_US", show_default=True, help="Whose names; en, de and ja have their own talk.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same people and words.")
@click.option("--days", type=FiniteRange(0, min_open=True), default=30.0, show_default=True,
              help="How far back from the world's now it goes.")  # fmt: skip
@click.option("--style", type=click.Choice(["everyday", "edge"]), default="everyday", show_default=True,
              help="edge: emoji, right-to-left, very long names and links, a thousand members.")  # fmt: skip
@with_world
def populate(world: World, apis: tuple[str, ...], **wanted: Any) -> None:
    """Fill a world with people and what they said; no callbacks, one entry in the journal."""
    names = [name.strip() for text in apis for name in text.split(",") if name.strip()]
    body = {**wanted, "apis": list(dict.fromkeys(names))} if apis else wanted
    answer = world.call("POST", "/populate", body, patience_s=120.0)
    for name, made in answer["populated"].items():
        click.echo(f"{name}: " + ", ".join(f"{count} {what}" for what, count in made.items()))
