"""Woven City Chat: one route that sends a message to residents' phones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from chatsim.apis.woven import errors
from chatsim.apis.woven.populate import populate
from chatsim.apis.woven.quirks import QUIRKS
from chatsim.apis.woven.reading import authenticate, decode_body
from chatsim.apis.woven.routes import ROUTES
from chatsim.apis.woven.setup import COLLECTIONS
from chatsim.apis.woven.state import begin
from chatsim.apis.woven.ties import TIES
from chatsim.core.api import MEBIBYTE, Api
from chatsim.core.cors import Cors
from chatsim.core.errors import ApiError, Faulted, Unauthorized
from chatsim.core.routing import Territory

ERRORS: Final[dict[str, Callable[[], ApiError]]] = {
    "no_authorization": partial(errors.refused, Unauthorized, errors.NO_AUTHORIZATION),
    "token_expired": partial(errors.refused, Unauthorized, errors.TOKEN_EXPIRED),
    "forbidden": errors.Denied,
    "too_many_requests": partial(Faulted, "Rate limit exceeded, retry in 1 minute", status=429),
    "unavailable": partial(Faulted, status=503),
}

SAMPLE: Final = """\
TOKEN=$(curl -s {base_url}/auth/realms/woven/protocol/openid-connect/token -d client_id=demo -d client_secret=demo \
-d grant_type=client_credentials | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
curl {base_url}/mini-app-runtime/v1/chat -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
-d '{"message":"Hello","woven_ids":["b9a4f3de-3c43-4df1-a7a5-1f0f5a6d0e01"],\
"project_id":"2f6c1f0e-5d0f-4b53-9a53-2f7ad0a8b001"}'"""

API: Final = Api(
    name="woven",
    title="Woven City Chat",
    document="Woven City MiniApp SDK, Chat API",
    emulates="Fastify 5.12 with @fastify/jwt 10.2, as measured with the document's schema",
    # With two slashes at its beginning a path is still Woven's to refuse.
    territory=(Territory("/mini-app-runtime"), Territory("//mini-app-runtime")),
    routes=ROUTES,
    render=errors.render,
    ties=TIES,
    state=begin,
    authenticate=authenticate,
    decode=decode_body,
    content_type=errors.JSON_UTF8,
    cors=Cors(methods=()),
    limit=MEBIBYTE,
    replies=dict.fromkeys((400, 401, 403, 404, 408, 413, 415, 500), "error"),
    errors=ERRORS,
    quirks=QUIRKS,
    collections=COLLECTIONS,
    schemas=("not-found",),
    environment={"WOVEN_URL": lambda world, base_url: base_url},
    populate=populate,
    sample=SAMPLE,
    hosts=("id.woven-city.toyota", "mini-app-api.lab.woven-city.toyota"),
)
