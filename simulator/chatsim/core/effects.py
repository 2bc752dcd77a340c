"""What the world must do after an operation. Operations only name effects; `server/` carries them out.

Effects with the same topic happen in the order of the operations that made them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from chatsim.core.world import World


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """Tell every connection that listens to `topic`.

    `body` is JSON data, or a function of the connection's base URL that gives it (called once per distinct base).
    `event` names it for the journal and for the session, which turns it into frames.
    `skip` is the id of a connection left out. With `one_of` each connection says its group (`Session.group`) and
    only one connection of each group is told.
    """

    topic: str
    event: str
    body: Any
    skip: str | None = None
    one_of: bool = False


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """POST `body` (JSON data, encoded once, the same bytes in every attempt) to the client's server at `url`.

    Deliveries with the same `topic` (a conversation) leave one after the other, others in parallel.
    `about` is what the journal and the list of deliveries say of it, such as `init` or a message id.
    """

    topic: str
    url: str
    body: Any
    about: str = ""
    headers: Mapping[str, str] = {}


class Leave(msgspec.Struct, frozen=True):
    """A delivery was entered; it may leave once the answer was written. Made by the pipeline from `Callback`."""

    delivery: str


class Later(msgspec.Struct, frozen=True, kw_only=True):
    """Run the API's timer `operation` with `args` as its body, `after_s` seconds from now on the world's clock."""

    operation: str
    args: dict[str, Any]
    after_s: float


class Listen(msgspec.Struct, frozen=True):
    """The connection that this happened on hears pushes to `topic` from now on."""

    topic: str


class Unlisten(msgspec.Struct, frozen=True):
    """It hears them no more."""

    topic: str


class Send(msgspec.Struct, frozen=True, gc=False):
    """Write one WebSocket message: text for `str`, binary for `bytes`.

    Without `socket` it goes to the connection that this happened on. With `text` bytes go as text too: they are UTF-8
    that need not be encoded for every receiver.
    """

    data: str | bytes
    socket: str | None = None
    text: bool = False


class Close(msgspec.Struct, frozen=True, kw_only=True):
    """Close connections with a WebSocket close code.

    Without `topic` and `socket` it is the connection that this happened on; `abort` drops the TCP connection
    without a closing handshake (the client sees 1006).
    """

    code: int = 1000
    reason: str = ""
    topic: str | None = None
    socket: str | None = None
    abort: bool = False


class Advance(msgspec.Struct, frozen=True, kw_only=True):
    """Move the world's clock by `seconds`, stopping at each due timer and delivery; `done` gets what ran."""

    seconds: float
    done: Callable[[list[dict[str, Any]]], None]


class OpenPort(msgspec.Struct, frozen=True, kw_only=True):
    """Give the world a port of its own; `done` gets its number, None where none is free."""

    done: Callable[[int | None], None]


class Plug(msgspec.Struct, frozen=True, kw_only=True):
    """Faults came or went: the world's own port and its muted sockets are as they say when `done` is called."""

    done: Callable[[], None]


class Expire(msgspec.Struct, frozen=True):
    """The world has a `ttl_s`: end it once nobody used it for so long."""


class Dispose(msgspec.Struct, frozen=True, kw_only=True):
    """The world was reset or deleted: close its sockets with `code`, forget its deliveries and waiters."""

    code: int = 1012
    listener: bool = False


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """Effects that belong to another world, API or entry than the call that they come of.

    What a control call causes: the effects of a trigger, the end of several worlds.
    """

    world: World
    effects: tuple[Effect, ...]
    api: str = ""
    cause: int | None = None


Effect = (
    Push
    | Callback
    | Leave
    | Later
    | Listen
    | Unlisten
    | Send
    | Close
    | Advance
    | OpenPort
    | Plug
    | Expire
    | Dispose
    | Elsewhere
)
