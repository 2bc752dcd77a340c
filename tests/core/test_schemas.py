"""What loading schemas refuses, their two forms, explanations, and that both validators agree."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from chatsim.core.formats import FORMATS
from chatsim.core.json import decode
from chatsim.core.schemas import MAX_VIOLATIONS, Schema, SchemaError, Schemas, Violation

DRAFT = "https://json-schema.org/draft/2020-12/schema"
HEAD = {"$schema": DRAFT, "title": "T", "description": "D", "examples": [1]}


def document(name: str, **keywords: Any) -> dict[str, Any]:
    """A schema file's content with its obligatory head."""
    return {"$id": f"https://chatsim.example/schemas/a/{name}.json", **HEAD, **keywords}


def schema(strict: bool = False, /, **keywords: Any) -> Schema:
    """One schema on its own."""
    return Schemas({"a/one": document("one", **keywords)}).get("a/one", strict)


def explained(instance: Any, /, **keywords: Any) -> list[tuple[str, str]]:
    """Pointer and message of each violation."""
    return [(one.pointer, one.message) for one in schema(**keywords).explain(instance)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty schemas/ with the folder of API `a`."""
    (tmp_path / "a").mkdir()
    return tmp_path


def write(folder: Path, name: str, content: Any) -> None:
    """Put one file into API a's folder."""
    (folder / "a" / f"{name}.json").write_text(json.dumps(content))


# Loading


def test_loaded_by_api_and_file_name(folder: Path) -> None:
    """A file a/one.json is the schema a/one, its document as written."""
    write(folder, "one", document("one", type="integer"))
    schemas = Schemas.load(folder, ["a"])
    assert schemas.names("a") == ["a/one"]
    assert schemas.get("a/one").document == document("one", type="integer")


def test_an_api_without_schemas_has_none(folder: Path) -> None:
    """An API needs no folder."""
    assert Schemas.load(folder, ["a", "b"]).names("b") == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (document("one", minLenght=1), "a/one.json: /minLenght: this keyword is not in the listed set"),
        (document("one", properties={"x/y": {"multipleOf": 2}}), "/properties/x~1y/multipleOf"),
        (document("one", allOf=[True, {"dependentRequired": {}}]), "/allOf/1/dependentRequired"),
        (document("other"), "a/one.json: /$id: expected 'https://chatsim.example/schemas/a/one.json'"),
        ({**document("one"), "title": ""}, "/title: missing"),
        ({**document("one"), "examples": []}, "/examples: missing"),
        ({**document("one"), "$schema": "http://json-schema.org/draft-07/schema#"}, "/$schema: expected"),
        (document("one", items={"$ref": "#/$defs/x"}), "/items/$ref: there is no '#/$defs/x' in this file"),
        (document("one", items={"$ref": "two.json"}), "/items/$ref: 'two.json' is neither"),
        (document("one", items={"$ref": "https://example.com/x.json"}), "/items/$ref"),
        (document("one", items={"$ref": 5}), "/items/$ref: expected a string"),
        (document("one", format="uid"), "/format: unknown format 'uid'"),
        (document("one", pattern="^\\d+$"), "/pattern: \\d means different things"),
        (document("one", items=[{}]), "/items: expected a schema"),
        ([], "a/one.json: /: a schema file holds one JSON object"),
    ],
)
def test_what_loading_refuses(folder: Path, content: Any, words: str) -> None:
    """A file out of the house rules fails the start, with file and pointer."""
    write(folder, "one", content)
    with pytest.raises(SchemaError, match=re.escape(words)):
        Schemas.load(folder, ["a"])


def test_a_broken_file_is_named(folder: Path) -> None:
    """Broken JSON names the file and the byte."""
    (folder / "a" / "one.json").write_text("{,}")
    with pytest.raises(SchemaError, match=r"a/one\.json: .* at byte 1"):
        Schemas.load(folder, ["a"])


def test_other_files_are_refused(folder: Path) -> None:
    """A stray file below schemas/<api>/ is not skipped."""
    (folder / "a" / "one.yaml").write_text("")
    with pytest.raises(SchemaError, match=r"one\.yaml"):
        Schemas.load(folder, ["a"])


def test_data_may_look_like_schemas(folder: Path) -> None:
    """Constants, examples and property names are not searched for keywords."""
    write(
        folder,
        "one",
        document("one", const={"foo": 1}, enum=[{"multipleOf": 1}], default={"bar": 1}, properties={"baz": {}}),
    )
    assert Schemas.load(folder, ["a"]).names("a") == ["a/one"]


def test_an_escaped_backslash_is_no_escape_of_a_class(folder: Path) -> None:
    """The pattern for a backslash and a d is not mistaken for the class of digits."""
    write(folder, "one", document("one", pattern="\\\\d"))
    assert Schemas.load(folder, ["a"]).get("a/one").accepts("\\d")


def test_an_unknown_name_names_the_missing_file() -> None:
    """A route that names a schema nobody wrote fails the start."""
    with pytest.raises(SchemaError, match=r"a/two\.json: there is no such file"):
        Schemas({"a/one": document("one")}).get("a/two")


def test_unused_schemas_are_told() -> None:
    """Neither got by name nor referred to, directly or not, from one that was."""
    schemas = Schemas(
        {
            "a/one": document("one", items={"$ref": "two.json"}),
            "a/two": document("two", items={"$ref": "three.json"}),
            "a/three": document("three", items={"$ref": "one.json"}),
            "a/four": document("four", items={"$ref": "#/$defs/x"}, **{"$defs": {"x": {}}}),
        }
    )
    assert schemas.unused() == ["a/one", "a/two", "a/three", "a/four"]
    schemas.get("a/one")
    assert schemas.unused() == ["a/four"]


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"type": "integr"}, "$.type"),
        ({"type": "string"}, "a/one.json: /examples/0: expected string, got number 1"),
        ({"pattern": "("}, "a/one.json: "),
    ],
)
def test_check_finds_what_loading_does_not(keywords: dict[str, Any], words: str) -> None:
    """The meta-schema, the examples and the patterns are looked at by `chatsim check`."""
    found = Schemas({"a/one": document("one", **keywords)}).check()
    assert len(found) == 1
    assert words in found[0]


def test_check_is_silent_about_good_schemas() -> None:
    """Nothing is found where nothing is wrong."""
    assert Schemas({"a/one": document("one", type="integer")}).check() == []


# Judging


def test_references_reach_siblings_and_definitions() -> None:
    """A `$ref` to a file of the same folder and one into $defs both count, in both forms."""
    schemas = Schemas(
        {
            "a/one": document("one", properties={"x": {"$ref": "two.json"}}),
            "a/two": document("two", items={"$ref": "#/$defs/n"}, **{"$defs": {"n": {"type": "integer"}}}),
        }
    )
    for strict in (False, True):
        one = schemas.get("a/one", strict)
        assert one.accepts({"x": [1]})
        assert not one.accepts({"x": ["1"]})
        assert [(v.pointer, v.keyword) for v in one.explain({"x": ["1"]})] == [("/x/0", "type")]


def test_references_are_worded_alike() -> None:
    """What is wrong in a file that is referred to is worded as in the file itself."""
    schemas = Schemas(
        {
            "a/one": document("one", items={"$ref": "two.json"}),
            "a/two": document("two", additionalProperties=False),
        }
    )
    found = schemas.get("a/one").explain([{"x": 1}])
    assert [(one.pointer, one.member) for one in found] == [("/0/x", "x")]


@pytest.mark.parametrize(
    ("instance", "accepted"), [(2**31 - 1, True), (2**31, False), (-(2**31) - 1, False), (1.5, True), ("x", True)]
)
def test_formats_of_numbers_are_bounds(instance: Any, accepted: bool) -> None:
    """int32 bounds a number, and leaves the rest to `type`."""
    one = schema(format="int32")
    assert one.accepts(instance) is accepted
    assert (one.explain(instance) == []) is accepted


def test_a_tighter_bound_wins_over_the_format() -> None:
    """A maximum below the format's stays."""
    assert not schema(format="int64", maximum=5).accepts(6)


def test_lone_surrogates_are_judged() -> None:
    """A string that Rust cannot hold is judged by the other validator."""
    one = schema(type="object", properties={"x": {"maxLength": 1}})
    assert one.accepts({"x": "\ud800"})
    assert not one.accepts({"x": "\ud800\ud800"})


def test_a_deep_instance_is_judged() -> None:
    """200 levels through a recursive schema end in a violation, not in an exception."""
    one = schema(items={"$ref": "one.json"}, type="array")
    deep = decode(b"[" * 199 + b"1" + b"]" * 199)
    assert not one.accepts(deep)
    assert one.explain(deep)


# The strict form

OBSERVED = {"x-source": "observed"}


@pytest.mark.parametrize(
    ("keywords", "instance", "accepted"),
    [
        ({"properties": {"x": {}}}, {"x": 1}, True),
        ({"properties": {"x": {}}}, {"y": 1}, False),
        ({"properties": {"x": {}}, "additionalProperties": True}, {"y": 1}, True),
        ({"properties": {"x": {}}, "additionalProperties": {"type": "null"}}, {"y": None}, True),
        ({"properties": {"x": OBSERVED}, "required": ["x"]}, {}, True),
        ({"properties": {"x": OBSERVED}}, {"x": 1}, False),
        ({"type": "object"}, {"y": 1}, True),
        ({"items": {"properties": {"x": {}}}}, [{"y": 1}], False),
        ({"$ref": "#/$defs/o", "$defs": {"o": {"properties": {}}}}, {"y": 1}, False),
        ({"if": {"properties": {"x": {"const": 1}}}, "then": {"required": ["y"]}}, {"x": 1, "y": 2}, True),
        ({"anyOf": [{"type": "object", "properties": {"x": {}}}]}, {"y": 1}, False),
        ({"properties": {"x": {}, "y": {}}, "allOf": [{"properties": {"x": {"const": 1}}}]}, {"x": 1, "y": 2}, True),
        ({"not": {"properties": {"x": {"type": "string"}}, "required": ["x"]}}, {"x": "s", "y": 1}, False),
    ],
)
def test_the_strict_form(keywords: dict[str, Any], instance: Any, accepted: bool) -> None:
    """Observed members go, objects that list members close, conditions keep their meaning."""
    one = schema(True, **keywords)
    assert one.accepts(instance) is accepted
    assert (one.explain(instance) == []) is accepted


def test_the_tolerant_form_stays_open() -> None:
    """What strict refuses is accepted otherwise, and the document is the same for both."""
    schemas = Schemas({"a/one": document("one", properties={"x": OBSERVED})})
    assert schemas.get("a/one").accepts({"x": 1, "y": 2})
    assert schemas.get("a/one", True).document is schemas.get("a/one").document


# Explanations


@pytest.mark.parametrize(
    ("keywords", "instance", "pointer", "message"),
    [
        ({"type": "integer"}, "5", "", 'expected integer, got string "5"'),
        ({"type": ["string", "null"]}, {"a": 1}, "", "expected string or null, got an object with a"),
        ({"type": "string"}, True, "", "expected string, got true"),
        ({"type": "string"}, [1, 2], "", "expected string, got an array of 2"),
        ({"required": ["a"]}, {}, "", 'member "a" is missing'),
        ({"properties": {"a": {}}, "additionalProperties": False}, {"b": 1}, "/b", 'unknown member "b", known are a'),
        ({"items": {"enum": ["a", 1]}}, ["b"], "/0", 'expected one of "a", 1, got string "b"'),
        ({"const": 1}, None, "", "expected 1, got null"),
        ({"minLength": 2}, "é", "", "expected at least 2 characters, got 1"),
        ({"maxItems": 1}, [1, 2], "", "expected at most 1 items, got 2"),
        ({"exclusiveMinimum": 0}, 0, "", "expected more than 0, got number 0"),
        ({"format": "uuid"}, "x", "", 'expected a uuid, got string "x"'),
        ({"pattern": "^a$"}, "b", "", 'expected a match of ^a$, got string "b"'),
        ({"uniqueItems": True}, [1, 1.0], "", "expected different items, but 1 is equal to 0"),
        ({"oneOf": [True, {"minimum": 1}]}, 5, "", "expected to fit exactly one form, but it fits forms 0, 1"),
        (
            {"anyOf": [{"properties": {"x": {"type": "string"}}}, {"type": "null"}]},
            {"x": 1},
            "",
            "fits none of the 2 forms; nearest: /x: expected string, got number 1",
        ),
        ({"properties": {"a/~": {"type": "null"}}}, {"a/~": 1}, "/a~1~0", "expected null, got number 1"),
        ({"type": "number"}, "x" * 100, "", f'expected number, got string "{"x" * 59}…'),
    ],
)
def test_what_an_explanation_says(keywords: dict[str, Any], instance: Any, pointer: str, message: str) -> None:
    """A message names what was expected and what came."""
    assert not schema(**keywords).accepts(instance)
    assert explained(instance, **keywords) == [(pointer, message)]


def test_a_violation_names_keyword_schema_and_member() -> None:
    """What an API needs to word the violation in its own dialect."""
    keywords = {"properties": {"x": {"required": ["y"]}}}
    assert schema(**keywords).explain({"x": {}}) == [
        Violation("/x", 'member "y" is missing', "required", "a/one#/properties/x/required", "y")
    ]


def test_explanations_are_sorted_and_bounded() -> None:
    """At most a hundred violations, in the order of their pointers."""
    one = schema(items={"type": "integer"})
    assert len(one.explain(["x"] * 100_000)) == MAX_VIOLATIONS
    assert explained({"b": 1, "a": 1}, additionalProperties={"type": "null"})[0][0] == "/a"


def test_a_long_list_of_equal_objects_is_explained_at_once() -> None:
    """Comparing items takes linear time, also inside a branch."""
    items = [{"n": index} for index in range(20_000)]
    assert len(schema(anyOf=[{"uniqueItems": True}, False]).explain([*items, {"n": 0.0}])) == 1


# Both validators agree

NAMES = st.sampled_from(["a", "b", "cc"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.0, 1.0, 1.5, -2.5, 1e16, 10**20, 2**31, 2**63])
    | st.sampled_from(["", "a", "ab\n", "abc", "é", "😀", "12", "1990-12-31T23:59:60Z", "AAAA", "::1", "127.0.0.1"])
)
INSTANCES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
TYPES = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
SMALL = st.integers(0, 3)
BOUNDS = st.integers(-3, 3) | st.sampled_from([0.5, 1.0, 1e16])
PATTERNS = st.sampled_from(["^a", "b$", "^[a-c]+$", "[$]", "^$", "[0-9]{2}", "\\$", ".", "a|é", "^(?!a)"])
FORMAT_NAMES = st.sampled_from([*FORMATS, "int32", "int64"])
LEAF_KEYWORDS = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
    "enum": st.lists(INSTANCES, min_size=1, max_size=4),
    "const": INSTANCES,
    "required": st.lists(NAMES, unique=True, max_size=2),
    "minItems": SMALL,
    "maxItems": SMALL,
    "uniqueItems": st.booleans(),
    "minLength": SMALL,
    "maxLength": SMALL,
    "pattern": PATTERNS,
    "format": FORMAT_NAMES,
    "minimum": BOUNDS,
    "maximum": BOUNDS,
    "exclusiveMinimum": BOUNDS,
    "exclusiveMaximum": BOUNDS,
    "minProperties": SMALL,
    "maxProperties": SMALL,
}


def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One schema over others."""
    many = st.lists(inner, min_size=1, max_size=3)
    applicators = {
        "properties": st.dictionaries(NAMES, inner, max_size=2),
        "patternProperties": st.dictionaries(PATTERNS, inner, max_size=2),
        "additionalProperties": inner,
        "propertyNames": inner,
        "items": inner,
        "prefixItems": many,
        "oneOf": many,
        "anyOf": many,
        "allOf": many,
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
    }
    return st.fixed_dictionaries({}, optional=applicators)


LEAVES = st.booleans() | st.fixed_dictionaries({}, optional=LEAF_KEYWORDS)
GENERATED = st.recursive(LEAVES, keywords, max_leaves=6).filter(lambda one: isinstance(one, dict))


@given(GENERATED, INSTANCES, st.booleans())
@settings(max_examples=examples(400), deadline=None)
def test_both_validators_agree(generated: dict[str, Any], instance: Any, strict: bool) -> None:
    """An explanation is empty exactly for what is accepted, in both forms."""
    one = Schemas({"a/one": document("one", **generated)}).get("a/one", strict)
    assert one.accepts(instance) is (one.explain(instance) == [])
