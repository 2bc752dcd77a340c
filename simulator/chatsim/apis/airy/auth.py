"""Who is calling Airy: a visitor with a token, an agent with the system token, or nobody; and which calls need whom."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from chatsim.apis.airy.errors import Bare, ForeignOrigin
from chatsim.apis.airy.state import Airy
from chatsim.apis.airy.tokens import Visitor, check_auth
from chatsim.core.api import Call, Socket
from chatsim.core.auth import Principal
from chatsim.core.errors import ApiError, Malformed, MethodNotAllowed, NotFound
from chatsim.core.tokens import TokenRefused

if TYPE_CHECKING:
    from chatsim.core.world import World

ANYBODY: Final = frozenset({"authenticate", "health", "download_media", "chat_plugin"})
VISITORS: Final = frozenset({"send"})
EITHER: Final = frozenset({"resume_token"})
EITHER_OR_NOBODY: Final = frozenset({"upload_media"})
"""Operations by whom they serve; all others are the agents'."""

OPEN_PATHS: Final = frozenset(
    {"/chatplugin.authenticate", "/chatplugin.resumeToken", "/ws.chatplugin", "/media.upload", "/actuator"}
)
PLUGIN_PATHS: Final = ("/chatplugin.", "/ws.chatplugin", "/media.upload", "/actuator")
"""[source] What needs no token even where nothing is found, and where the visitors' filter reads the header."""

ANONYMOUS: Final = "airy-core-anonymous"


def refuse_foreign_origins(airy: Airy, call: Call) -> None:
    """Let no page in whose origin is not allowed; a WebSocket handshake may come from anywhere.

    Raises:
        ForeignOrigin: the page's origin is neither allowed nor the simulator's own.
    """
    origin = call.request.headers.get("Origin")
    if origin is None or isinstance(call.route, Socket) or call.api.cors.allows(origin, call.world):
        return
    if origin != f"{call.request.scheme}://{call.request.host}":
        raise ForeignOrigin(f"airy.allowed_origins has no pattern for {origin}")


def authenticate(airy: Airy, call: Call) -> Principal | None:
    """The caller, from the Authorization header alone; None where none is needed and none was named.

    Raises:
        Bare: 403 without credentials, 401 for a visitor's bad token, 403 for an agent's.
        Malformed: `resumeToken` without the header, which the framework calls a bad request.
    """
    operation = call.route.name if call.route else ""
    header = call.request.headers.get("Authorization")
    if operation not in ANYBODY | VISITORS | EITHER | EITHER_OR_NOBODY:
        return agent(call.world, header)
    if header is None:
        if operation in VISITORS:
            raise Bare("the auth token must be in the Authorization header", status=int(call.quirk("airy.no-token")))
        if operation in EITHER:
            raise Malformed("the Authorization header is missing")
        return None
    if operation in EITHER | EITHER_OR_NOBODY and is_system_token(call.world, header):
        return agent(call.world, header)
    # [source] The filter reads the header on every path, so that a stale token breaks the open calls too.
    return visitor(airy, call.world, header, call.now)


def seen(error: ApiError, call: Call) -> ApiError:
    """[source] What the caller learns of an error: without credentials not which paths and methods exist."""
    path, header = call.request.path, call.request.headers.get("Authorization")
    missed = isinstance(error, MethodNotAllowed) or (isinstance(error, NotFound) and error.path)
    if not missed or is_system_token(call.world, header):
        return error
    if not path.startswith(PLUGIN_PATHS):
        return Bare(error.message, status=403) if call.world.setting("airy.system_token") else error
    if header is None:
        return error if path in OPEN_PATHS or path.startswith("/actuator/") else Bare(error.message, status=403)
    try:
        visitor(call.state(call.api.name), call.world, header, call.now)
    except Bare as refused:
        return refused
    return error


def visitor(airy: Airy, world: World, header: str, now: int) -> Principal:
    """The visitor whose auth token this header carries.

    Raises:
        Bare: 401, it carries none that is good.
    """
    try:
        found = check_auth(airy, world, bearer(header), now)
    except TokenRefused as refused:
        raise Bare(str(refused), status=401) from refused
    return Principal(id=found.conversation_id, kind="visitor", data=found)


def agent(world: World, header: str | None) -> Principal:
    """The agent whose system token this is; everybody is one while no system token is set.

    Raises:
        Bare: 403, another token or none.
    """
    if world.setting("airy.system_token") and not is_system_token(world, header):
        raise Bare("the Authorization header must carry the system token, see airy.system_token", status=403)
    return Principal(id=agent_id(world), kind="agent")


def agent_id(world: World) -> str:
    """[source] How agents are shown: by the first four characters of the system token, or anonymous without one."""
    token: str | None = world.setting("airy.system_token")
    return f"system-token-{token[:4]}" if token else ANONYMOUS


def is_system_token(world: World, header: str | None) -> bool:
    """Whether a header carries the system token; never where none is set."""
    token: str | None = world.setting("airy.system_token")
    return bool(token) and header is not None and bearer(header) == token


@lru_cache(maxsize=1024)
def bearer(header: str) -> str:
    """[source] A value that begins with `Bearer` loses seven characters, any other is the token itself."""
    return header[7:] if header.startswith("Bearer") else header


__all__ = ["Visitor", "agent", "agent_id", "authenticate", "bearer", "refuse_foreign_origins", "seen", "visitor"]
