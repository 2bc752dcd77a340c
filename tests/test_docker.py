"""What docs/docker/ says, as far as it can be held to without a container engine."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import yaml
from process import environment, started

from chatsim.client import Client

FOLDER: Final = Path(__file__).parents[1] / "docs" / "docker"


def compose() -> Any:
    """The service of the compose file."""
    return yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]["chatsim"]


def test_the_simulator_starts_with_what_the_compose_file_gives_it() -> None:
    """The variables, the mounted fixture and the map of callbacks are understood."""
    variables = compose()["environment"] | {"CHATSIM_FIXTURE": str(FOLDER / "fixture" / "world.yaml")}
    with started(env=environment(**variables)) as simulator:
        world = Client(simulator.url, token="local-only").get_world()
        mapped = world.call("GET", "/settings")["settings"]["callbacks.map"]["value"]
        (service,) = world.kobil.get("services")["items"]
    assert mapped == json.loads(variables["CHATSIM_CALLBACKS__MAP"])
    assert any(service["callback_url"].startswith(prefix) for prefix in mapped)


def test_the_image_runs_without_rights_and_says_how_it_is() -> None:
    """A user by number, and a health check that asks for readiness."""
    text = (FOLDER / "Dockerfile").read_text()
    assert re.search(r"^USER [1-9][0-9]+$", text, re.MULTILINE)
    assert "/_sim/readyz" in text.partition("HEALTHCHECK")[2]
