"""Where the simulator's data is: `schemas/` and `fixtures/`, inside an installed package or beside it in a checkout.
Knows no file in them.
"""

from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parents[1]


class DataMissing(Exception):
    """Neither the installed package nor a checkout has the folder."""


def schemas() -> Path:
    """The contract: a folder per API with one JSON Schema per body. Raises DataMissing."""
    return _folder("schemas")


def fixtures() -> Path:
    """The documented worlds: a folder per API with its samples and keys. Raises DataMissing."""
    return _folder("fixtures")


def _folder(name: str) -> Path:
    installed = PACKAGE / "_data" / name
    if installed.is_dir():
        return installed
    checkout = PACKAGE.parents[1] / name
    if checkout.is_dir():
        return checkout
    raise DataMissing(
        f"the folder {name!r} is neither at {installed} (installed package) nor at {checkout} (checkout): "
        "install the package again, for example with `pip install --force-reinstall chatsim`"
    )
