"""What the gateway makes of a query string or a form. Knows nothing of the fields."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus

from chatsim.apis.m3o.errors import broken_request
from chatsim.core.json import BadJson, decode

NO_EQUALS_SIGN: Final = "qson: invalid url query param provided"


def query_fields(query: str) -> dict[str, Any]:
    """Read a raw query: each value is JSON if it can be (`5` is a number), else text; `a[]=1&a[]=2` is a list.

    Any other bracket makes an object, which no field of ours takes. Of a name that comes twice the last one counts.

    Raises:
        Refusal: a part without `=`, or a value that is text with a broken escape in it.
    """
    fields: dict[str, Any] = {}
    for part in query.split("&"):
        written, equals, raw = part.rpartition("=")
        if not equals:
            raise broken_request(NO_EQUALS_SIGN)
        name, bracket, rest = unquote_plus(written).partition("[")
        value = _value(unquote_plus(raw))
        if not bracket:
            fields[name] = value
        elif rest == "]":
            before = fields.get(name)
            fields[name] = [*before, value] if isinstance(before, list) else [value]
        else:
            fields[name] = {rest.replace("]", ""): value}
    return fields


def _value(text: str) -> Any:
    for attempt in (text, f'"{text}"'):
        try:
            return decode(attempt.encode())
        except BadJson as error:
            problem = error
    raise broken_request(str(problem))


def form_fields(*forms: str) -> dict[str, str]:
    """Read forms, in their order of weight: every value is text, those of one name are joined by commas."""
    values: dict[str, list[str]] = {}
    for form in forms:
        for name, value in parse_qsl(form, keep_blank_values=True, errors="replace"):
            values.setdefault(name, []).append(value)
    return {name: ",".join(found) for name, found in values.items()}
