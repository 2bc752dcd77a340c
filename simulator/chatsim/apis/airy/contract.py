"""Holding a value to a schema where no route does it: a branch of a body, a fixture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatsim.core.errors import Invalid

if TYPE_CHECKING:
    from chatsim.core.world import World


def hold(world: World, name: str, value: Any) -> Any:
    """Give the value back if it keeps to the schema `airy/<name>`.

    Raises:
        Invalid: it does not.
    """
    schema = world.simulator.schemas.get(f"airy/{name}", strict=world.options.strict)
    if schema.accepts(value):
        return value
    violations = schema.explain(value)
    raise Invalid(violations[0].message, violations=violations)
