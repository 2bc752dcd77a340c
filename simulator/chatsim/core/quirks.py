"""Named switches where a document and the real service differ, or a document contradicts itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec


class Quirk(msgspec.Struct, frozen=True, kw_only=True):
    """One switch: `values` (value → what it does), the value under each truth, and where the knowledge is from."""

    name: str
    title: str
    values: Mapping[str, str]
    document: str
    service: str
    source: str


class Quirks:
    """All registered quirks; a world keeps only what was set by hand."""

    def __init__(self, quirks: Iterable[Quirk]) -> None:
        self.all: dict[str, Quirk] = {}
        for quirk in quirks:
            if quirk.name in self.all:
                raise ValueError(f"two quirks are named {quirk.name}")
            for value in (quirk.document, quirk.service):
                if value not in quirk.values:
                    raise ValueError(f"quirk {quirk.name}: {value!r} is not one of {', '.join(quirk.values)}")
            self.all[quirk.name] = quirk
        self.defaults = {
            "document": {quirk.name: quirk.document for quirk in self.all.values()},
            "service": {quirk.name: quirk.service for quirk in self.all.values()},
        }

    def problem(self, name: str, value: object) -> str:
        """Say what is wrong with setting `name` to `value`; empty if nothing is."""
        quirk = self.all.get(name)
        if quirk is None:
            return f"there is no quirk {name!r}; there are: {', '.join(sorted(self.all)) or 'none'}"
        if not isinstance(value, str) or value not in quirk.values:
            return f"{name} is one of {', '.join(quirk.values)}, not {value!r}"
        return ""
