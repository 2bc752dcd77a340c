"""A simulator of five chat services: Woven City, KOBIL, Airy, Weavy and M3O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatsim.testing import serve

__all__ = ["__version__", "serve"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`chatsim.serve` is imported when somebody wants it: a program that only wants the version does not."""
    if name == "serve":
        from chatsim.testing import serve

        return serve
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
