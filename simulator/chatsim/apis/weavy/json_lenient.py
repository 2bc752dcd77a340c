"""Reads the JSON that Newtonsoft's reader accepts beyond RFC 8259.

The service parses bodies with Microsoft.AspNetCore.Mvc.NewtonsoftJson [source], which is why the
document's own single-quoted samples work. What has no use in a body of this API is refused: NaN and
infinities (no member is a fraction), `new Date(…)`, elided array elements.
"""

import re
from typing import Any, Final, NoReturn

from chatsim.apis.weavy.tolerances import (
    COMMENT,
    NUMBER_FORM,
    RAW_CONTROL,
    SINGLE_QUOTES,
    TRAILING_COMMA,
    UNDEFINED,
    UNQUOTED_NAME,
    WHITE_SPACE,
)

DEPTH_LIMIT: Final = 32
"""ASP.NET Core's default MaxDepth for Newtonsoft bodies."""

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_COMMENT: Final = re.compile(r"/\*.*?\*/|//[^\r\n]*", re.DOTALL)
_NAME: Final = re.compile(r"[\w$]+")
_WORD: Final = re.compile(r"[A-Za-z]+")
_NUMBER: Final = re.compile(r"[-.0-9][-+.0-9a-fA-FxX]*")
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_LOOSE_DECIMAL: Final = re.compile(r"-?(?!0[0-9])(?=\.?[0-9])[0-9]*\.?[0-9]*(?:[eE][-+]?[0-9]+)?")
_HEXADECIMAL: Final = re.compile(r"-?0[xX][0-9a-fA-F]+")
_OCTAL: Final = re.compile(r"-?0[0-7]+")
_PLAIN: Final = {quote: re.compile(rf"[^\\{quote}]*") for quote in "'\""}
_CONTROL: Final = re.compile(r"[\x00-\x1f]")
_CODE_UNIT: Final = re.compile(r"[0-9a-fA-F]{4}")
_SURROGATES: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_ESCAPES: Final = {
    "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
    "\\": "\\", "/": "/", '"': '"', "'": "'",
}  # fmt: skip
_WORDS: Final = {"true": True, "false": False, "null": None, "undefined": None}
_DIGITS_LIMIT: Final = 400
"""Longer numbers are refused: no member needs them and converting them takes quadratic time."""


class LenientError(ValueError):
    """The text is not even loosely JSON; the message says where."""


def read(text: str, *, depth: int = DEPTH_LIMIT) -> tuple[Any, frozenset[str]]:
    """The value, and a code for each leniency that was needed to read it.

    Raises LenientError for anything else, text after the value included.
    """
    reader = _Reader(text, depth)
    value = reader.value(depth)
    reader.skip_space()
    if reader.at < len(text):
        reader.fail("text after the value")
    return value, frozenset(reader.used)


class _Reader:
    """A position in the text and what has been used so far."""

    def __init__(self, text: str, depth: int) -> None:
        self.text = text
        self.depth = depth
        self.at = 0
        self.used: set[str] = set()

    def fail(self, reason: str) -> NoReturn:
        line = self.text.count("\n", 0, self.at) + 1
        column = self.at - self.text.rfind("\n", 0, self.at)
        raise LenientError(f"{reason} at line {line}, column {column}")

    def take(self, pattern: re.Pattern[str]) -> str:
        """What the pattern matches here, and step over it; empty where it does not."""
        match = pattern.match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match.group()

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip_space(self) -> None:
        self.take(_SPACE)
        while (char := self.peek()) and (char in "/\ufeff" or char.isspace()):
            if char != "/":
                self.at += 1
                self.used.add(WHITE_SPACE)
            elif self.take(_COMMENT):
                self.used.add(COMMENT)
            else:
                self.fail("a comment without an end")
            self.take(_SPACE)

    def value(self, depth: int) -> Any:
        self.skip_space()
        match self.peek():
            case "":
                self.fail("the text ends where a value was expected")
            case "{":
                return self.object(depth - 1)
            case "[":
                return self.array(depth - 1)
            case "'" | '"':
                return self.string()
            case char if char in "-." or char.isdigit():
                return self.number()
        return self.word()

    def object(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while self.element("}", depth, first=not members):
            name = self.name()
            self.skip_space()
            if self.peek() != ":":
                self.fail("':' expected after a member's name")
            self.at += 1
            members[name] = self.value(depth)
        return members

    def array(self, depth: int) -> list[Any]:
        elements: list[Any] = []
        while self.element("]", depth, first=not elements):
            elements.append(self.value(depth))
        return elements

    def element(self, end: str, depth: int, *, first: bool) -> bool:
        """Step to the next element; False when the container ended."""
        if first:
            if depth < 0:
                self.fail(f"nested deeper than {self.depth}")
            self.at += 1
        self.skip_space()
        if self.peek() == end:
            self.at += 1
            return False
        if first:
            return True
        if self.peek() != ",":
            self.fail(f"',' or '{end}' expected")
        self.at += 1
        self.skip_space()
        if self.peek() == end:
            self.used.add(TRAILING_COMMA)
            self.at += 1
            return False
        return True

    def name(self) -> str:
        if self.peek() in ("'", '"'):
            return self.string()
        name = self.take(_NAME)
        if not name:
            self.fail("a member's name expected")
        self.used.add(UNQUOTED_NAME)
        return name

    def string(self) -> str:
        quote = self.peek()
        if quote == "'":
            self.used.add(SINGLE_QUOTES)
        self.at += 1
        parts = [self.take(_PLAIN[quote])]
        while self.peek() == "\\":
            self.at += 1
            parts.append(self.escape(quote))
            parts.append(self.take(_PLAIN[quote]))
        if self.peek() != quote:
            self.fail("a string without an end")
        self.at += 1
        if any(_CONTROL.search(part) for part in parts[::2]):
            self.used.add(RAW_CONTROL)
        return _SURROGATES.sub(_joined, "".join(parts))

    def escape(self, quote: str) -> str:
        char = self.peek()
        self.at += 1
        if char == "u":
            unit = self.take(_CODE_UNIT)
            if not unit:
                self.fail("four hexadecimal digits expected")
            return chr(int(unit, 16))
        if char not in _ESCAPES:
            self.fail("an unknown escape")
        if char == "'":
            self.used.add(SINGLE_QUOTES)
        return _ESCAPES[char]

    def number(self) -> int | float:
        digits = self.take(_NUMBER)
        if len(digits) > _DIGITS_LIMIT:
            self.fail("not a number")
        if match := _DECIMAL.fullmatch(digits):
            return _decimal(digits, whole=match.group(1) is None and match.group(2) is None)
        self.used.add(NUMBER_FORM)
        if _HEXADECIMAL.fullmatch(digits):
            return int(digits, 16)
        if _OCTAL.fullmatch(digits):
            return int(digits, 8)
        if not _LOOSE_DECIMAL.fullmatch(digits):
            self.fail("not a number")
        return _decimal(digits, whole=False)

    def word(self) -> Any:
        word = self.take(_WORD)
        if word not in _WORDS:
            self.fail("a value expected")
        if word == "undefined":
            self.used.add(UNDEFINED)
        return _WORDS[word]


def _decimal(digits: str, *, whole: bool) -> int | float:
    if whole:
        return int(digits)
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise LenientError(f"{digits} is out of range")
    return value


def _joined(pair: re.Match[str]) -> str:
    units = pair.group()
    return chr(0x10000 + ((ord(units[0]) - 0xD800) << 10) + (ord(units[1]) - 0xDC00))
