"""Rows made from what each API declares: the collections that a test sets up, the triggers of the other party."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from chatsim.control.intake import NO_BODY, NO_QUERY, read_body
from chatsim.control.lists import piece
from chatsim.control.problems import render
from chatsim.control.rows import step_row, world_row
from chatsim.control.worlds import base_url
from chatsim.core.api import NOTHING, Api, Call, Collection, Operation, Route, Trigger
from chatsim.core.dialect import escape
from chatsim.core.effects import Elsewhere, Leave
from chatsim.core.errors import Conflict, Internal, Malformed, NotFound
from chatsim.core.http import Body, Part, Pending, Reply
from chatsim.core.inner import collection_call, run_trigger
from chatsim.core.json import decode
from chatsim.core.schemas import refused
from chatsim.core.simulator import Simulator
from chatsim.core.world import World

FORM: Final = "multipart/form-data"
FILE: Final = "file"
"""The part of a form that carries bytes."""


def routes(api: Api) -> Iterator[Route]:
    """The rows of one API."""
    for collection in api.collections:
        yield from _collection(api, collection)
    for trigger in api.triggers:
        yield _trigger(api, trigger)


# Collections


def _collection(api: Api, collection: Collection) -> Iterator[Route]:
    thing = f"/{api.name}/{collection.path}"
    things = thing.rpartition("/")[0] if thing.endswith("}") else thing
    narrowed = "thing-query" if collection.filters else NO_QUERY

    def row(method: str, path: str, act: Operation, replies: dict[int, str], **more: Any) -> Route:
        words = [word for word in collection.path.split("/") if not word.startswith("{")]
        act.__name__ = "_".join((act.__name__, api.name, *words)).replace("-", "_")
        make = world_row if method == "GET" else step_row
        return make(method, path, act, replies, title=collection.title, **more)

    if collection.put is not None:
        schema = NO_BODY if collection.schema is None else api.schema(collection.schema)
        yield row("PUT", thing, _put(api, collection, collection.put), {200: "thing", 201: "thing"}, body=schema)
    if collection.get is not None:
        yield row("GET", thing, _get(api, collection, collection.get), {200: "thing"}, query=narrowed)
    if collection.delete is not None:
        yield row("DELETE", thing, _delete(api, collection, collection.delete), {204: NOTHING}, query=narrowed)
    if collection.list is not None:
        yield row("GET", things, _list(api, collection, collection.list), {200: "things"}, query="things-query")


def _put(api: Api, collection: Collection, act: Callable[[Any, Call], tuple[bool, Any]]) -> Operation:
    def put(simulator: Simulator, call: Call) -> Reply:
        created, thing = act(*_inside(simulator, call, api, collection))
        return Reply(status=201 if created else 200, body=thing)

    return put


def _get(api: Api, collection: Collection, act: Callable[[Any, Call], Any]) -> Operation:
    def get(simulator: Simulator, call: Call) -> Reply:
        _know(call, collection.filters)
        thing = act(*_inside(simulator, call, api, collection))
        if thing is None:
            raise _missing(call, collection)
        return Reply(body=thing)

    return get


def _delete(api: Api, collection: Collection, act: Callable[[Any, Call], bool]) -> Operation:
    def delete(simulator: Simulator, call: Call) -> Reply:
        _know(call, collection.filters)
        if not act(*_inside(simulator, call, api, collection)):
            raise _missing(call, collection)
        return Reply(status=204)

    return delete


def _list(api: Api, collection: Collection, act: Callable[[Any, Call], list[Any]]) -> Operation:
    def look(simulator: Simulator, call: Call) -> Reply:
        _know(call, (*collection.filters, "limit", "after"))
        things = list(enumerate(act(*_inside(simulator, call, api, collection)), 1))
        taken, after = piece(call, things, lambda numbered: str(numbered[0]))
        return Reply(body={"items": [thing for _, thing in taken], "next": after})

    look.__name__ = "list"
    return look


def _know(call: Call, names: tuple[str, ...]) -> None:
    """Refuse a parameter that the collection does not have.

    Raises:
        Invalid: it has none of that name.
    """
    for name, _ in call.query:
        if name not in names:
            raise refused(f"/{escape(name)}", f"there is no parameter {name!r} here; there are: {', '.join(names)}")


def _inside(simulator: Simulator, call: Call, api: Api, collection: Collection) -> tuple[Any, Call]:
    """The API's state and a call as its own functions get them."""
    inner = collection_call(simulator, call.world, api, collection, call)
    inner.base_url = base_url(call.world, call)
    return inner.state(api.name), inner


def _missing(call: Call, collection: Collection) -> NotFound:
    hint = f"; PUT {call.request.path} makes it" if collection.put is not None else ""
    return NotFound(f"{call.request.path} is not there{hint}")


# Triggers


def _trigger(api: Api, trigger: Trigger) -> Route:
    def act(simulator: Simulator, call: Call) -> Reply:
        call.base_url = base_url(call.world, call)
        body = call.body
        if trigger.multipart:
            _require(simulator, api.schema(trigger.schema), body)
        outcome = run_trigger(simulator, call.world, api, trigger, call)
        entry = outcome.plan.call.entry
        if entry.bug or not isinstance(outcome.body, bytes):
            raise Internal(f"{trigger.name} failed; entry {entry.seq} of the journal says how")
        deliveries = [effect.delivery for effect in outcome.effects if isinstance(effect, Leave)]
        said = decode(outcome.body) if outcome.body else {}
        result = {**said, "entry": entry.seq, "deliveries": deliveries}
        effects = (Elsewhere(world=call.world, effects=outcome.effects, api=api.name, cause=entry.seq),)
        if deliveries and isinstance(body, dict) and "wait_s" in body:
            return Reply(body=_outcome_of(call, result, body["wait_s"]), effects=effects)
        return Reply(body=result, effects=effects)

    act.__name__ = trigger.name.replace("-", "_")
    return world_row(
        "POST",
        f"/{api.name}/{trigger.name}",
        act,
        {200: "trigger-result"},
        title=trigger.title,
        body=api.schema(trigger.schema),
        limit=trigger.limit,
        multipart=trigger.multipart,
        validate=not trigger.multipart,
        decode=_read_form if trigger.multipart else None,
    )


def _outcome_of(call: Call, result: dict[str, Any], wait_s: float) -> Pending:
    """Wait until the receivers have answered, or failed to."""
    world = call.world

    def settled() -> Reply | None:
        outcomes = [_delivery(world, delivery) for delivery in result["deliveries"]]
        if not all(one["settled"] for one in outcomes):
            return None
        shown = [{name: one[name] for name in ("id", "state", "status")} for one in outcomes]
        return Reply(body={**result, "status": outcomes[0]["status"], "outcomes": shown})

    def late() -> Reply:
        reply = render(Conflict(f"no outcome after {wait_s:g} s", code="not_settled"), call)
        return Reply(status=reply.status, body={**reply.body, **result}, content_type=reply.content_type)

    return Pending(check=settled, timeout_s=wait_s, expired=late)


def _delivery(world: World, name: str) -> dict[str, Any]:
    from chatsim.core.callbacks import SETTLED

    delivery = world.outbox.deliveries.get(name)
    if delivery is None:  # the world was reset meanwhile
        return {"id": name, "state": "dropped", "status": None, "settled": True}
    status = delivery.attempts[-1].status if delivery.attempts else None
    return {"id": name, "state": delivery.state, "status": status, "settled": delivery.state in SETTLED}


def _read_form(call: Call, body: Body) -> Any:
    """A body that is JSON, or a form whose fields are its members and whose file is a part.

    Raises:
        Malformed: it is neither. Invalid: a part is there twice, or is a file of another name.
    """
    if call.request.content_type != FORM:
        return read_body(call, body)
    if body.parts is None:
        raise Malformed(body.problem or "the form is empty")
    members: dict[str, Any] = {}
    for part in body.parts:
        where = f"/{escape(part.name)}"
        if part.name in members:
            raise refused(where, "this part is there twice")
        if part.filename is not None and part.name != FILE:
            raise refused(where, f"a file is sent in the part {FILE!r}, not {part.name!r}")
        members[part.name] = part if part.filename is not None else _field(part.name, part.blob.read())
    return members


def _require(simulator: Simulator, schema: str, body: Any) -> None:
    """Hold what a form says to its schema; a file is nothing that a schema knows.

    Raises:
        Invalid: it breaks it.
    """
    if isinstance(body, dict):
        body = {name: one for name, one in body.items() if not isinstance(one, Part)}
    simulator.schemas.get(schema).require(body)


def _field(name: str, raw: bytes) -> Any:
    """A form's field; `wait_s` is the one that is a number."""
    try:
        return decode(raw) if name == "wait_s" else raw.decode()
    except ValueError as error:
        raise Malformed(f"field {name!r}: {error}") from error
