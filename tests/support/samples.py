"""The samples of the documents: where a document has one, and what `fixtures/<api>/samples.json` says about it.

Knows nothing of any API; how a sample is sent is in `sending.py`, how a token is got in `tokens.py`.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

ROOT: Final = Path(__file__).resolve().parents[2]
FIXTURES: Final = ROOT / "fixtures"
SCHEMAS: Final = ROOT / "schemas"
DOCUMENTS: Final = Path(os.environ.get("CHATSIM_DOCUMENTS", ROOT.parent / "shared" / "docs"))
"""The documents are not part of the repository: they lie beside the checkout, or where the variable says."""

NOISE: Final = "|"
"""One document was copied from a page that shows each line in a table row: some lines of it hold only this."""

_JSON_START: Final = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]*\s*:\s*)?[{\[]")
_CURL_START: Final = re.compile(r"(?:[$>] )?curl\b")
_OPTION: Final = re.compile(r"\s*--?[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines `first` to `last` (from 1, inclusive) of a document that are JSON, or a curl command."""

    kind: Literal["json", "curl"]
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One entry of a samples.json. `member` holds its optional members as they were written."""

    api: str
    document: str
    id: str
    lines: tuple[int, int]
    kind: str
    role: str
    text: str
    member: dict[str, Any] = field(hash=False)

    @property
    def schema(self) -> str | None:
        """The schema of the value (json), or of the reply's body (curl), as "woven/send-message"."""
        name: str | None = self.member.get("schema")
        return name

    def substituted(self) -> str:
        """The text with its substitutions made, in order, each at every place; one that finds nothing is a mistake."""
        text = self.text
        for literal, replacement, _why in self.member.get("substitutions", ()):
            if literal not in text:
                raise ValueError(f"{self.api}/{self.id}: nothing to substitute for {literal!r}")
            text = text.replace(literal, replacement)
        return text

    def value(self) -> Any:
        """The JSON value that the sample stands for: its `instance` where given, else its text read as JSON."""
        if "instance" in self.member:
            return self.member["instance"]
        return json.loads(without_label(without_noise(self.substituted())))


def samples_of(api: str) -> list[Sample]:
    """Every entry of the API's samples.json, in the order written."""
    read = json.loads((FIXTURES / api / "samples.json").read_text(encoding="utf-8"))
    known = {"id", "lines", "kind", "role", "text"}
    return [
        Sample(
            api=api,
            document=read["document"],
            lines=(one["lines"][0], one["lines"][1]),
            member={name: value for name, value in one.items() if name not in known},
            **{name: one[name] for name in ("id", "kind", "role", "text")},
        )
        for one in read["samples"]
    ]


def apis_with_samples() -> list[str]:
    """The APIs that list samples, in alphabetical order."""
    return sorted(path.parent.name for path in FIXTURES.glob("*/samples.json"))


def all_samples() -> list[Sample]:
    """The samples of all APIs."""
    return [sample for api in apis_with_samples() for sample in samples_of(api)]


def document_lines(name: str) -> list[str]:
    """The lines of a document, as `woven.txt`."""
    return (DOCUMENTS / name).read_text(encoding="utf-8").split("\n")


def find_blocks(lines: list[str]) -> Iterator[Block]:
    """Every JSON and every curl block of a document, first to last; a JSON block within another is part of it."""
    at = 0
    while at < len(lines):
        last: int | None = None
        kind: Literal["json", "curl"] = "json"
        if _CURL_START.match(lines[at]):
            kind, last = "curl", _curl_end(lines, at)
        elif _JSON_START.match(lines[at]):
            last = _json_end(lines, at)
        if last is None:
            at += 1
        else:
            yield Block(kind, at + 1, last + 1)
            at = last + 1


def _curl_end(lines: list[str], at: int) -> int:
    """A command goes on in the next line inside quotes, after a backslash, and where that line is an option."""
    quote = ""
    while True:
        quote = _open_quote(lines[at], quote)
        following = at + 1
        while following < len(lines) and lines[following] == NOISE:
            following += 1
        if following == len(lines):
            return at
        if not (quote or lines[at].endswith("\\") or _OPTION.match(lines[following])):
            return at
        at = at + 1 if quote else following


def _open_quote(line: str, quote: str) -> str:
    """The shell quote that is open after the line, given the one open before it."""
    escaped = False
    for char in line:
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
    return quote


def _json_end(lines: list[str], at: int) -> int | None:
    """The line where the brackets that line `at` opens are closed; None where that line is prose."""
    depth = 0
    for number in range(at, len(lines)):
        bare = without_strings(lines[number])
        for place, char in enumerate(bare):
            depth += (char in "{[") - (char in "}]")
            if char in "}]" and depth == 0:
                return None if bare[place + 1 :].strip(" ;,") else number
    raise ValueError(f"line {at + 1}: a block begins and never ends")


def without_strings(line: str) -> str:
    """The line without its string literals and without a // comment: what is left has only structure."""
    return re.sub(r'"(?:[^"\\]|\\.)*"|//.*', "", line)


def without_noise(text: str) -> str:
    """The text without the lines that are only left-overs of a page."""
    return "\n".join(line for line in text.split("\n") if line != NOISE)


def without_label(text: str) -> str:
    """The text from its first bracket on: `message: {` becomes `{`."""
    found = _JSON_START.match(text)
    return text[found.end() - 1 :] if found else text


def validator(name: str) -> Draft202012Validator:
    """The tolerant validator of a schema file, "woven/send-message"; a second opinion, none of the simulator's code."""
    api = name.split("/", maxsplit=1)[0]
    resources = (json.loads(path.read_text(encoding="utf-8")) for path in sorted((SCHEMAS / api).glob("*.json")))
    registry: Registry[Any] = Registry().with_resources((one["$id"], Resource.from_contents(one)) for one in resources)
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema, registry=registry)
