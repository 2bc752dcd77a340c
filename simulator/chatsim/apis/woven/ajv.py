"""What Ajv, the validator in Fastify, does to a chat message before it checks it, and how it words what is wrong.

Measured on Fastify 5 with the document's schema: `removeAdditional` and `coerceTypes: "array"`. Nothing is refused
here: what cannot be made to fit stays as it is, and the schema refuses it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from chatsim.core.formats import is_uuid

_MEMBERS: Final = ("message", "woven_ids", "project_id")
_URN: Final = "urn:uuid:"


def coerced(body: Any) -> Any:
    """The body as the real service's handler would see it; `body` itself is left alone."""
    if not isinstance(body, dict):
        return body
    kept = {name: body[name] for name in _MEMBERS if name in body}
    if "message" in kept:
        kept["message"] = as_string(kept["message"])
    if "woven_ids" in kept:
        kept["woven_ids"] = _as_strings(kept["woven_ids"])
    if "project_id" in kept:
        kept["project_id"] = _without_urn(as_string(kept["project_id"]))
    return kept


def complaint(body: Any) -> str:
    """The one thing that Ajv says of a body which the schema refuses: it stops at the first.

    The object's own keywords come first, then its members in the schema's order.
    """
    if not isinstance(body, dict):
        return "body must be object"
    for name in _MEMBERS:
        if name not in body:
            return f"body must have required property '{name}'"
    if len(body) > len(_MEMBERS):
        return "body must NOT have additional properties"
    if not isinstance(body["message"], str):
        return "body/message must be string"
    if not isinstance(body["woven_ids"], list):
        return "body/woven_ids must be array"
    for place, one in enumerate(body["woven_ids"]):
        if not isinstance(one, str):
            return f"body/woven_ids/{place} must be string"
    if not isinstance(body["project_id"], str):
        return "body/project_id must be string"
    if not is_uuid(body["project_id"]):
        return 'body/project_id must match format "uuid"'
    raise ValueError("the body keeps to the schema")


def as_string(value: Any) -> Any:
    """A number, boolean or null as the string JavaScript makes of it; a list of one scalar as that one."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_text(value)
    return value


def number_text(number: float) -> str:
    """The number as JavaScript writes it: shortest digits of a double, exponents below 1e-6 and from 1e21 on."""
    try:
        double = float(number)
    except OverflowError:
        return "Infinity" if number > 0 else "-Infinity"
    if double == 0:
        return "0"
    shortest = Decimal(repr(double)).normalize()
    digits = "".join(map(str, shortest.as_tuple().digits))
    point = shortest.adjusted() + 1
    if 0 < point <= 21:
        text = digits.ljust(point, "0")
        text = text if len(text) == point else f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        text = f"0.{'0' * -point}{digits}"
    else:
        power = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
        text = (digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}") + power
    return "-" + text if double < 0 else text


def _as_strings(value: Any) -> Any:
    """A scalar as a list of it; the items of a list as strings."""
    if isinstance(value, dict):
        return value
    items = value if isinstance(value, list) else [value]
    return [as_string(item) for item in items]


def _without_urn(value: Any) -> Any:
    """Ajv's `uuid` allows this prefix; the platform behind it is taken to mean the same project with and without."""
    if isinstance(value, str) and value[: len(_URN)].lower() == _URN:
        return value[len(_URN) :]
    return value
