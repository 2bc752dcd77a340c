"""Rows about the server: whether it serves, which APIs it has, their schemas."""

from typing import Any, Final

from chatsim import __version__
from chatsim.control.intake import ANY_QUERY
from chatsim.control.rows import row
from chatsim.core.api import BINARY, Api, Call, Collection, Route, Trigger
from chatsim.core.errors import NotFound
from chatsim.core.http import Reply
from chatsim.core.routing import CONTROL
from chatsim.core.schemas import SchemaError
from chatsim.core.simulator import Simulator


def report_health(simulator: Simulator, call: Call) -> Reply:
    """Say that the simulator is serving."""
    return Reply(body={"status": "ok", "version": __version__})


def list_apis(simulator: Simulator, call: Call) -> Reply:
    """Every emulated service with all that can be done to it."""
    return Reply(body={"apis": [_describe(api) for api in simulator.apis.values()]})


def get_schema(simulator: Simulator, call: Call) -> Reply:
    """A schema as its file says it.

    Raises:
        NotFound: there is none of that name.
    """
    api, name = call.params["api"], call.params["name"].removesuffix(".json")
    try:
        schema = simulator.schemas.get(f"{api}/{name}")
    except SchemaError:
        known = ", ".join(simulator.schemas.names(api)) or "none"
        raise NotFound(f"there is no schema {api}/{name}; of {api} there are: {known}") from None
    return Reply(body=schema.document, content_type="application/schema+json")


def get_authority(simulator: Simulator, call: Call) -> Reply:
    """The authority that clients are to trust before they speak TLS to this simulator.

    Raises:
        NotFound: it was started without TLS.
    """
    if (pem := simulator.options.authority) is None:
        raise NotFound("this simulator was started without --tls, so there is no authority to trust")
    return Reply(body=pem, content_type="application/x-x509-ca-cert")


def _describe(api: Api) -> dict[str, Any]:
    return {
        "name": api.name,
        "title": api.title,
        "document": api.document,
        "emulates": api.emulates,
        "routes": [_route(api, route) for route in api.routes],
        "sockets": [
            {"path": one.path, "title": one.title, "operation": one.name, "protocols": list(one.protocols)}
            for one in api.sockets
        ],
        "triggers": [_trigger(api, trigger) for trigger in api.triggers],
        "collections": [_collection(api, collection) for collection in api.collections],
        "settings": [
            {"name": one.name, "type": one.type, "title": one.title, "default": one.default} for one in api.settings
        ],
        "quirks": [
            {
                "name": one.name,
                "title": one.title,
                "values": dict(one.values),
                "document": one.document,
                "service": one.service,
                "source": one.source,
            }
            for one in api.quirks
        ],
        "tolerances": dict(api.tolerances),
        "errors": list(api.errors),
    }


def _route(api: Api, route: Route) -> dict[str, Any]:
    shown = {"method": route.method, "path": route.path, "operation": route.name, "title": route.title}
    return {**shown, "body": _link(api, route.body), "query": _link(api, route.query), "auth": route.auth}


def _trigger(api: Api, trigger: Trigger) -> dict[str, Any]:
    return {
        "name": trigger.name,
        "title": trigger.title,
        "body": _link(api, trigger.schema),
        "multipart": trigger.multipart,
    }


def _collection(api: Api, collection: Collection) -> dict[str, Any]:
    verbs = {"PUT": collection.put, "GET": collection.get, "DELETE": collection.delete, "LIST": collection.list}
    return {
        "path": collection.path,
        "title": collection.title,
        "body": _link(api, collection.schema),
        "verbs": [verb for verb, does in verbs.items() if does is not None],
    }


def _link(api: Api, schema: str | None) -> str | None:
    """Where a schema can be read."""
    return None if schema is None else f"{CONTROL}/schemas/{api.schema(schema)}.json"


ROUTES: Final = (
    row("GET", "/livez", report_health, {200: "health"}, query=ANY_QUERY, auth=False),
    row("GET", "/readyz", report_health, {200: "health"}, query=ANY_QUERY, auth=False),
    row("GET", "/ca.crt", get_authority, {200: BINARY}, auth=False),
    row("GET", "/apis", list_apis, {200: "apis"}),
    row("GET", "/schemas/{api}/{name}", get_schema, {200: "json-schema"}),
)
