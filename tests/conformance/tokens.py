"""Placeholders of samples: `{base_url}`, `{world}`, `{fixtures}`, and `{token:<api>[:<name>]}`, got from the sample's own world.

How a token of an API is got, its own script says: `token(base_url, name)` in `scripts/<api>.py`.
"""

import importlib
import re
from typing import Final

from tests.conformance.samples import FIXTURES

_TOKEN: Final = re.compile(r"\{token:(?P<api>[a-z0-9]+)(?::(?P<name>[^{}]*))?\}")


def filled(text: str, *, base_url: str, world: str, **more: str) -> str:
    """The text with its placeholders replaced; what is not one of ours stays."""
    for name, value in {"base_url": base_url, "world": world, "fixtures": str(FIXTURES), **more}.items():
        text = text.replace("{" + name + "}", value)
    return _TOKEN.sub(lambda found: token(found["api"], base_url, found["name"] or ""), text)


def token(api: str, base_url: str, name: str) -> str:
    """A fresh token of the API, from the world that answers at the base URL."""
    script = importlib.import_module(f"tests.conformance.scripts.{api}")
    got: str = script.token(base_url, name)
    return got
