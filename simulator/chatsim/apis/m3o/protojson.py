"""What proto3's JSON mapping does to the names of a body before anything else looks at it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Spelling:
    """The fields of one message: their `names`, and each way to write one with the name it stands for, in `known`.

    "Parsers accept both the lowerCamelCase name […] and the original proto field name."
    """

    __slots__ = ("known", "names")

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self.known = {camel_case(name): name for name in self.names} | {name: name for name in self.names}


def camel_case(name: str) -> str:
    """Turn `chat_id` into `chatId`."""
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


def normalise(body: dict[str, Any], spelling: Spelling) -> dict[str, Any]:
    """Give each known member its field's name and drop those that are null, which means missing.

    An unknown name stays, for the schema to refuse, even when it is null. [source]
    Where a field comes in both spellings, the lowerCamelCase one counts, wherever it stands. [source]
    """
    if body.keys() <= spelling.names and None not in body.values():
        return body
    fields: dict[str, Any] = {}
    for written in sorted(body, key=lambda word: word not in spelling.names):
        value = body[written]
        if written not in spelling.known:
            fields[written] = value
        elif value is not None:
            fields[spelling.known[written]] = value
    return fields
