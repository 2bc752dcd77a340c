"""What is wrong with a refused instance, in words: jsonschema, with the keywords replaced that can be slow or vague.

Imported at the first refusal, since jsonschema takes 80 ms. Decides nothing: that is jsonschema-rs's part.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from chatsim.core.dialect import escape
from chatsim.core.formats import FORMATS
from chatsim.core.json import encode
from chatsim.core.schemas import MAX_VIOLATIONS, Violation

_SHOWN: Final = 60
"""Characters of a value that are repeated in a message."""

_Errors = Iterator[ValidationError]


class _MemberError(ValidationError):
    """An error about one member of an object."""

    def __init__(self, message: str, member: str, *, inside: bool) -> None:
        super().__init__(message, path=(member,) if inside else ())
        self.member = member


def explainer(
    document: dict[str, Any], name: str, resolve: Callable[[str], dict[str, Any]]
) -> Callable[[Any], list[Violation]]:
    """A function that lists why an instance breaks `document`; `resolve` gives the document of a URI."""
    registry: Registry[Any] = Registry(  # type: ignore[call-arg]  # mypy cannot see the alias of `_retrieve`
        retrieve=lambda uri: DRAFT202012.create_resource(_without_draft(resolve(uri)))
    )
    validator = _Validator(_without_draft(document), registry=registry, format_checker=_CHECKER)

    def explain(instance: Any) -> list[Violation]:
        found: list[Violation] = []
        try:
            found.extend(_violation(error, name) for error in islice(validator.iter_errors(instance), MAX_VIOLATIONS))
        except RecursionError:
            found.append(Violation("", "too deeply nested to say what is wrong where", "", name))
        return sorted(found, key=lambda one: (one.pointer, one.member, one.schema))

    return explain


def _without_draft(document: dict[str, Any]) -> dict[str, Any]:
    """Following a reference to a file with `$schema`, jsonschema takes that draft's own class, not the one below."""
    return {keyword: value for keyword, value in document.items() if keyword != "$schema"}


def _violation(error: ValidationError, name: str) -> Violation:
    return Violation(
        pointer="".join(f"/{escape(str(one))}" for one in error.absolute_path),
        message=_words(error),
        keyword=str(error.validator or "false"),
        schema=f"{name}#" + "".join(f"/{escape(str(one))}" for one in error.absolute_schema_path),
        member=error.member if isinstance(error, _MemberError) else "",
    )


# Wording


def _words(error: ValidationError) -> str:
    word = _WORDS.get(str(error.validator))
    return word(error.validator_value, error.instance) if word else error.message


def shown(value: Any) -> str:
    """A value as a message repeats it: its kind, and as much of it as fits."""
    if isinstance(value, list):
        return f"an array of {len(value)}"
    if isinstance(value, dict):
        members = ", ".join(islice(value, 5)) + (", …" if len(value) > 5 else "")
        return f"an object with {members}"[: _SHOWN * 2] if value else "an empty object"
    if value is None or isinstance(value, bool):
        return encode(value).decode()
    return f"{'string' if isinstance(value, str) else 'number'} {_json(value)}"


def _json(value: Any) -> str:
    text = encode(value[:_SHOWN] if isinstance(value, str) else value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _type(expected: Any, value: Any) -> str:
    types = [expected] if isinstance(expected, str) else expected
    return f"expected {' or '.join(types)}, got {shown(value)}"


def _enum(expected: Any, value: Any) -> str:
    listed = ", ".join(_json(one) for one in expected[:20]) + (", …" if len(expected) > 20 else "")
    return f"expected one of {listed}, got {shown(value)}"


_WORDS: Final[dict[str, Callable[[Any, Any], str]]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda expected, value: f"expected {_json(expected)}, got {shown(value)}",
    "format": lambda expected, value: f"expected a {expected}, got {shown(value)}",
    "pattern": lambda expected, value: f"expected a match of {expected}, got {shown(value)}",
    "minLength": lambda least, value: f"expected at least {least} characters, got {len(value)}",
    "maxLength": lambda most, value: f"expected at most {most} characters, got {len(value)}",
    "minItems": lambda least, value: f"expected at least {least} items, got {len(value)}",
    "maxItems": lambda most, value: f"expected at most {most} items, got {len(value)}",
    "minProperties": lambda least, value: f"expected at least {least} members, got {len(value)}",
    "maxProperties": lambda most, value: f"expected at most {most} members, got {len(value)}",
    "minimum": lambda least, value: f"expected at least {least}, got {shown(value)}",
    "maximum": lambda most, value: f"expected at most {most}, got {shown(value)}",
    "exclusiveMinimum": lambda least, value: f"expected more than {least}, got {shown(value)}",
    "exclusiveMaximum": lambda most, value: f"expected less than {most}, got {shown(value)}",
    "not": lambda _, value: f"{shown(value)} is what is not allowed here",
}


# Keywords


@lru_cache(512)
def _regex(pattern: str) -> re.Pattern[str]:
    """As ECMA 262 and jsonschema-rs read it: in Python alone `$` also matches before a last line feed."""
    outside = re.sub(r"(\\.|\[(?:\\.|[^\]\\])*\])|\$", lambda one: one[1] or r"\Z", pattern, flags=re.DOTALL)
    return re.compile(outside)


def _pattern(validator: Any, pattern: Any, instance: Any, schema: Any) -> _Errors:
    if isinstance(instance, str) and not _regex(pattern).search(instance):
        yield ValidationError("pattern")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> _Errors:
    if not isinstance(instance, dict):
        return
    for pattern, inner in patterns.items():
        for name, value in instance.items():
            if _regex(pattern).search(name):
                yield from validator.descend(value, inner, path=name, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, instance: Any, schema: Any) -> _Errors:
    if not isinstance(instance, dict):
        return
    known = schema.get("properties", {})
    patterns = [_regex(pattern) for pattern in schema.get("patternProperties", ())]
    for name, value in instance.items():
        if name in known or any(pattern.search(name) for pattern in patterns):
            continue
        if allowed is False:
            listed = ", ".join(known) or "none"
            yield _MemberError(f"unknown member {_json(name)}, known are {listed}", name, inside=True)
        else:
            yield from validator.descend(value, allowed, path=name)


def _required(validator: Any, names: Any, instance: Any, schema: Any) -> _Errors:
    if isinstance(instance, dict):
        for name in names:
            if name not in instance:
                yield _MemberError(f"member {_json(name)} is missing", name, inside=False)


def _unique_items(validator: Any, wanted: Any, instance: Any, schema: Any) -> _Errors:
    if not wanted or not isinstance(instance, list):
        return
    first: dict[Any, int] = {}
    for index, item in enumerate(instance):
        if (earlier := first.setdefault(_identity(item), index)) != index:
            yield ValidationError(f"expected different items, but {index} is equal to {earlier}")
            return


def _identity(value: Any) -> Any:
    """Hashable, and equal exactly for what JSON Schema calls equal: 1 is 1.0 but not true."""
    if isinstance(value, list):
        return tuple(_identity(one) for one in value)
    if isinstance(value, dict):
        return frozenset((name, _identity(one)) for name, one in value.items())
    return (isinstance(value, bool), value)


def _any_of(validator: Any, branches: Any, instance: Any, schema: Any) -> _Errors:
    errors: list[ValidationError] = []
    for index, branch in enumerate(branches):
        found = list(islice(validator.descend(instance, branch, schema_path=index), MAX_VIOLATIONS))
        if not found:
            return
        errors += found
    yield _no_branch(errors, len(branches))


def _one_of(validator: Any, branches: Any, instance: Any, schema: Any) -> _Errors:
    errors: list[ValidationError] = []
    fitting = []
    for index, branch in enumerate(branches):
        found = list(islice(validator.descend(instance, branch, schema_path=index), MAX_VIOLATIONS))
        errors += found
        if not found:
            fitting.append(str(index))
    if not fitting:
        yield _no_branch(errors, len(branches))
    elif len(fitting) > 1:
        yield ValidationError(f"expected to fit exactly one form, but it fits forms {', '.join(fitting)}")


def _no_branch(errors: list[ValidationError], count: int) -> ValidationError:
    nearest = max(errors, key=lambda error: len(error.path))
    where = "".join(f"/{escape(str(one))}" for one in nearest.path)
    return ValidationError(f"fits none of the {count} forms; nearest: {where}{': ' if where else ''}{_words(nearest)}")


_Validator: Final = extend(  # type: ignore[no-untyped-call]  # the stubs leave its result open
    Draft202012Validator,
    {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "required": _required,
        "uniqueItems": _unique_items,
        "anyOf": _any_of,
        "oneOf": _one_of,
    },
)


def _checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, accepts in FORMATS.items():
        checker.checks(name)(lambda value, accepts=accepts: not isinstance(value, str) or accepts(value))
    return checker


_CHECKER: Final = _checker()
