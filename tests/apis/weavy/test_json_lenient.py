"""The tolerant reader: Newtonsoft's cases, RFC 8259 as a subset, and what stays refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsim.apis.weavy.json_lenient import LenientError, read
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

CODES = {COMMENT, NUMBER_FORM, RAW_CONTROL, SINGLE_QUOTES, TRAILING_COMMA, UNDEFINED, UNQUOTED_NAME, WHITE_SPACE}

texts = st.text(st.characters(), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(values, st.booleans(), st.sampled_from([None, 1]))
def test_strict_json_reads_the_same_and_needs_no_leniency(value: Any, ascii_only: bool, indent: int | None) -> None:
    """RFC 8259 is a subset: same value as the standard library, no code noted."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert read(text) == (json.loads(text), frozenset())


def loosely(value: Any) -> str:
    """The value written with every leniency that its shape allows."""
    match value:
        case str():
            escaped = value.replace("\\", "\\\\").replace("'", "\\'")
            return f"'{escaped}'"
        case dict():
            return "{" + "".join(f"{loosely(k)} :{loosely(v)},//x\n" for k, v in value.items()) + "}"
        case list():
            return "[" + "".join(f"{loosely(v)}/* , ' */," for v in value) + "]"
    return json.dumps(value)


@given(values)
def test_a_loose_writing_reads_as_the_same_value(value: Any) -> None:
    """Single quotes, comments and trailing commas change no value, whatever the strings hold."""
    assert read(loosely(value))[0] == value


@given(texts | st.text("{}[]:,'\"\\/*u0aeE.-+ntx ", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes anything but LenientError come out."""
    try:
        used = read(text)[1]
    except LenientError:
        used = frozenset()
    assert used <= CODES


ACCEPTED = [
    ("{ 'name': 'My chat room', 'members': [1, 4, 14] }",
     {"name": "My chat room", "members": [1, 4, 14]}, {SINGLE_QUOTES}),
    ("{name: 'x'}", {"name": "x"}, {UNQUOTED_NAME, SINGLE_QUOTES}),
    ("{$a_1: 1, 2b: 2}", {"$a_1": 1, "2b": 2}, {UNQUOTED_NAME}),
    ('{"a": 1,}', {"a": 1}, {TRAILING_COMMA}),
    ("[1, 2 , ]", [1, 2], {TRAILING_COMMA}),
    ('/* a */ {"a": // b\r\n 1 /**/}', {"a": 1}, {COMMENT}),
    ('["don\'t"]', ["don't"], set()),
    ("['say \"hi\"']", ['say "hi"'], {SINGLE_QUOTES}),
    (r"""["it\'s"]""", ["it's"], {SINGLE_QUOTES}),
    (r'"a\u00e9\ud83d\ude00\n\/"', "aé😀\n/", set()),
    (r'"\ud83d"', "\ud83d", set()),
    ('"a\nb"', "a\nb", {RAW_CONTROL}),
    ("[undefined]", [None], {UNDEFINED}),
    ("[0x1F, -0xa, 017]", [31, -10, 15], {NUMBER_FORM}),
    ("[.5, 1., -.5e1]", [0.5, 1.0, -5.0], {NUMBER_FORM}),
    ("\u00a0[1]", [1], {WHITE_SPACE}),
    ('{"a":1,"a":2}', {"a": 2}, set()),
    ("'// no comment'", "// no comment", {SINGLE_QUOTES}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value", "used"), ACCEPTED)
def test_a_leniency_is_read_and_named(text: str, value: Any, used: set[str]) -> None:
    """Each case gives its value and exactly the codes that it needed."""
    assert read(text) == (value, frozenset(used))


REFUSED = [
    ("", "the text ends"),
    ("{", "a member's name expected"),
    ("{'members': [1, 4", r"',' or '\]' expected"),
    ("{'a': 'b", "a string without an end"),
    ("{'a': 'b\\", "an unknown escape"),
    ("{'a' 1}", "':' expected"),
    ("{,}", "a member's name expected"),
    ("{a:1,,}", "a member's name expected"),
    ("[1,,2]", "a value expected"),
    ("[1 2]", "',' or"),
    ("[1] x", "text after the value"),
    ("/* open", "a comment without an end"),
    ("[1] /", "a comment without an end"),
    ("NaN", "a value expected"),
    ("[-Infinity]", "not a number"),
    ("True", "a value expected"),
    ("'O'Neil'", "text after the value"),
    (r"'\x41'", "an unknown escape"),
    (r"'\u12'", "four hexadecimal digits"),
    ("08", "not a number"),
    ("1e400", "out of range"),
    ("0x", "not a number"),
    ("9" * 401, "not a number"),
    ("²", "not a number"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_is_not_even_loosely_json_is_refused(text: str, reason: str) -> None:
    """The message says what is wrong."""
    with pytest.raises(LenientError, match=reason):
        read(text)


def test_the_place_of_a_mistake_is_named() -> None:
    """Line and column are counted from one."""
    with pytest.raises(LenientError, match="line 2, column 4"):
        read("[\n 1 x]")


def test_nesting_has_a_limit() -> None:
    """Thirty-two levels are read, one more is refused, ten thousand do not hurt."""
    assert read("[" * 32 + "]" * 32)[1] == frozenset()
    for depth in (33, 10_000):
        with pytest.raises(LenientError, match="nested deeper than 32"):
            read("[" * depth + "]" * depth)
