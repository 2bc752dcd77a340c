"""Reads request bodies as the service does: several media types, loose JSON, names in any case, quoted numbers."""

import re
from collections.abc import Mapping
from typing import Any, Final

from chatsim.apis.weavy.query import INT32
from chatsim.apis.weavy.tolerances import NAME_CASE, QUOTED_NUMBER, TOLERANCES
from chatsim.core.api import Call, Route
from chatsim.core.errors import Malformed, UnsupportedMediaType
from chatsim.core.http import Body
from chatsim.core.json import BadJson, decode

MEDIA_TYPES: Final = ("application/json", "text/json", "application/json-patch+json")

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,10}")


def decode_body(call: Call, body: Body) -> Any:
    """The body as data in the shape that its schema names; None where there is none.

    Raises UnsupportedMediaType, Malformed; Invalid in a strict world for what is only tolerated.
    """
    wanted = call.route.body if isinstance(call.route, Route) else None
    if not body.raw.strip() or wanted is None:
        return None
    kind = call.request.content_type
    if kind not in MEDIA_TYPES and not (kind.startswith("application/") and kind.endswith("+json")):
        raise UnsupportedMediaType(f"the body is '{kind}'; send application/json")
    value = _parse(call, body.raw)
    schema = call.world.simulator.schemas.get(call.api.schema(wanted))
    return _shaped(call, value, schema.document)


def _parse(call: Call, raw: bytes) -> Any:
    try:
        return decode(raw)
    except BadJson as strictly:
        from chatsim.apis.weavy import json_lenient

        try:
            value, used = json_lenient.read(raw.decode())
        except (json_lenient.LenientError, UnicodeDecodeError) as loosely:
            raise Malformed(f"the body is not JSON: {loosely}") from strictly
        for code in sorted(used):
            call.tolerate(code, TOLERANCES[code])
        if not used:  # such as a number beyond a double: loose reading needs no leniency and still is not JSON
            raise Malformed(f"the body is not JSON: {strictly}") from strictly
        return value


def _shaped(call: Call, value: Any, schema: Mapping[str, Any]) -> Any:
    """Names as the schema writes them and quoted whole numbers as numbers, all the way down."""
    if isinstance(value, dict) and "properties" in schema:
        properties: Mapping[str, Any] = schema["properties"]
        shaped = {}
        for written, inner in value.items():
            name = written if written in properties else written.lower()
            if name not in properties:
                shaped[written] = inner
                continue
            if name != written:
                call.tolerate(NAME_CASE, TOLERANCES[NAME_CASE])
            shaped[name] = _shaped(call, inner, properties[name])
        return shaped
    if isinstance(value, list) and "items" in schema:
        return [_shaped(call, inner, schema["items"]) for inner in value]
    if isinstance(value, str) and _wants_number(schema) and _WHOLE.fullmatch(value) and int(value) in INT32:
        call.tolerate(QUOTED_NUMBER, TOLERANCES[QUOTED_NUMBER])
        return int(value)
    return value


def _wants_number(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    return kind == "integer" or (isinstance(kind, list) and "integer" in kind)
