"""The part of JSON Schema 2020-12 that `schemas/` is written in, and the two forms every schema is compiled in.

Both validators ignore keywords they do not know, so a misspelt one would check nothing: here it is refused.
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any, Final

from chatsim.core.formats import BOUNDS, FORMATS

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
BASE: Final = "https://chatsim.example/schemas/"
OBSERVED: Final = "observed"
"""Value of `x-source` on what the real service has been seen to send beyond its document."""

_MAPS: Final = frozenset(("properties", "patternProperties", "$defs"))
_LISTS: Final = frozenset(("prefixItems", "oneOf", "anyOf", "allOf"))
_SINGLE: Final = frozenset(("items", "additionalProperties", "propertyNames", "not", "if", "then", "else"))
_PLAIN: Final = frozenset(
    [
        "$schema",
        "$id",
        "$ref",
        "$comment",
        "title",
        "description",
        "examples",
        "default",
        "type",
        "enum",
        "const",
        "required",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minLength",
        "maxLength",
        "pattern",
        "format",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minProperties",
        "maxProperties",
        "x-source",
    ]
)
_LISTED: Final = _PLAIN | _MAPS | _LISTS | _SINGLE
_CHECKED: Final = ("$ref", "format", "pattern")
_ROOT: Final = ("title", "description", "examples")
_LOCAL: Final = "#/$defs/"
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_FOREIGN: Final = frozenset("dDwWsSbBAZzpP")
"""Escapes that the regular expressions of Python, Rust and JavaScript read differently."""

# Where a schema stands decides whether its strict form is closed.
_VALUE: Final = 0  # it describes a value of its own
_BESIDE: Final = 1  # it adds to the schema around it, so only one that says it is an object describes all of it
_TEST: Final = 2  # it is a condition, whose meaning would change
_PLACES: Final = dict.fromkeys(("allOf", "anyOf", "oneOf", "then", "else"), _BESIDE) | {"if": _TEST, "not": _TEST}


def subschemas(schema: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Each schema inside `schema`, itself first, with its JSON Pointer; constants and examples are data."""
    yield pointer, schema
    if not isinstance(schema, dict):
        return
    for keyword, value in schema.items():
        if keyword in _SINGLE:
            yield from subschemas(value, f"{pointer}/{keyword}")
        elif keyword in _MAPS and isinstance(value, dict):
            for name, inner in value.items():
                yield from subschemas(inner, f"{pointer}/{keyword}/{escape(name)}")
        elif keyword in _LISTS and isinstance(value, list):
            for index, inner in enumerate(value):
                yield from subschemas(inner, f"{pointer}/{keyword}/{index}")


def escape(name: str) -> str:
    """One member name as a token of a JSON Pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def findings(document: Any, name: str, siblings: AbstractSet[str]) -> Iterator[tuple[str, str]]:
    """What `schemas/` may not say: JSON Pointer and reason. `name` is `api/file`, `siblings` are the api's files."""
    if not isinstance(document, dict):
        yield "", "a schema file holds one JSON object"
        return
    if document.get("$schema") != DRAFT:
        yield "/$schema", f"expected {DRAFT!r}"
    if document.get("$id") != (expected := f"{BASE}{name}.json"):
        yield "/$id", f"expected {expected!r}, got {document.get('$id')!r}"
    for keyword in _ROOT:
        if not document.get(keyword):
            yield f"/{keyword}", "missing: every schema file has a title, a description and an example"
    for pointer, schema in subschemas(document):
        if isinstance(schema, dict):
            for keyword in sorted([one for one in schema if one not in _LISTED]):
                yield f"{pointer}/{escape(keyword)}", "this keyword is not in the listed set"
            for keyword in [one for one in _CHECKED if one in schema]:
                if wrong := _wrong_value(keyword, schema[keyword], document, siblings):
                    yield f"{pointer}/{keyword}", wrong
        elif not isinstance(schema, bool):
            yield pointer, "expected a schema (an object, true or false)"


def references(document: Any) -> set[str]:
    """The sibling files that a document refers to, without `.json`."""
    return {
        schema["$ref"].removesuffix(".json")
        for _, schema in subschemas(document)
        if isinstance(schema, dict) and "$ref" in schema and not schema["$ref"].startswith("#")
    }


def compiled(document: dict[str, Any], *, strict: bool) -> dict[str, Any]:
    """The form given to the validators: formats of numbers as bounds.

    Strict: observed properties removed, and objects that list properties closed, unless they say
    `additionalProperties` themselves.
    """
    form = _form(document, strict, _VALUE)
    assert isinstance(form, dict)
    return form


def _form(schema: Any, strict: bool, place: int) -> Any:
    if not isinstance(schema, dict):
        return schema
    made: dict[str, Any] = {}
    for keyword, value in schema.items():
        inner = place if place == _TEST else _PLACES.get(keyword, _VALUE)
        if keyword in _SINGLE:
            made[keyword] = _form(value, strict, inner)
        elif keyword in _LISTS:
            made[keyword] = [_form(one, strict, inner) for one in value]
        elif keyword in _MAPS:
            made[keyword] = {name: _form(one, strict, inner) for name, one in value.items()}
        else:
            made[keyword] = value
    if (bounds := BOUNDS.get(schema.get("format", ""))) is not None:
        made["minimum"] = max(bounds[0], schema.get("minimum", bounds[0]))
        made["maximum"] = min(bounds[1], schema.get("maximum", bounds[1]))
    if strict and "properties" in schema:
        _close(made, place)
    return made


def _close(schema: dict[str, Any], place: int) -> None:
    observed = {
        name for name, one in schema["properties"].items() if isinstance(one, dict) and one.get("x-source") == OBSERVED
    }
    schema["properties"] = {name: one for name, one in schema["properties"].items() if name not in observed}
    if observed and "required" in schema:
        schema["required"] = [name for name in schema["required"] if name not in observed]
    if place == _VALUE or (place == _BESIDE and schema.get("type") == "object"):
        schema.setdefault("additionalProperties", False)


def _wrong_value(keyword: str, value: Any, document: dict[str, Any], siblings: AbstractSet[str]) -> str:
    if not isinstance(value, str):
        return f"expected a string, got {value!r}"
    if keyword == "$ref":
        return _broken(value, document, siblings)
    if keyword == "pattern":
        return _foreign(value)
    return "" if value in FORMATS or value in BOUNDS else f"unknown format {value!r}"


def _broken(reference: str, document: dict[str, Any], siblings: AbstractSet[str]) -> str:
    if reference.startswith(_LOCAL):
        name = reference.removeprefix(_LOCAL).replace("~1", "/").replace("~0", "~")
        return "" if name in document.get("$defs", {}) else f"there is no {reference!r} in this file"
    if reference.endswith(".json") and reference.removesuffix(".json") in siblings:
        return ""
    return f"{reference!r} is neither in $defs nor a file of this folder"


def _foreign(pattern: str) -> str:
    foreign = sorted(_FOREIGN.intersection(_ESCAPE.findall(pattern)))
    return f"\\{foreign[0]} means different things to different validators: spell the class out" if foreign else ""
