"""Who imports whom: server, control, apis, wire, core, to the right only; no API another; few know the network."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

PACKAGE: Final = Path(__file__).parents[1] / "simulator" / "chatsim"
LAYERS: Final = ("server", "control", "apis", "wire", "core")
NETWORK: Final = {"aiohttp", "asyncio", "uvloop", "socket", "ssl"}
MAY_AWAIT: Final = ("server/", "cli.py", "testing.py", "client/")
MODULES: Final = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def imported(module: str) -> Iterator[str]:
    """Every module that a file imports, also inside functions; those for type checking only are left out."""
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def place(path: str) -> int:
    """How far left a module stands; those beside the folders (cli, listing) stand left of all."""
    head = path.partition("/")[0].removesuffix(".py")
    return LAYERS.index(head) if head in LAYERS else -1


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_to_the_right(module: str) -> None:
    """A layer knows those right of it, and an API none of its neighbours."""
    parts = module.split("/")
    for name in imported(module):
        if not name.startswith("chatsim."):
            continue
        target = name.removeprefix("chatsim.").split(".")
        assert place("/".join(target)) >= place(module), f"{module} imports {name}"
        if parts[0] == target[0] == "apis" and len(parts) > 2:
            assert target[1:2] in ([], [parts[1]]), f"{module} imports {name}"


@pytest.mark.parametrize("module", [one for one in MODULES if not one.startswith(MAY_AWAIT)])
def test_only_the_server_knows_the_network(module: str) -> None:
    """What stands elsewhere can be tested without a socket, and answers the same twice."""
    assert NETWORK.isdisjoint(name.partition(".")[0] for name in imported(module))


@pytest.mark.parametrize("module", [one for one in MODULES if not one.startswith("client/")])
def test_values_are_no_dataclasses(module: str) -> None:
    """Those compile their methods at import, half a millisecond each; msgspec's structs do not."""
    assert "dataclasses" not in imported(module)


@pytest.mark.parametrize("module", [one for one in MODULES if one.startswith("client/")])
def test_the_client_imports_no_layer(module: str) -> None:
    """It talks HTTP to a simulator that may be elsewhere, and starts without the simulator's dependencies."""
    ours = {name for name in imported(module) if name.partition(".")[0] == "chatsim"}
    assert {name for name in ours if not name.startswith("chatsim.client.")} == set()
    others = {name.partition(".")[0] for name in imported(module)} - {"chatsim", "__future__"}
    assert others <= sys.stdlib_module_names
