"""M3O's chat service: the documented calls at /chat, the later ones at /v1/chat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from chatsim.apis.m3o import chat, groups
from chatsim.apis.m3o.account import authenticate
from chatsim.apis.m3o.errors import LENIENCIES, NOTE_HEADER, PlainRefusal, Refusal, render
from chatsim.apis.m3o.gateway import content_type
from chatsim.apis.m3o.populate import populate
from chatsim.apis.m3o.quirks import QUIRKS, SETTINGS
from chatsim.apis.m3o.routes import ROUTES, SOCKETS, TERRITORY
from chatsim.apis.m3o.setup import COLLECTIONS, begin
from chatsim.apis.m3o.ties import TIES
from chatsim.core.api import Api
from chatsim.core.cors import Cors
from chatsim.core.errors import ApiError

BODY_LIMIT: Final = 100 * 1024 * 1024  # [source]

_STORE_TROUBLE: Final = {
    "chat.New.Unknown": "Error writing to the store",
    "chat.History.Unknown": "Error reading from the event store",
}


def _trouble(error_id: str) -> Callable[[], ApiError]:
    return lambda: Refusal(_STORE_TROUBLE[error_id], status=500, code=error_id)


_ERRORS: Final[Mapping[str, Callable[[], ApiError]]] = {
    **{error_id: _trouble(error_id) for error_id in _STORE_TROUBLE},
    "unauthorized": lambda: PlainRefusal("unauthorized request", status=401),
    "forbidden": lambda: PlainRefusal("Forbidden request", status=403),
    "v1.blocked": lambda: Refusal("Request blocked. Usage cap exceeded", status=403, code="v1.blocked"),
}

_CORS: Final = Cors(
    methods=("POST", "PATCH", "GET", "OPTIONS", "PUT", "DELETE"),
    headers=(
        "Accept",
        "Content-Type",
        "Content-Length",
        "Accept-Encoding",
        "X-CSRF-Token",
        "Authorization",
        "Micro-Namespace",
    ),
    expose=(NOTE_HEADER,),
    echo=True,
    credentials=True,
    status=200,
    any_options=True,
    full=True,
)

API: Final = Api(
    name="m3o",
    title="M3O chat",
    document="m3o.txt",
    emulates="micro/services test/chat of 2021-05-23 at /chat, chat of 2022-07-20 at /v1/chat",
    territory=TERRITORY,
    routes=ROUTES,
    sockets=SOCKETS,
    ties=TIES,
    state=begin,
    authenticate=authenticate,
    render=render,
    replies=dict.fromkeys((400, 401, 403, 404, 408, 417, 429, 500), "error"),
    content_type=content_type,
    cors=_CORS,
    limit=BODY_LIMIT,
    errors=_ERRORS,
    timers={"reply_in_chat": chat.reply_in_chat, "reply_in_group": groups.reply_in_group},
    tolerances=LENIENCIES,
    settings=SETTINGS,
    quirks=QUIRKS,
    collections=COLLECTIONS,
    schemas=("connect-frame", "message"),
    environment={
        "M3O_API_ADDRESS": lambda world, base_url: base_url,
        "M3O_API_TOKEN": lambda world, base_url: "simulator",
    },
    populate=populate,
    sample=(
        "curl '{base_url}/chat/New' -H 'micro-namespace: demo' -H 'authorization: Bearer token'"
        """ -d '{"user_ids":["John","Barry"]}'"""
    ),
    hosts=("api.m3o.com",),
)
