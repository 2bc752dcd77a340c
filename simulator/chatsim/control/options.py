"""What a world may be made with: the members of a body that only the registries of quirks and settings can judge."""

from collections.abc import Mapping
from typing import Any

from chatsim.core.clock import parse_rfc3339
from chatsim.core.dialect import escape
from chatsim.core.schemas import refused
from chatsim.core.settings import SettingError
from chatsim.core.simulator import Simulator
from chatsim.core.world import WorldOptions


def options_of(simulator: Simulator, body: Mapping[str, Any]) -> WorldOptions:
    """The options that a body asks for, defaults for the rest.

    Raises:
        Invalid: an unknown quirk, setting or API, or a value it cannot have; all of them at once.
    """
    wrong = [
        (f"/quirks/{escape(name)}", problem)
        for name, value in body.get("quirks", {}).items()
        if (problem := simulator.quirks.problem(name, value))
    ]
    for name, value in body.get("settings", {}).items():
        try:
            simulator.settings.check(name, value)
        except SettingError as error:
            wrong.append((f"/settings/{escape(name)}", str(error)))
    if isinstance(fixture := body.get("fixture"), dict):
        known = ", ".join(simulator.apis)
        wrong += [
            (f"/fixture/{escape(api)}", f"there is no API {api!r}; there are: {known}")
            for api in fixture
            if api not in simulator.apis
        ]
    try:
        if "at" in body.get("clock", {}):
            parse_rfc3339(body["clock"]["at"])
    except ValueError as error:
        wrong.append(("/clock/at", str(error)))
    if wrong:
        raise refused(*wrong[0], *wrong[1:])
    given = {name: value for name, value in body.items() if name not in ("name", "copy_of")}
    if "seed" in given:
        given["seed"] = str(given["seed"])
    return simulator.default_options(**given)


def differing(old: WorldOptions, new: WorldOptions, body: Mapping[str, Any]) -> list[str]:
    """The members of a body that a world has otherwise."""
    return [one for one in body if one not in ("name", "copy_of") and getattr(old, one) != getattr(new, one)]
