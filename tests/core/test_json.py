"""JSON in and out: what is read, what is refused and how it is worded."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatsim.core.json import MAX_DEPTH, BadJson, decode, encode

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        (b"", "empty", 0),
        (b" \n", "empty", 2),
        (b"\xef\xbb\xbf{}", "byte order mark", 0),
        (b"[1,]", "Expecting value", 3),
        (b'{"a":1', "Expecting ',' delimiter", 6),
        (b'{"\xc3\xa9" 1}', "Expecting ':' delimiter", 6),
        (b'"\xff"', "not UTF-8", 1),
        (b'"\xed\xa0\x80"', "not UTF-8", 1),
        (b"NaN", "NaN is not JSON", None),
        (b"[-Infinity]", "-Infinity is not JSON", None),
        (b"1e400", "number out of range: 1e400", None),
        (b"1" * 5000, "(5000 digits)", None),
        (b'"a\x01"', "Invalid control character", 2),
        (b"{} {}", "Extra data", 3),
        (b"\x0b{}", "Expecting value", 0),
        (b"[" * 100_000, "nested deeper than 200", None),
        (b"[" * 100_000 + b"]" * 100_000, "nested deeper than 200", None),
    ],
)
def test_what_is_refused(text: bytes, reason: str, position: int | None) -> None:
    """Every kind of broken text is a BadJson that says what is wrong and at which byte."""
    with pytest.raises(BadJson) as caught:
        decode(text)
    assert reason in caught.value.reason
    assert caught.value.position == position


def test_the_message_names_the_byte() -> None:
    """The exception's text holds reason and position, for logs."""
    with pytest.raises(BadJson, match="Expecting value at byte 3"):
        decode(b"[1,]")


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_the_depth_limit_is_exact(opening: bytes, closing: bytes) -> None:
    """200 levels are read, 201 are not."""
    inner = b"0"
    assert decode(opening * MAX_DEPTH + inner + closing * MAX_DEPTH) is not None
    with pytest.raises(BadJson, match="deeper than 200"):
        decode(opening * (MAX_DEPTH + 1) + inner + closing * (MAX_DEPTH + 1))


def test_many_brackets_side_by_side_are_not_deep() -> None:
    """A flat list of a thousand objects is read although it holds a thousand brackets."""
    assert decode(b"[" + b"{}," * 999 + b"{}]") == [{}] * 1000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a":1,"a":2}', {"a": 2}),
        (b'"\\ud800"', "\ud800"),
        (b'{"\\udc00x":["\\ud83d\\ude00"]}', {"\udc00x": ["\U0001f600"]}),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b" [1.0, true, null]\r\n", [1.0, True, None]),
        (b'"\\u0000"', "\x00"),
    ],
)
def test_what_is_read(text: bytes, value: Any) -> None:
    """Duplicate members, lone surrogates and integers of any size are read."""
    assert decode(text) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, None, True], "b": "é\u2028😀"}, '{"a":[1,null,true],"b":"é\u2028😀"}'.encode()),
        ("a\ud800b", b'"a\\ud800b"'),
        ({"\udfff": ("é", 10**30)}, b'{"\\udfff":["\xc3\xa9",1000000000000000000000000000000]}'),
    ],
)
def test_what_is_written(value: Any, text: bytes) -> None:
    """Compact UTF-8, escapes only for lone surrogates."""
    assert encode(value) == text


@given(JSON)
def test_values_survive_the_way_out_and_back(value: Any) -> None:
    """What encode writes, decode and the standard library read as the same value."""
    assert decode(encode(value)) == value == json.loads(encode(value))


@given(st.text(st.characters(categories=["Cs", "Ll", "So"])))
def test_surrogates_survive_the_way_out_and_back(text: str) -> None:
    """Lone surrogates come back, a high and a low one side by side as the character they mean."""
    paired = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    assert decode(encode(text)) == paired


@given(st.binary() | st.text('[]{}",:\\ud80019eE.-+ \ttrunlfasNI').map(str.encode))
@example(b"[1e999]")
def test_any_bytes_are_a_value_or_one_exception(data: bytes) -> None:
    """Whatever comes, it is read as the standard library reads it or refused with BadJson."""
    try:
        value = decode(data)
    except BadJson:
        return
    assert value == json.loads(data)
