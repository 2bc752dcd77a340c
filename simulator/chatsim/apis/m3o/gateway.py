"""What happens to every call before its operation sees it: query, form and body become one object of fields."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from chatsim.apis.m3o.errors import lenient, note_header, unknown_service
from chatsim.apis.m3o.protojson import Spelling, normalise
from chatsim.apis.m3o.querystring import form_fields, query_fields
from chatsim.core.api import Call, Route
from chatsim.core.effects import Effect
from chatsim.core.errors import Invalid, Malformed
from chatsim.core.http import JSON, Body, Reply
from chatsim.core.json import BadJson, decode
from chatsim.core.schemas import Schema

FORM: Final = "application/x-www-form-urlencoded"
LABELS: Final = frozenset(("", JSON, FORM))
"""Content types that need no leniency to be read as JSON; a form that is none was recognised before."""

METHODS: Final = ("POST", "GET", "PUT", "PATCH", "DELETE")
"""The gateway never says 405: all of these call the same method. GET (and HEAD) have no body [source]."""


def read_fields(call: Call, body: Body) -> Any:
    """Merge query and body (the body wins) and give the fields their proto names.

    Raises:
        Malformed: the body is no JSON. Refusal: the query is broken. Invalid: its label is refused in a strict world.
    """
    found = _written(call, b"" if call.request.method in ("GET", "HEAD") else body.raw)
    assert isinstance(call.route, Route)
    contract = call.world.simulator.contracts[call.route].body
    return found if contract is None else named(found, contract[0])


def named(value: Any, schema: Schema) -> Any:
    """Give the members of a body or frame the names that its schema knows; what is no object stays as it is."""
    return normalise(value, _spelling(schema)) if isinstance(value, dict) else value


def read_v1_fields(call: Call, body: Body) -> Any:
    """The same for /v1, whose service part may be in any case while the method's name is exact.

    Raises:
        Refusal: the method is written otherwise, such as `SEND`. Others as `read_fields`.
    """
    ask_for_exact_name(call)
    return read_fields(call, body)


def ask_for_exact_name(call: Call) -> None:
    """See that the method's name is written as it is declared, but for its first letter.

    Raises:
        Refusal: it is not.
    """
    assert call.route is not None
    name = call.route.path.rpartition("/")[2]
    given = [raised(word) for word in call.request.path.split("/")[3:]]
    if given not in ([name], ["Chat", name]):
        raise unknown_service(f"Chat.{given[-1]}")


def raised(word: str) -> str:
    """`send` as the gateway reads it: `Send` [source]."""
    return word[:1].upper() + word[1:]


def answer(call: Call, body: Any, *effects: Effect) -> Reply:
    """Answer 200 with the leniencies used in a header, so that a conformance run can see them."""
    return Reply(body=body, headers=note_header(call), effects=effects)


def content_type(call: Call) -> str:
    """JSON; under a quirk what the request had, as gateways of the document's time answered [source]."""
    copied = call.quirk("m3o.reply-content-type") == "copied" and call.request.path.startswith("/chat/")
    return (call.request.headers.get("Content-Type") or JSON) if copied else JSON


def _written(call: Call, raw: bytes) -> Any:
    query = call.request.query
    if raw and call.request.content_type == FORM and not _is_json_after_all(call, raw):
        return form_fields(raw.decode("utf-8", "replace"), query)
    fields = query_fields(query) if query else {}
    if not raw.strip():
        return fields
    label = call.request.content_type
    if label not in LABELS and not lenient(call, "m3o.other-content-type"):
        raise Invalid(f"the body is labelled {label}; send Content-Type: {JSON}")
    try:
        value = decode(raw)
    except BadJson as error:
        raise Malformed(str(error)) from error
    return {**fields, **value} if isinstance(value, dict) else value


def _is_json_after_all(call: Call, raw: bytes) -> bool:
    """The document's own curl calls send JSON with a form's label, which the real gateway took for a form."""
    ignored = call.quirk("m3o.form-label") == "ignored"
    return ignored and _is_object(raw) and lenient(call, "m3o.json-as-form")


def _is_object(raw: bytes) -> bool:
    try:
        return isinstance(decode(raw), dict)
    except BadJson:
        return False


@lru_cache(maxsize=64)
def _spelling(schema: Schema) -> Spelling:
    return Spelling(schema.document["properties"])
