"""What the service's JSON reader lets pass beyond the document, each with its code."""

from collections.abc import Mapping
from typing import Final

SINGLE_QUOTES: Final = "json-single-quotes"
UNQUOTED_NAME: Final = "json-unquoted-name"
TRAILING_COMMA: Final = "json-trailing-comma"
COMMENT: Final = "json-comment"
NUMBER_FORM: Final = "json-number-form"
UNDEFINED: Final = "json-undefined"
RAW_CONTROL: Final = "json-raw-control-character"
WHITE_SPACE: Final = "json-white-space"
NAME_CASE: Final = "json-name-case"
QUOTED_NUMBER: Final = "json-quoted-number"

TOLERANCES: Final[Mapping[str, str]] = {
    SINGLE_QUOTES: "strings in single quotes, as in the document's samples",
    UNQUOTED_NAME: "member names without quotes",
    TRAILING_COMMA: "a comma after the last member or element",
    COMMENT: "comments",
    NUMBER_FORM: "hexadecimal and octal numbers, numbers that begin or end with a point",
    UNDEFINED: "undefined in place of null",
    RAW_CONTROL: "line breaks and other control characters inside strings",
    WHITE_SPACE: "white space that JSON does not know, such as a byte order mark",
    NAME_CASE: "member names in another case",
    QUOTED_NUMBER: "numbers in quotes",
}
