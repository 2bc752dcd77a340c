"""What travels: the request as it came, the reply as an operation gives it. Knows no server library.

Values that exist once per request say `gc=False`: they are in no cycle, and the collector need not look at them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import force_setattr
from multidict import CIMultiDict, CIMultiDictProxy

if TYPE_CHECKING:
    from chatsim.core.audience import Listener
    from chatsim.core.media import Blob

Headers = CIMultiDict[str] | CIMultiDictProxy[str]
Pairs = tuple[tuple[str, str], ...]

NUMBER: Final = ("X-Sim-Entry", "")
"""Stands in an answer's headers for the number of its entry, so that all the rest is one value for many answers."""

BODILESS: Final = frozenset({204, 205, 304})
"""Statuses whose answers have no body, whatever else is said (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5)."""

EMPTY: Final = b""
JSON: Final = "application/json"


def numbered(pairs: Iterable[tuple[str, str]], number: int) -> list[tuple[str, str]]:
    """Headers with the number of their entry in the place that is kept for it."""
    return [(NUMBER[0], str(number)) if pair is NUMBER else pair for pair in pairs]


class Request(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The head of one HTTP request; its body travels apart.

    `path` and `query` are raw, as the client wrote them (still percent-encoded), without the prefix of a world.
    `base_url` and `content_type` follow from the rest and are not given: the address that the client was pointed at,
    without a slash at its end (`http://localhost:8080/w/a`), and the media type in lower case without parameters,
    empty where the client sent none. `link_prefix` is what has to stand behind that address in links, so that they lead
    into the world from anywhere: the prefix of a world that a header chose.
    """

    method: str
    path: str
    query: str
    headers: Headers
    scheme: str = "http"
    host: str = "localhost"
    prefix: str = ""
    link_prefix: str = ""
    remote: str = "127.0.0.1"
    base_url: str = ""
    content_type: str = ""

    def __post_init__(self) -> None:
        """Work out what follows from the rest: a head that comes again has it already."""
        force_setattr(self, "base_url", f"{self.scheme}://{self.host}{self.prefix}")
        media_type = self.headers.get("Content-Type", "").partition(";")[0]
        force_setattr(self, "content_type", media_type.strip().lower())

    @property
    def shakes_hands(self) -> bool:
        """Whether this asks for a WebSocket, rightly or not."""
        return self.headers.get("Upgrade", "").lower() == "websocket"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a multipart body, its bytes in memory or spooled to a file."""

    name: str
    filename: str | None
    content_type: str
    blob: Blob
    headers: tuple[tuple[str, str], ...] = ()


class Body(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A request's body: `raw` bytes as they came, or for multipart/form-data its `parts` (then `raw` is empty).

    `kept` are the bytes of such a form where they are few enough for the journal. `problem` says why a multipart body
    could not be taken apart; the API words the refusal.
    """

    raw: bytes = EMPTY
    parts: tuple[Part, ...] | None = None
    size: int = 0
    problem: str = ""
    kept: bytes = EMPTY


NO_BODY: Final = Body()


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A reply body of stored bytes, served with ranges.

    `filename` becomes a Content-Disposition `attachment`, escaped; without one the bytes are shown inline.
    """

    blob: Blob
    content_type: str
    filename: str | None = None


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """A reply body that goes on until the client leaves.

    `start` is sent at once. Then `read` is asked for chunks until it has none (None), and again whenever `waking` says
    so; it is not asked while the client has not taken what it was sent, so that nobody's slowness piles anything up.
    `beat` is sent after `beat_s` seconds of real time without anything else, to keep proxies and clients awake.
    """

    read: Callable[[], list[bytes] | None]
    waking: Callable[[Callable[[], None]], AbstractContextManager[None]]
    start: bytes = EMPTY
    beat: bytes = EMPTY
    beat_s: float = 15.0


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A reply that is not ready yet (a long poll).

    `check` is asked whenever something happened in the world and gives the reply, or None to go on waiting.
    After `timeout_s` seconds of real time `expired` gives it. `recheck_s` asks as well after that many seconds.

    Where it says what it waits for it is asked less: `listener` hears of entries, and it is asked when one concerns it;
    or `state` tells cheaply how that is, the same for all of one `about`, and it is asked when that changed.
    """

    check: Callable[[], Reply | None]
    timeout_s: float
    expired: Callable[[], Reply]
    recheck_s: float | None = None
    about: str = ""
    state: Callable[[], Hashable] | None = None
    listener: Listener | None = None


class Composed(msgspec.Struct, frozen=True, kw_only=True):
    """JSON put together from parts that were checked when they were made: `raw` is sent, `schema` is its full name.

    For answers whose parts are kept from one request to the next; whoever makes it has checked the rest of it.
    """

    raw: bytes
    schema: str


class Reply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an operation answers.

    `body` is `bytes` (sent as they are), `File`, `Stream`, `Pending`, `Composed`, or else plain JSON data; `EMPTY` is
    no body, None is JSON's null. `content_type` is asked of the API where it is None and the body is JSON data.
    `effects` happen after the answer was written.
    """

    status: int = 200
    body: Any = EMPTY
    content_type: str | None = None
    headers: Mapping[str, str] | tuple[tuple[str, str], ...] = ()
    effects: tuple[Any, ...] = ()
