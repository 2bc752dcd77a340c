"""What a control call may bring: the query and the body that its row declares, each part of them once."""

from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import parse_qsl

from chatsim.core.api import MEBIBYTE, Call, Route
from chatsim.core.dialect import escape
from chatsim.core.errors import Malformed
from chatsim.core.http import Body
from chatsim.core.json import MAX_DEPTH, SNAPSHOT_DEPTH, BadJson, decode, repeated
from chatsim.core.schemas import refused
from chatsim.core.simulator import Simulator

NO_BODY: Final = "no-body"
NO_QUERY: Final = "no-query"
"""What a row declares that takes none."""
ANY_QUERY: Final = "any-query"
"""What a row declares that answers whatever the query is: who asks again and again often adds something."""

REPEATABLE: Final = frozenset({"label"})
"""Parameters that may be given several times."""
LOOKED_THROUGH: Final = MEBIBYTE
"""A longer body (a snapshot) was written by a program: members given twice are not searched for in it."""

DEPTHS: Final = {"snapshot": SNAPSHOT_DEPTH}
"""How deep the bodies of a schema may be, where not as deep as everything."""

Enter = Callable[[Simulator, Call], None]


def read_body(call: Call, body: Body) -> Any:
    """Read a body as JSON whatever its content type; none at all is an empty object.

    Raises:
        Malformed: it is not JSON. Invalid: it has a member twice.
    """
    if not body.raw:
        return {}
    depth = DEPTHS.get(call.route.body or "", MAX_DEPTH) if isinstance(call.route, Route) else MAX_DEPTH
    try:
        value = decode(body.raw, depth)
    except BadJson as error:
        raise Malformed(f"the body is not JSON: {error}") from error
    if len(body.raw) <= LOOKED_THROUGH and (twice := repeated(body.raw)):
        pointers = ["".join(f"/{escape(str(step))}" for step in path) for path in twice]
        wrong = [(pointer, "this member is there twice") for pointer in pointers]
        raise refused(*wrong[0], *wrong[1:])
    return value


def arriving(first: Enter | None) -> Enter:
    """What a row does between reading and validating: `first`, then hold the query to what it declares."""

    def arrive(simulator: Simulator, call: Call) -> None:
        if first is not None:
            first(simulator, call)
        _check_query(simulator, call)

    return arrive


def undeclared(routes: Iterable[Route]) -> list[str]:
    """The rows that do not say what they take."""
    return [f"{one.method} {one.path}" for one in routes if None in (one.body, one.query, one.authorize)]


def _check_query(simulator: Simulator, call: Call) -> None:
    assert isinstance(call.route, Route)
    if call.route.query == ANY_QUERY:
        return
    try:
        given = parse_qsl(call.request.query, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise Malformed(f"the query is not UTF-8: {error}") from error
    except ValueError as error:
        raise Malformed(f"the query cannot be read: {error}") from error
    names = [name for name, _ in given]
    if twice := [one for one in dict.fromkeys(names) if one not in REPEATABLE and names.count(one) > 1]:
        wrong = [(f"/{escape(one)}", f"{one!r} is there {names.count(one)} times") for one in twice]
        raise refused(*wrong[0], *wrong[1:])
    schemas = simulator.contracts[call.route].query
    assert schemas is not None
    schemas[False].require(dict(given))
