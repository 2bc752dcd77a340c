"""Planned misbehaviour: which request, callback or socket it hits, how often, and what happens to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from chatsim.core.callbacks import Attempt
from chatsim.core.clock import seconds
from chatsim.core.json import encode

if TYPE_CHECKING:
    from chatsim.core.ids import Ids
    from chatsim.core.journal import Entry
    from chatsim.core.match import Match, View

UNSENT: Final = "a planned fault: the receiver could not be reached"
UNHEARD: Final = "a planned fault: the connection broke before the answer was there"


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What a fault does. Exactly one member is set, `delay_s` may stand beside any or alone; see `docs/control.md`."""

    status: int | None = None
    body: Any = msgspec.UNSET
    headers: Mapping[str, str] = {}
    error: str | None = None
    drop: str | None = None
    truncate: bool = False
    offline: bool = False
    repeat: int | None = None
    reorder: bool = False
    lose: bool = False
    close: int | None = None
    abort: bool = False
    mute: bool = False
    refuse: int | None = None
    delay_s: float | Mapping[str, float] | None = None

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of entries it can be done to; a delay alone can be done to all."""
        return next((kinds for member, kinds in ACTS.items() if getattr(self, member) not in (None, False)), ALL)

    @property
    def ends(self) -> bool:
        """Whether it ends the socket that it hits."""
        return self.abort or self.close is not None

    @property
    def loses_answer(self) -> bool:
        """Whether a callback is sent, but what the receiver answers is lost."""
        return self.drop == "after" or self.truncate

    @property
    def unsaid(self) -> bool:
        """Whether a request that it hits gets no answer at all."""
        return self.drop == "before" or self.offline

    @property
    def hangs_up(self) -> bool:
        """Whether its answer is the last on the connection."""
        return any(name.lower() == "connection" for name in self.headers)

    def instead(self, at: int) -> Attempt | None:
        """How an attempt of a callback at `at` ends that this keeps from being sent; None where it is sent."""
        if self.offline or self.drop == "before":
            return Attempt(at=at, error=UNSENT)
        if self.status is None:
            return None
        body = "" if self.body is msgspec.UNSET else self.body
        reply = body.encode() if isinstance(body, str) else encode(body)
        return Attempt(at=at, status=self.status, headers=list(self.headers.items()), reply=reply)


HANDSHAKE: Final = "handshake"
"""A request that opens a socket: what can be done to requests and what can be done to sockets suits it."""

REQUESTS: Final = frozenset(("request", HANDSHAKE, "callback"))
CALLBACKS: Final = frozenset(("callback",))
SOCKETS: Final = frozenset((HANDSHAKE, "socket", "push"))
ALL: Final = REQUESTS | SOCKETS

ACTS: Final[Mapping[str, frozenset[str]]] = {
    "status": REQUESTS,
    "error": frozenset(("request", HANDSHAKE)),
    "drop": REQUESTS,
    "truncate": frozenset(("request", "callback")),
    "offline": REQUESTS,
    "repeat": CALLBACKS,
    "reorder": CALLBACKS,
    "lose": frozenset(("callback", "push")),
    "close": SOCKETS,
    "abort": SOCKETS,
    "mute": SOCKETS,
    "refuse": frozenset((HANDSHAKE,)),
}
"""Each act, of which a fault has one at most, and the kinds of entries it can be done to."""


class Fault:
    """One planned misbehaviour; `hits` counts what it hit."""

    __slots__ = ("act", "expires", "hits", "id", "match", "probability", "seen", "skip", "times")

    def __init__(
        self,
        fault_id: str,
        match: Match,
        act: Act,
        *,
        skip: int = 0,
        times: int | None = 1,
        probability: float = 1.0,
        expires: int | None = None,
    ) -> None:
        self.id = fault_id
        self.match = match
        self.act = act
        self.skip = skip
        self.times = times
        self.probability = probability
        self.expires = expires
        self.seen = 0
        self.hits = 0

    def is_planned(self, now: int) -> bool:
        """Whether it may still hit."""
        spent = self.times is not None and self.hits >= self.times
        return not spent and (self.expires is None or now < self.expires)

    @property
    def offline_now(self) -> bool:
        """Whether what it matches is offline from now on, without a delay and whatever chance says."""
        act = self.act
        return act.offline and act.delay_s is None and self.probability >= 1 and self.seen >= self.skip

    @property
    def unplugs(self) -> bool:
        """Whether it takes the whole world offline, and not only some of its requests."""
        wanted = self.match.wanted
        return self.offline_now and wanted.get("kind", "request") == "request" and wanted.keys() <= {"kind"}

    def suits(self, kind: str) -> bool:
        """Whether it is meant for entries of this kind.

        Callbacks and pushes are hit only by what names them, the handshake of a socket not by what is done to sockets.
        """
        wanted, kinds = self.match.wanted, self.act.kinds
        if "url" in wanted and kind != "callback":
            return False
        if "kind" not in wanted:
            if kind == "callback" and "url" not in wanted:
                return kinds == CALLBACKS or self.act.lose
            if kind == "push" or (kind == HANDSHAKE and kinds == SOCKETS):
                return False
        return kind in kinds


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A fault that hit: its id, what it does, and the delay in seconds that was drawn for this hit."""

    fault: str
    act: Act
    delay_s: float = 0.0


class Faults:
    """The faults of one world. The newest that matches wins."""

    __slots__ = ("_ids", "all")

    def __init__(self, ids: Ids) -> None:
        self.all: dict[str, Fault] = {}
        self._ids = ids

    def add(self, fault: Fault) -> None:
        """Plan it."""
        self.all[fault.id] = fault

    def stands(self, fault: str, now: int) -> bool:
        """Whether it was neither taken back nor is over, however often it hit."""
        one = self.all.get(fault)
        return one is not None and (one.expires is None or now < one.expires)

    def unplug(self, now: int) -> list[Fault]:
        """Those that take the whole world offline now."""
        return [one for one in self.all.values() if one.unplugs and one.is_planned(now)]

    def draw(
        self, view: View, now: int, *, body: bool = False, handshake: bool = False, offline: bool = False
    ) -> Drawn | None:
        """Return the fault that hits what `view` shows, and count the hit.

        Requests draw twice: on the head, then (`body`) those faults that match on the body. `handshake` tells of a
        request that it opens a socket; with `offline` only what takes the service offline hits.
        """
        kind = HANDSHAKE if handshake else view.kind
        for fault in reversed(list(self.all.values())):
            if not fault.is_planned(now) or (offline and not fault.act.offline):
                continue
            if fault.match.needs_body is not body or not fault.suits(kind) or not fault.match.matches(view):
                continue
            fault.seen += 1
            if fault.seen <= fault.skip or (fault.probability < 1 and self._chance() >= fault.probability):
                continue
            fault.hits += 1
            return Drawn(fault=fault.id, act=fault.act, delay_s=self._delay(fault.act.delay_s))
        return None

    def draw_on_body(self, entry: Entry, raw: bytes, now: int) -> Drawn | None:
        """Draw those that match on the body; `raw` is all of it, of which the entry keeps less where it is long."""
        kept, entry.request_body = entry.request_body, raw
        try:
            return self.draw(entry, now, body=True)
        finally:
            entry.request_body = kept

    def _chance(self) -> float:
        """A number in [0, 1) that the world's seed decides."""
        return int.from_bytes(self._ids.next_bytes("fault-chance", 6)) / 2**48

    def _delay(self, delay: float | Mapping[str, float] | None) -> float:
        if delay is None:
            return 0.0
        if isinstance(delay, Mapping):
            low, high = delay["min"], delay["max"]
            return low + (high - low) * self._chance()
        return float(delay)

    @staticmethod
    def expiry(ttl_s: float | None, now: int) -> int | None:
        """When a fault of `ttl_s` seconds ends, on the world's clock."""
        return None if ttl_s is None else now + seconds(ttl_s)
