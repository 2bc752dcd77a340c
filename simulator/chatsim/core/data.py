"""Where the simulator's data is: `schemas/` and `fixtures/`, inside an installed package or beside it in a checkout.
Knows no file in them.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


class DataMissing(Exception):
    """Neither the installed package nor a checkout has the folder."""


def schemas() -> Traversable:
    """The contract: a folder per API with one JSON Schema per body. Raises DataMissing."""
    return _folder("schemas")


def fixtures() -> Traversable:
    """The documented worlds: a folder per API with its samples and keys. Raises DataMissing."""
    return _folder("fixtures")


def _folder(name: str) -> Traversable:
    package = files("chatsim")
    installed = package / "_data" / name
    if installed.is_dir():
        return installed
    checkout = Path(str(package)).parents[1] / name
    if checkout.is_dir():
        return checkout
    raise DataMissing(
        f"the folder {name!r} is neither at {installed} (installed package) nor at {checkout} (checkout): "
        "install the package again, for example with `pip install --force-reinstall chatsim`"
    )
