"""Reads a person's fixture from a file, and refuses a start with one that no world could begin with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chatsim.core.dialect import escape
from chatsim.core.fixtures import problems, unbuilt
from chatsim.core.json import MAX_DEPTH
from chatsim.core.world import DEFAULT, World
from chatsim.server.usage import UsageError

if TYPE_CHECKING:
    from chatsim.core.simulator import Simulator

FIXTURES: Final = ("documented", "empty")
MAX_VALUES: Final = 1_000_000
"""A few lines of YAML can stand for more than any memory holds."""
SHOWN: Final = 5


def read_fixture(named: str) -> str | Mapping[str, Any]:
    """The name of a fixture that every API has, or the content of a person's file.

    Raises:
        UsageError: it is neither.
    """
    if named in FIXTURES:
        return named
    import yaml  # reads JSON too

    class Loader(yaml.SafeLoader):
        """Takes nothing that is there twice."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            said = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            if twice := next((one for one in said if said.count(one) > 1), None):
                raise yaml.constructor.ConstructorError(None, None, f"{twice!r} is there twice", node.start_mark)
            return super().construct_mapping(node, deep)

    try:
        content = yaml.load(Path(named).read_text(encoding="utf-8"), Loader)  # noqa: S506 - it is a SafeLoader
        plain = _Plain().read(content, "")
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise UsageError(f"--fixture is {', '.join(FIXTURES)} or a YAML or JSON file; {named}: {error}") from error
    if not isinstance(plain, dict):
        raise UsageError(f"--fixture {named}: an object with a member per API was expected, such as 'woven: {{…}}'")
    return plain


def check_fixture(simulator: Simulator, source: str = "the fixture") -> None:
    """Refuse what the simulator's worlds could not begin with; `source` says where it comes from.

    Raises:
        UsageError: it names what is no API or collection, or a thing in it is none.
    """
    fixture = simulator.options.fixture
    if isinstance(fixture, str):
        return
    found = list(islice(problems(simulator, fixture), SHOWN))
    if not found and (one := unbuilt(World(simulator, DEFAULT, simulator.default_options()), fixture)) is not None:
        found = [one]
    if found:
        raise UsageError("\n".join(f"{source}: {pointer}: {reason}" for pointer, reason in found))


class _Plain:
    """What a YAML file holds as JSON would say it: members are named by texts, `1:` is `"1":`."""

    def __init__(self) -> None:
        self._values = 0

    def read(self, value: Any, pointer: str) -> Any:
        """The value.

        Raises:
            ValueError: JSON has nothing like it.
        """
        self._values += 1
        if self._values > MAX_VALUES or pointer.count("/") > MAX_DEPTH:
            raise ValueError(f"more than {MAX_VALUES:,} values, or deeper than {MAX_DEPTH} levels")
        if isinstance(value, dict):
            named = {self._name(key, pointer): one for key, one in value.items()}
            return {name: self.read(one, f"{pointer}/{escape(name)}") for name, one in named.items()}
        if isinstance(value, list):
            return [self.read(one, f"{pointer}/{place}") for place, one in enumerate(value)]
        if isinstance(value, date):
            raise ValueError(f"{pointer}: put a date into quotes: '{value}'")
        if not isinstance(value, (str, int, float, type(None))) or (isinstance(value, float) and not isfinite(value)):
            raise ValueError(f"{pointer}: {value!r:.60} is nothing that JSON has")
        return value

    def _name(self, key: Any, pointer: str) -> str:
        if not isinstance(key, (str, int)) or isinstance(key, bool):
            raise ValueError(f"{pointer}: {key!r:.60} is no name; put it into quotes")
        return str(key)
