"""Placeholders of samples: `{base_url}`, `{world}`, `{fixtures}`, and `{token:<api>}` or `{token:<api>:<name>}`.

A token comes from the sample's own world; how, its API's script says: `token(base_url, name)` in `scripts/<api>.py`.
"""

import importlib
import re
from typing import Final

from samples import FIXTURES

_TOKEN: Final = re.compile(r"\{token:(?P<api>[a-z0-9]+)(?::(?P<name>[^{}]*))?\}")


def filled(text: str, *, base_url: str, world: str, **more: str) -> str:
    """The text with its placeholders replaced; what is not one of ours stays."""
    for name, value in {"base_url": base_url, "world": world, "fixtures": str(FIXTURES), **more}.items():
        text = text.replace("{" + name + "}", value)
    done = _TOKEN.sub(lambda found: token(found["api"], base_url, found["name"] or ""), text)
    if "{token:" in done:
        raise ValueError(f"{{token:<api>}} or {{token:<api>:<name>}}, not {done[done.index('{token:') :][:60]}")
    return done


def token(api: str, base_url: str, name: str) -> str:
    """A fresh token of the API, from the world that answers at the base URL."""
    script = importlib.import_module(f"scripts.{api}")
    got: str = script.token(base_url, name)
    return got
