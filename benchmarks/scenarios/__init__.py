"""What is measured: a module per API, each with its rows in SCENARIOS. `discover` finds them, so no list names them."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the load sends again and again; `path` begins with a slash."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The same operation for simulators that are configured: what Prism and WireMock are to check and to answer."""

    method: str
    path: str
    body_schema: Mapping[str, Any]
    reply_schema: Mapping[str, Any]
    reply: Any
    bearer: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One row of the report.

    `prepare` is given the simulator's base URL and gets ready what the request needs, a token for example.
    `targets`: requests/s of the simulator as a multiple of each contestant's, at least. `p99`: at most that multiple of
    the bare handler's. Without a `contract` the peers sit this one out.
    """

    title: str
    prepare: Callable[[str], Request]
    targets: Mapping[str, float] = field(default_factory=dict)
    p99: float | None = None
    contract: Contract | None = None


def discover() -> list[Scenario]:
    """The rows of all modules in this folder, in alphabetical order of the modules."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__, f"{__name__}."))
    return [row for name in modules for row in importlib.import_module(name).SCENARIOS]
