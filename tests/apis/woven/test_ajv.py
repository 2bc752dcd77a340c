"""The table of what Fastify makes of a body, as measured."""

from typing import Any

import pytest

from chatsim.apis.woven.ajv import coerced, number_text

PROJECT = "6f1c2c52-9d0a-4b39-8f57-0b6f1f6a2c11"


@pytest.mark.parametrize(
    ("member", "given", "made"),
    [
        ("message", 5, "5"),
        ("message", None, ""),
        ("message", True, "true"),
        ("message", ["x"], "x"),
        ("message", [None], ""),
        ("message", [], []),
        ("message", ["a", "b"], ["a", "b"]),
        ("message", [["a"]], ["a"]),
        ("message", {}, {}),
        ("woven_ids", "abc", ["abc"]),
        ("woven_ids", None, [""]),
        ("woven_ids", False, ["false"]),
        ("woven_ids", [1, 2], ["1", "2"]),
        ("woven_ids", [["a"], {}], ["a", {}]),
        ("woven_ids", {}, {}),
        ("project_id", [PROJECT], PROJECT),
        ("project_id", "URN:uuid:" + PROJECT, PROJECT),
        ("project_id", None, ""),
    ],
)
def test_member(member: str, given: Any, made: Any) -> None:
    """A member's value becomes what Ajv coerces it to, or stays for the schema to refuse."""
    assert coerced({member: given}) == {member: made}


def test_other_members_are_dropped() -> None:
    """What the schema does not name disappears without a word."""
    assert coerced({"message": "a", "foo": 1}) == {"message": "a"}


@pytest.mark.parametrize("body", [None, [], "text", 5, [{"message": "a"}]])
def test_other_bodies_stay(body: Any) -> None:
    """Nothing becomes an object that is none."""
    assert coerced(body) == body


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1.5, "1.5"),
        (-12.25, "-12.25"),
        (100.0, "100"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.25e21, "1.25e+21"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (-1.5e-7, "-1.5e-7"),
        (123456789012345678, "123456789012345680"),
        (10**400, "Infinity"),
        (-(10**400), "-Infinity"),
    ],
)
def test_number(number: float, text: str) -> None:
    """Numbers are written as JavaScript writes them."""
    assert number_text(number) == text
