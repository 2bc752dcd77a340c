"""What docs/docker/ says, as far as it can be held to without a container engine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import yaml
from process import environment, started

from chatsim.client import Client

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "docs" / "docker"


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


def test_the_ports_of_worlds_are_published() -> None:
    """Under the same numbers, since a world says its own."""
    ports = compose()["environment"]["CHATSIM_WORLD_PORTS"]
    assert f"127.0.0.1:{ports}:{ports}" in compose()["ports"]


def test_the_image_runs_without_rights() -> None:
    """A user by number."""
    assert re.search(r"^USER [1-9][0-9]+$", (FOLDER / "Dockerfile").read_text(), re.MULTILINE)


def healthy(port: int) -> bool:
    """What the health check of the image says of the simulator at a port."""
    (command,) = re.findall(r"^HEALTHCHECK .*\\\n +CMD (\[.*\])$", (FOLDER / "Dockerfile").read_text(), re.MULTILINE)
    interpreter, *arguments = json.loads(command.replace(":8080/_sim/readyz", f":{port}/_sim/readyz"))
    assert interpreter == "python"
    ran = subprocess.run([sys.executable, *arguments], check=False, capture_output=True, timeout=20)
    return ran.returncode == 0


def test_the_health_check_tells_a_ready_simulator_from_none() -> None:
    """Without the token that `/_sim` wants otherwise."""
    with started(env=environment(CHATSIM_CONTROL_TOKEN="local-only")) as simulator:
        assert healthy(simulator.port)
        simulator.stop()
        assert not healthy(simulator.port)


def test_the_image_is_built_from_all_that_the_wheel_needs() -> None:
    """What the project file names is not ignored."""
    listed = (ROOT / ".dockerignore").read_text().splitlines()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    named = [project["project"]["readme"], *project["project"]["license-files"], "pyproject.toml"]
    named += [*wheel["packages"], *wheel["force-include"]]
    assert "*" in listed
    assert {name.partition("/")[0] for name in named} <= {line[1:] for line in listed if line.startswith("!")}
