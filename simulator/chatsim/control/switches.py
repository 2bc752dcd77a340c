"""Rows about a world's quirks, settings, and the variables that point a client at it."""

from typing import Any, Final

from chatsim.control.rows import step_row, world_row
from chatsim.control.worlds import base_url
from chatsim.core.api import BINARY, Call
from chatsim.core.dialect import escape
from chatsim.core.http import Reply
from chatsim.core.quirks import Quirk
from chatsim.core.schemas import refused
from chatsim.core.settings import SettingError
from chatsim.core.simulator import Simulator
from chatsim.core.world import World


def get_quirks(simulator: Simulator, call: Call) -> Reply:
    """Every quirk with the value it has in this world."""
    return Reply(body={"quirks": {name: _quirk(call.world, quirk) for name, quirk in simulator.quirks.all.items()}})


def set_quirks(simulator: Simulator, call: Call) -> Reply:
    """Set quirks; null gives one back to the world's truth.

    Raises:
        Invalid: unknown, or not one of its values; nothing was set.
    """
    wrong = [
        (f"/{escape(name)}", problem)
        for name, value in call.body.items()
        if (problem := simulator.quirks.problem(name, _default(call.world, name) if value is None else value))
    ]
    if wrong:
        raise refused(*wrong[0], *wrong[1:])
    _change(call.world.quirks, call.body)
    return get_quirks(simulator, call)


def get_settings(simulator: Simulator, call: Call) -> Reply:
    """Every setting with its value in this world; those whose name holds `*` show what was set for each."""
    world = call.world
    names = [
        *simulator.settings.all,
        *(name for name in simulator.settings.values if name not in simulator.settings.all),
    ]
    names += [name for name in world.settings if name not in names]
    return Reply(body={"settings": {name: _setting(simulator, world, name) for name in names}})


def set_settings(simulator: Simulator, call: Call) -> Reply:
    """Set this world's own settings; null gives one back to the server's value.

    Raises:
        Invalid: unknown, or a value it cannot have; nothing was set.
    """
    wrong = []
    for name, value in call.body.items():
        try:
            simulator.settings.check(name, simulator.settings.values.get(name) if value is None else value)
        except SettingError as error:
            wrong.append((f"/{escape(name)}", str(error)))
    if wrong:
        raise refused(*wrong[0], *wrong[1:])
    _change(call.world.settings, call.body)
    return get_settings(simulator, call)


def get_environment(simulator: Simulator, call: Call) -> Reply:
    """The variables that point a client at this world: as JSON, or as lines for `.env` files and `eval`."""
    world, base = call.world, base_url(call.world, call)
    variables = {"CHATSIM_URL": f"{call.request.scheme}://{call.request.host}", "CHATSIM_WORLD": world.name}
    if (token := simulator.options.access.token) is not None:
        variables["CHATSIM_CONTROL_TOKEN"] = token
    for api in simulator.apis.values():
        variables |= {name: value(world, base) for name, value in api.environment.items()}
    if dict(call.query).get("format") != "dotenv":
        return Reply(body=variables)
    lines = "".join(f"{name}={_quoted(value)}\n" for name, value in variables.items())
    return Reply(body=lines.encode(), content_type="text/plain; charset=utf-8")


def _quirk(world: World, quirk: Quirk) -> dict[str, Any]:
    return {
        "value": world.quirk(quirk.name),
        "default": _default(world, quirk.name),
        "set": quirk.name in world.quirks,
        "title": quirk.title,
        "values": dict(quirk.values),
        "source": quirk.source,
    }


def _default(world: World, name: str) -> str | None:
    """The value that the world's truth gives a quirk."""
    return world.simulator.quirks.defaults[world.options.truth].get(name)


def _setting(simulator: Simulator, world: World, name: str) -> dict[str, Any]:
    setting = simulator.settings.find(name)
    assert setting is not None
    if name in world.settings:
        source = "world"
    else:
        source = "default" if simulator.settings.values.get(name) == setting.default else "server"
    return {
        "value": world.setting(name),
        "default": setting.default,
        "source": source,
        "title": setting.title,
        "type": setting.type,
    }


def _change(switches: dict[str, Any], changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        if value is None:
            switches.pop(name, None)
        else:
            switches[name] = value


def _quoted(value: str) -> str:
    """As both a POSIX shell and dotenv readers take it."""
    return "'" + value.replace("'", "'\\''") + "'"


ROUTES: Final = (
    world_row("GET", "/quirks", get_quirks, {200: "quirks"}),
    step_row("PATCH", "/quirks", set_quirks, {200: "quirks"}, body="quirks-change"),
    world_row("GET", "/settings", get_settings, {200: "settings"}),
    step_row("PATCH", "/settings", set_settings, {200: "settings"}, body="settings-change"),
    world_row("GET", "/env", get_environment, {200: BINARY}, query="environment-query"),
)
