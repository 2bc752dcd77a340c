"""Judges a person's fixture: by the collections that APIs declare, and by whether states can be built from it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from chatsim.core.api import Api
from chatsim.core.dialect import escape
from chatsim.core.errors import ApiError
from chatsim.core.simulator import Simulator
from chatsim.core.world import World

UNBUILT: Final = (ApiError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError)
"""What an API may say of a fixture that is not as it takes it for."""

Problem = tuple[str, str]


def problems(simulator: Simulator, fixture: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with it as it is written: each with a pointer into it."""
    for name, part in fixture.items():
        api = simulator.apis.get(name)
        if api is None:
            yield f"/{escape(name)}", f"there is no API {name!r}; there are: {', '.join(simulator.apis)}"
        elif not isinstance(part, Mapping):
            yield f"/{escape(name)}", f"expected an object with a member per collection, got {type(part).__name__}"
        else:
            yield from _collections(simulator, api, "", part, f"/{escape(name)}")


def unbuilt(world: World, fixture: Mapping[str, Any]) -> Problem | None:
    """Build the state of each API in the fixture in a world that begins with it; what is wrong with the first that
    cannot be, now and not at the first call of it.
    """
    for name in fixture:
        try:
            world.state(name, world.began)
        except UNBUILT as error:
            said = error.message if isinstance(error, ApiError) else f"{type(error).__name__}: {error}"
            where = error.violations[0].pointer if isinstance(error, ApiError) and error.violations else ""
            return f"/{escape(name)}{where}", f"{name} cannot be built from it: {said}"
    return None


def _collections(
    simulator: Simulator, api: Api, above: str, part: Mapping[str, Any], pointer: str
) -> Iterator[Problem]:
    """Hold the things in `part` to the schemas of their PUT bodies. What has no single things is left to the API."""
    known = _words(api, above)
    for word, things in part.items():
        where = f"{pointer}/{escape(str(word))}"
        if word not in known:
            yield where, f"{api.name} has no {word!r} here; it has: {', '.join(known)}"
        elif (schema := known[word]) is not None:
            if not isinstance(things, Mapping):
                yield where, f"expected an object with each of them under its name, got {type(things).__name__}"
                continue
            for name, body in things.items():
                yield from _thing(simulator, api, f"{above}{word}/*/", schema, body, f"{where}/{escape(str(name))}")


def _thing(simulator: Simulator, api: Api, below: str, schema: str, body: Any, pointer: str) -> Iterator[Problem]:
    inner = _words(api, below)
    if isinstance(body, Mapping):
        children = {name: one for name, one in body.items() if name in inner}
        yield from _collections(simulator, api, below, children, pointer)
        body = {name: one for name, one in body.items() if name not in inner}
    held = simulator.schemas.get(schema)
    if not held.accepts(body):
        yield from ((f"{pointer}{one.pointer}", one.message) for one in held.explain(body))


def _words(api: Api, above: str) -> dict[str, str | None]:
    """The collections that stand below a way such as `realms/*/`, each with the schema of its things."""
    found: dict[str, str | None] = {}
    for collection in api.collections:
        way = "/".join("*" if one.startswith("{") else one for one in collection.path.split("/"))
        word = way.removeprefix(above).removesuffix("/*")
        if way.startswith(above) and "/" not in word:
            found[word] = None if collection.schema is None else api.schema(collection.schema)
    return found
