"""What APIs declare, checked against itself and compiled: routes, schemas, quirks. Knows no world and never changes,
so that all simulators of the same APIs share it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from chatsim.core import data
from chatsim.core.api import BINARY, NOTHING, STREAM, Api, Route, Socket
from chatsim.core.quirks import Quirks
from chatsim.core.routing import Router
from chatsim.core.schemas import Schema, SchemaError, Schemas


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """The compiled schemas of one route: [tolerant, strict] for what comes in, by status for what goes out."""

    body: tuple[Schema, Schema] | None
    query: tuple[Schema, Schema] | None
    replies: Mapping[int, Schema | str]
    bare: frozenset[int] = frozenset()


class Declared:
    """The declarations of `apis` and of the control API that `control` makes for them.

    Raises:
        SchemaError, RoutingError, ValueError: they contradict themselves; the text says where.
    """

    def __init__(self, apis: Iterable[Api], control: Callable[[Mapping[str, Api]], Api]) -> None:
        self.apis = {api.name: api for api in apis}
        self.control = control(self.apis)
        self.all = (*self.apis.values(), self.control)
        self.quirks = Quirks(quirk for api in self.apis.values() for quirk in api.quirks)
        self.schemas = Schemas.load(data.schemas(), [api.name for api in self.all])
        self.router = Router(self.all)
        self.contracts = {route: one for api in self.all for route, one in self._contracts(api)}
        self._use_schemas()
        if unused := self.schemas.unused():
            raise SchemaError(f"no route uses these schemas: {', '.join(unused)}")

    def _contracts(self, api: Api) -> Iterator[tuple[Route | Socket, Contract]]:
        shared = self._replies(api, api.replies)
        for route in api.endpoints:
            yield route, self._contract(api, route, {**shared, **self._replies(api, route.replies)})

    def _replies(self, api: Api, declared: Mapping[int, str]) -> dict[int, Schema | str]:
        return {
            status: name if name in (NOTHING, BINARY, STREAM) else self.schemas.get(api.schema(name))
            for status, name in declared.items()
        }

    def _contract(self, api: Api, route: Route | Socket, replies: Mapping[int, Schema | str]) -> Contract:
        def both(name: str | None) -> tuple[Schema, Schema] | None:
            if name is None:
                return None
            full = api.schema(name)
            return self.schemas.get(full), self.schemas.get(full, strict=True)

        if isinstance(route, Socket):
            return Contract(body=None, query=None, replies=replies)
        bare = frozenset((*api.bare, *route.bare))
        return Contract(body=both(route.body), query=both(route.query), replies=replies, bare=bare)

    def _use_schemas(self) -> None:
        for api in self.all:
            for declared in api.schemas:
                self.schemas.get(api.schema(declared))
        for api in self.apis.values():
            for trigger in api.triggers:
                self.schemas.get(api.schema(trigger.schema))
            for collection in api.collections:
                for name in (collection.schema, collection.shows):
                    if name is not None:
                        self.schemas.get(api.schema(name))
