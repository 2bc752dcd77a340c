"""The contract as data: the files of `schemas/`, checked when loaded, compiled when first used.

jsonschema-rs decides (0.5 µs a body), jsonschema words what is wrong. Knows no API but by the name of its folder.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import msgspec

from chatsim.core.clock import moment_of
from chatsim.core.dialect import BASE, compiled, findings, references
from chatsim.core.errors import ApiError, Invalid
from chatsim.core.formats import FORMATS
from chatsim.core.json import BadJson, decode

MAX_VIOLATIONS: Final = 100
"""Where an explanation stops: half a million errors would hold up everybody for seconds."""


class SchemaError(ValueError):
    """A file of `schemas/` that cannot be used, or a name that no file has; the message names file and pointer."""


class Violation(msgspec.Struct, frozen=True):
    """One way in which an instance breaks a schema.

    `pointer` leads into the instance: to the object that lacks a member, to the member that is not known.
    `schema` is the schema's name and the path of keywords to the broken one. `member` is the missing or unknown
    member's name where `keyword` is `required` or `additionalProperties`.
    """

    pointer: str
    message: str
    keyword: str
    schema: str
    member: str = ""


def refused(pointer: str, message: str, *more: tuple[str, str]) -> Invalid:
    """An error about members that no schema can judge, each with its JSON Pointer; a path's parameter is `/name`."""
    return Invalid(message, violations=[Violation(where, what, "", "") for where, what in ((pointer, message), *more)])


@contextmanager
def inside(pointer: str) -> Iterator[None]:
    """Refuse what is refused in the block as a part of something greater, where it stands at `pointer`.

    Raises:
        Invalid: anything was.
    """
    try:
        yield
    except ApiError as error:
        wrong = [(pointer + one.pointer, one.message) for one in error.violations] or [(pointer, error.message)]
        raise refused(*wrong[0], *wrong[1:]) from error


def read_moment(text: str, pointer: str) -> int:
    """The moment that the member at `pointer` names.

    Raises:
        Invalid: it is none from 1970 to 9000.
    """
    try:
        return moment_of(text)
    except ValueError as error:
        raise refused(pointer, str(error)) from error


class Schema:
    """One schema in one of its two forms, tolerant or strict; compiled when first asked."""

    __slots__ = ("_explain", "_is_valid", "_resolve", "document", "name")

    def __init__(self, name: str, document: dict[str, Any], resolve: Callable[[str], dict[str, Any]]) -> None:
        self.name = name
        self.document = document
        """The file as it stands, whichever form this is."""
        self._resolve = resolve
        self._is_valid: Callable[[Any], bool] = self._compile
        self._explain: Callable[[Any], list[Violation]] | None = None

    def accepts(self, instance: Any) -> bool:
        """Whether the instance keeps to the schema."""
        try:
            return self._is_valid(instance)
        except UnicodeEncodeError:  # a lone surrogate, which Rust's strings cannot hold
            return not self.explain(instance)

    def explain(self, instance: Any) -> list[Violation]:
        """Why the instance breaks the schema, sorted by pointer, at most 100 reasons; empty if it does not."""
        if self._explain is None:
            from chatsim.core.explain import explainer

            self._explain = explainer(self._form(), self.name, self._resolve)
        return self._explain(instance)

    def require(self, instance: Any) -> None:
        """Refuse an instance that breaks the schema.

        Raises:
            Invalid: it does, with every way in which it does.
        """
        if not self.accepts(instance):
            violations = tuple(self.explain(instance))
            raise Invalid(violations[0].message if violations else self.name, violations=violations)

    def _form(self) -> dict[str, Any]:
        return self._resolve(f"{BASE}{self.name}.json")

    def _compile(self, instance: Any) -> bool:
        validator = jsonschema_rs.Draft202012Validator(
            self._form(), formats=dict(FORMATS), validate_formats=True, retriever=self._resolve
        )
        self._is_valid = validator.is_valid
        return validator.is_valid(instance)


class Schemas:
    """All schemas of some APIs, by name: `woven/send-message`."""

    def __init__(self, documents: dict[str, dict[str, Any]]) -> None:
        self._documents = documents
        self._schemas: dict[tuple[str, bool], Schema] = {}
        self._forms: dict[tuple[str, bool], dict[str, Any]] = {}
        self._used: set[str] = set()

    @classmethod
    def load(cls, root: Path, apis: Iterable[str]) -> "Schemas":
        """Read `<root>/<api>/*.json`.

        Raises SchemaError for a keyword out of the listed set, a broken `$ref`, a wrong `$id`, a missing title,
        description or example.
        """
        documents: dict[str, dict[str, Any]] = {}
        for api in apis:
            folder = root / api
            files = sorted(folder.iterdir(), key=lambda one: one.name) if folder.is_dir() else []
            siblings = {one.name.removesuffix(".json") for one in files}
            for file in files:
                name = f"{api}/{file.name.removesuffix('.json')}"
                documents[name] = _read(file, name, siblings)
        return cls(documents)

    def get(self, name: str, strict: bool = False) -> Schema:
        """The schema of this name, marked as used. Raises SchemaError where there is none."""
        schema = self._schema(name, strict)
        self._used.add(name)
        return schema

    def names(self, api: str) -> list[str]:
        """The names of one API's schemas, in order, each with the API's."""
        return [name for name in self._documents if name.startswith(f"{api}/")]

    def unused(self) -> list[str]:
        """The schemas that nobody has asked for, neither by name nor by `$ref` from one that was."""
        used: set[str] = set()
        open_ones = set(self._used)
        while open_ones:
            name = open_ones.pop()
            used.add(name)
            api = name.partition("/")[0]
            open_ones |= {f"{api}/{one}" for one in references(self._documents[name])} - used
        return [name for name in self._documents if name not in used]

    def check(self) -> list[str]:
        """What loading does not look at, for tests and `chatsim check`: the meta-schema, the examples, the patterns."""
        from jsonschema import Draft202012Validator
        from jsonschema.exceptions import SchemaError as Refused

        found = []
        for name, document in self._documents.items():
            try:
                Draft202012Validator.check_schema(document)
            except Refused as error:
                found.append(f"{name}.json: {error.json_path}: {error.message}")
            else:
                found += self._bad_examples(name)
        return found

    def _bad_examples(self, name: str) -> list[str]:
        schema = self._schema(name, strict=False)
        try:
            self._schema(name, strict=True).accepts(None)
            return [
                f"{name}.json: /examples/{index}{one.pointer}: {one.message}"
                for index, example in enumerate(schema.document["examples"])
                if not schema.accepts(example)
                for one in schema.explain(example)
            ]
        except ValueError as error:  # a pattern, say, that one of the two cannot compile
            return [f"{name}.json: {error}"]

    def _schema(self, name: str, strict: bool) -> Schema:
        if (schema := self._schemas.get((name, strict))) is None:
            if name not in self._documents:
                raise SchemaError(f"{name}.json: there is no such file below schemas/")
            forms = self._strict if strict else self._tolerant
            schema = self._schemas[name, strict] = Schema(name, self._documents[name], forms)
        return schema

    def _tolerant(self, uri: str) -> dict[str, Any]:
        return self._form(uri, False)

    def _strict(self, uri: str) -> dict[str, Any]:
        return self._form(uri, True)

    def _form(self, uri: str, strict: bool) -> dict[str, Any]:
        if (form := self._forms.get((uri, strict))) is None:
            document = self._documents[uri.removeprefix(BASE).removesuffix(".json")]
            form = self._forms[uri, strict] = compiled(document, strict=strict)
        return form


def _read(file: Path, name: str, siblings: set[str]) -> dict[str, Any]:
    if not file.name.endswith(".json"):
        raise SchemaError(f"{name}: only .json files belong below schemas/<api>/")
    try:
        document = decode(file.read_bytes())
    except BadJson as error:
        raise SchemaError(f"{name}.json: {error}") from error
    for pointer, reason in findings(document, name, siblings):
        raise SchemaError(f"{name}.json: {pointer or '/'}: {reason}")
    assert isinstance(document, dict)
    return document
