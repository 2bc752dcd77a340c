"""Every path of the service: the documented calls at /chat, the later ones at /v1/chat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from chatsim.apis.m3o import chat, explore, groups, realtime
from chatsim.apis.m3o.account import behind_door
from chatsim.apis.m3o.gateway import METHODS, read_fields, read_v1_fields
from chatsim.core.api import BINARY, NOTHING, Call, Operation, Route, Session, Socket
from chatsim.core.http import Body
from chatsim.core.routing import Territory

TERRITORY: Final = (
    Territory("/chat"),
    Territory("/v1"),
    Territory("/v1/chat", ignore_case=True),
    Territory("/publicapi"),
    Territory("/", exact=True),
    Territory("/favicon.ico", exact=True),
)

PLAIN: Final = {401: BINARY, 403: BINARY}
"""The unversioned gateway refuses in plain text."""

FRAME_LIMIT: Final = 1024 * 1024

METHODS_BUT_GET: Final = tuple(method for method in METHODS if method != "GET")


def _every_method(path: str, operation: Operation, methods: tuple[str, ...] = METHODS, **row: Any) -> Iterator[Route]:
    """One row for each method: the gateway makes no difference."""
    for method in methods:
        yield Route(method=method, path=path, operation=operation, **row)


def _nothing(call: Call, body: Body) -> None:
    """What is not going to be used is not looked at."""


def _spelled(name: str) -> tuple[str, ...]:
    """The ways to write a method of the chat service: /chat/New, /chat/new, /chat/Chat/New [source]."""
    lower = name[0].lower() + name[1:]
    return (
        f"/chat/{name}",
        f"/chat/{lower}",
        *(f"/chat/{chat}/{one}" for chat in ("Chat", "chat") for one in (name, lower)),
    )


def _documented(name: str, operation: Operation, body: str, reply: str, title: str) -> Iterator[Route]:
    path, *aliases = _spelled(name)
    yield from _every_method(
        path,
        operation,
        aliases=tuple(aliases),
        title=title,
        body=body,
        replies={200: reply, **PLAIN},
        decode=read_fields,
        slash=True,
    )


_LATER: Final = (
    ("Create", groups.create_group, "v1-create", "v1-group-reply", "Make a group"),
    ("New", groups.new_room, "v1-create", "v1-group-reply", "Make a room (first clients)"),
    ("List", groups.list_groups, "v1-list", "v1-list-reply", "List groups"),
    ("Delete", groups.delete_group, "v1-group-key", "v1-group-reply", "Delete a group"),
    ("History", groups.group_history, "v1-group-key", "v1-history-reply", "List the messages of a group"),
    ("Send", groups.send_to_group, "v1-send", "v1-message-reply", "Send a message to a group"),
    ("Invite", groups.invite, "v1-membership", "v1-group-reply", "Add a user to a group"),
    ("Kick", groups.kick, "v1-membership", "v1-group-reply", "Remove a user from a group"),
    ("Leave", groups.leave, "v1-membership", "v1-group-reply", "Leave a group"),
)
"""The later service's methods but for Join: name, operation, schemas of request and answer, title."""


def _later(name: str, operation: Operation, body: str, reply: str, title: str) -> Iterator[Route]:
    yield from _every_method(
        f"/v1/chat/{name}",
        operation,
        aliases=(f"/v1/chat/Chat/{name}",),
        title=title,
        body=body,
        replies={200: reply},
        decode=read_v1_fields,
    )


_refused = partial(_every_method, methods=METHODS_BUT_GET, decode=_nothing, replies={})
"""GET is among the sockets: at /v1 no upgrade is refused."""

ROUTES: Final = (
    *_documented("New", chat.new, "new", "new-reply", "Create a chat"),
    *_documented("Send", chat.send, "send", "send-reply", "Send a message to the chat"),
    *_documented("History", chat.history, "history", "history-reply", "View the chat history"),
    *(route for row in _LATER for route in _later(*row)),
    *(
        route
        for path in ("/chat", "/chat/{method}", "/chat/{endpoint}/{method}")
        for route in _every_method(path, explore.unknown_method, decode=_nothing, replies=PLAIN, slash=True)
    ),
    *(
        route
        for path in ("/v1/chat/{method}", "/v1/chat/{endpoint}/{method}")
        for route in _refused(path, explore.unknown_method)
    ),
    *(
        route
        for path in ("/v1/{service}/{method}", "/v1/{service}/{endpoint}/{method}")
        for route in _refused(path, explore.unknown_api)
    ),
    *(route for path in ("/v1", "/v1/{service}") for route in _refused(path, explore.no_api)),
    *(
        Route(method=method, path=path, operation=explore.no_stream, decode=_nothing, replies=PLAIN)
        for method in METHODS_BUT_GET
        for path in ("/chat/Connect", "/v1/chat/Join")
    ),
    Route(
        method="GET",
        path="/favicon.ico",
        operation=explore.favicon,
        auth=False,
        decode=_nothing,
        replies={200: NOTHING},
    ),
    *_every_method("/", explore.version, auth=False, decode=_nothing, replies={200: "version"}),
    *_every_method(
        "/publicapi/explore/index",
        explore.index,
        aliases=("/publicapi/explore/Index",),
        auth=False,
        decode=_nothing,
        replies={200: "explore-index"},
    ),
)


def _at_the_door(
    open_: Callable[[Any, Call], Session], plain: Operation | None, *paths: str, title: str = ""
) -> Socket:
    """A stream of /v1: the upgrade is accepted whoever asks, a plain call is not, unless a route answers it."""
    return Socket(
        path=paths[0],
        aliases=paths[1:],
        open=open_,
        title=title,
        any_protocol=True,
        plain=plain and behind_door(plain),
        auth=False,
        limit=FRAME_LIMIT,
    )


SOCKETS: Final = (
    Socket(
        path=_spelled("Connect")[0],
        aliases=_spelled("Connect")[1:],
        open=realtime.connect,
        title="Messages of a chat, both ways; headers User-Id and Chat-Id",
        plain=explore.no_stream,
        limit=FRAME_LIMIT,
        slash=True,
        replies=PLAIN,
    ),
    _at_the_door(
        realtime.join,
        explore.no_stream,
        "/v1/chat/Join",
        "/v1/chat/Chat/Join",
        title="Messages of a group; the first frame is the request",
    ),
    *(
        _at_the_door(realtime.unary(operation, body), None, f"/v1/chat/{name}", f"/v1/chat/Chat/{name}")
        for name, operation, body, *_ in _LATER
    ),
    _at_the_door(realtime.unknown_method, explore.unknown_method, "/v1/chat/{method}", "/v1/chat/{endpoint}/{method}"),
    _at_the_door(
        realtime.unknown_api, explore.unknown_api, "/v1/{service}/{method}", "/v1/{service}/{endpoint}/{method}"
    ),
    _at_the_door(realtime.no_api, explore.no_api, "/v1", "/v1/{service}"),
)
