"""What proto3's JSON mapping does to the names of a body before anything else looks at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def spellings(names: Iterable[str]) -> dict[str, str]:
    """Return every spelling of the fields `names`, each with the name it stands for.

    "Parsers accept both the lowerCamelCase name […] and the original proto field name."
    """
    found: dict[str, str] = {}
    for name in names:
        found[name] = name
        found[camel_case(name)] = name
    return found


def camel_case(name: str) -> str:
    """Turn `chat_id` into `chatId`."""
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


def normalise(body: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    """Give each known member its field's name and drop those that are null, which means missing.

    An unknown name stays, for the schema to refuse, even when it is null. [source]
    Where a field comes in both spellings, the lowerCamelCase one counts, wherever it stands. [source]
    """
    fields: dict[str, Any] = {}
    for written in sorted(body, key=lambda word: word != known.get(word)):
        value = body[written]
        if written not in known:
            fields[written] = value
        elif value is not None:
            fields[known[written]] = value
    return fields
