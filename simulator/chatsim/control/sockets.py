"""Rows about a world's open sockets: looking at them, waiting for them, closing them, writing to them."""

from base64 import b64decode
from binascii import Error as NoBase64
from typing import Any, Final

from chatsim.control.lists import piece
from chatsim.control.problems import render
from chatsim.control.rows import step_row, world_row
from chatsim.core.acts import NEVER_SENT
from chatsim.core.api import NOTHING, Call
from chatsim.core.clock import rfc3339
from chatsim.core.effects import Close, Send
from chatsim.core.errors import Conflict, Gone, NotFound
from chatsim.core.http import Pending, Reply
from chatsim.core.realtime import Connection
from chatsim.core.schemas import refused
from chatsim.core.simulator import Simulator
from chatsim.core.world import World

WAIT_S: Final = 5.0


def list_sockets(simulator: Simulator, call: Call) -> Reply:
    """Open sockets, oldest first."""
    taken, after = piece(call, list(call.world.connections.values()), lambda connection: connection.id)
    return Reply(body={"sockets": [show(connection) for connection in taken], "next": after})


def wait_for_sockets(simulator: Simulator, call: Call) -> Reply:
    """Answer when enough sockets are open (or, with `count` 0, none); after `timeout_s` with a problem."""
    world, body = call.world, call.body
    timeout_s: float = body.get("timeout_s", WAIT_S)

    def there() -> Reply | None:
        if simulator.worlds.get(world.name) is not world:
            return render(Gone(f"world {world.name!r} was deleted meanwhile"), call)
        found = _wanted(world, body)
        return Reply(body=_answer(found, ok=True)) if _enough(found, body) else None

    def late() -> Reply:
        found = _wanted(world, body)
        detail = f"not so within {timeout_s:g} s: {len(found)} of {len(world.connections)} open sockets fit"
        reply = render(Conflict(detail, code="not_so"), call)
        return Reply(status=reply.status, body=reply.body | _answer(found, ok=False), content_type=reply.content_type)

    def state() -> tuple[int, int]:
        return world.socket_changes, world.generation

    return Reply(body=Pending(check=there, timeout_s=timeout_s, expired=late, about="sockets", state=state))


def close_socket(simulator: Simulator, call: Call) -> Reply:
    """Close a socket with a code, or break its connection.

    Raises:
        NotFound: there is none of that id. Invalid: a code that is never sent.
    """
    connection = _connection(call)
    code = int(call.body.get("code", 1000))
    if code in NEVER_SENT:
        raise refused("/code", f'{code} is never sent; clients see 1006 when the connection breaks: {{"abort":true}}')
    abort: bool = call.body.get("abort", False)
    if abort and "code" in call.body:
        raise refused("/code", "a connection that breaks says no code: leave it out, or abort")
    return Reply(status=204, effects=(Close(code=code, socket=connection.id, abort=abort),))


def send_to_socket(simulator: Simulator, call: Call) -> Reply:
    """Write one WebSocket message as it is, around the API's own protocol.

    Raises:
        NotFound: there is none of that id. Invalid: neither text nor base64, or both, or no base64.
        Conflict: a fault mutes it.
    """
    connection, body = _connection(call), call.body
    if ("text" in body) == ("base64" in body):
        raise refused("", 'expected either {"text":"…"} or {"base64":"…"}')
    data: str | bytes
    try:
        data = body["text"] if "text" in body else b64decode(body["base64"], validate=True)
    except NoBase64 as error:
        raise refused("/base64", f"this is not base64: {error}") from error
    if connection.muted:
        raise Conflict(f"{connection.muted_by} mutes this socket: DELETE it from /faults first", code="muted")
    return Reply(status=204, effects=(Send(data, socket=connection.id),))


def show(connection: Connection) -> dict[str, Any]:
    """A socket as lists and answers show it; `listens` are the topics that are pushed to it."""
    return {
        "id": connection.id,
        "api": connection.api.name,
        "operation": connection.socket.name,
        "path": connection.plan.call.request.path,
        "principal": connection.principal,
        "opened_at": rfc3339(connection.opened_at, 6),
        "listens": list(connection.topics),
        "muted": connection.muted,
    }


def _answer(found: list[Connection], *, ok: bool) -> dict[str, Any]:
    return {"ok": ok, "found": len(found), "sockets": [show(connection) for connection in found]}


def _wanted(world: World, body: dict[str, Any]) -> list[Connection]:
    return [
        connection
        for connection in world.connections.values()
        if body.get("subscribed") in (None, bool(connection.topics))
        and body.get("principal") in (None, connection.principal)
        and body.get("api") in (None, connection.api.name)
    ]


def _enough(found: list[Connection], body: dict[str, Any]) -> bool:
    count: int = body.get("count", 1)
    return len(found) >= count if count else not found


def _connection(call: Call) -> Connection:
    connection = call.world.connections.get(call.params["id"])
    if connection is None:
        raise NotFound(f"no socket {call.params['id']!r} is open in world {call.world.name!r}")
    return connection


ROUTES: Final = (
    world_row("GET", "/sockets", list_sockets, {200: "sockets"}, query="list-query"),
    world_row("POST", "/sockets/wait", wait_for_sockets, {200: "sockets-found"}, body="sockets-wait"),
    step_row("POST", "/sockets/{id}/close", close_socket, {204: NOTHING}, body="socket-close"),
    step_row("POST", "/sockets/{id}/send", send_to_socket, {204: NOTHING}, body="socket-send"),
)
