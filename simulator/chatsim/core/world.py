"""One isolated universe: its own state of every API, clock, ids, journal, faults and callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from chatsim.core.clock import Clock, parse_rfc3339, seconds
from chatsim.core.faults import Faults
from chatsim.core.ids import Ids
from chatsim.core.journal import Entry, Journal
from chatsim.core.steps import Step, Steps

if TYPE_CHECKING:
    from chatsim.core.callbacks import Outbox
    from chatsim.core.identity import Identity
    from chatsim.core.realtime import Connection
    from chatsim.core.simulator import Simulator

NAME: Final = r"^[a-z0-9][a-z0-9._-]{0,62}$"
DEFAULT: Final = "default"
DEFAULT_SEED: Final = "woven-kobil-airy-weavy-m3o"


class WorldOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a world is made with; see "Worlds" in `docs/control.md`. `clock` is `{"mode", "at"}`."""

    labels: Mapping[str, str] = {}
    fixture: str | Mapping[str, Any] = "documented"
    seed: str = DEFAULT_SEED
    clock: Mapping[str, Any] = {}
    accounts: str = "open"
    truth: str = "document"
    strict: bool = False
    quirks: Mapping[str, str] = {}
    settings: Mapping[str, Any] = {}
    ttl_s: float | None = None
    listen: bool = False


class World:
    """A world. Only worlds and the states in them change; everything else in the core is a value.

    `generation` goes up with every reset, so that what was under way before can be told apart. `lives` is how often
    the name began anew in this process, by a reset or by being made again.
    `began` is the moment it began at, `origin` the snapshot it went on from, if any, after the
    entry `origin_seq`.
    `base_url` is the address used where no request gives one (timers, triggers). `connections` are the open sockets
    by id, oldest first; they outlive a reset until they are closed. `socket_changes` counts what became of them.
    """

    __slots__ = (
        "_identity", "_outbox", "base_url", "began", "clock", "connections",
        "faults", "generation", "ids", "journal", "last_used", "lives", "name",
        "options", "origin", "origin_seq", "quirks", "settings", "simulator", "socket_changes", "states", "steps",
    )  # fmt: skip

    def __init__(self, simulator: Simulator, name: str, options: WorldOptions, lives: int = 0) -> None:
        self.simulator = simulator
        self.name = name
        self.options = options
        self.base_url = ""
        self.generation = 0
        self.lives = lives
        self.last_used = simulator.wall()
        self.connections: dict[str, Connection] = {}
        self.socket_changes = 0
        self.clock = Clock(simulator.wall)
        self.journal = Journal(simulator.options.journal_size, tell=self._tell)
        self.renew(lives)

    def _tell(self, entry: Entry) -> None:
        entry.world = self.name
        self.simulator.events.enter(entry)
        for watcher in self.simulator.watchers:
            watcher(self, entry)

    def announce(self, change: str) -> None:
        """Tell listeners of events what becomes of the world as a whole."""
        self.simulator.events.tell(self.name, "world", {"change": change, "labels": dict(self.options.labels)})

    def renew(self, life: int) -> None:
        """Begin as the options say, with nothing of what was; time and journal are left alone unless they say more."""
        self.lives = max(self.lives, life)
        self.ids = Ids(self.options.seed, self.name, life)
        self.faults = Faults(self.ids)
        self.quirks: dict[str, str] = dict(self.options.quirks)
        self.settings: dict[str, Any] = dict(self.options.settings)
        self.states: dict[str, Any] = {}
        self._identity: Identity | None = None
        self._outbox: Outbox | None = None
        self.origin: Mapping[str, Any] | None = None
        self.origin_seq = 0
        self.steps = Steps()
        if self.options.clock.get("mode") == "frozen":
            at = self.options.clock.get("at")
            self.clock.freeze(None if at is None else parse_rfc3339(at))
        self.began = self.clock.now()

    def reset(self) -> None:
        """Go back to the fixture: state, tokens, ids, clock, quirks, settings, faults and journal."""
        self.generation += 1
        self.clock.clear()
        self.journal.restart()
        self.renew(self.lives + 1)

    @property
    def public_url(self) -> str | None:
        """Its address below the server's public one, whatever way a client chose it; None where there is none."""
        if (public := self.simulator.options.public_url) is None:
            return None
        return public.rstrip("/") + ("" if self.name == DEFAULT else f"/w/{self.name}")

    @property
    def ends_at(self) -> int | None:
        """The real time at which it ends unless it is used before; None where it stays."""
        ttl_s = self.options.ttl_s
        return None if ttl_s is None else self.last_used + seconds(ttl_s)

    def keep_step(self, entry: Entry, after: int, at: int, body: bytes) -> None:
        """Remember a control call that changed something, for bundles; `body` is all of it."""
        step = Step(
            after=after,
            behind=next((one.seq for one in self.journal.newest(1)), 0),
            at=at,
            then=self.clock.now(),
            method=entry.method,
            path=entry.path,
            query=entry.query,
            body=body,
            size=len(body),
        )
        self.steps.add(step)

    def state(self, api: str, now: int | None = None) -> Any:
        """The state of an API; built from the fixture at the first call, whose moment is `now`.

        Read from the clock once more it would be another one, and what is repeated would differ.
        """
        try:
            return self.states[api]
        except KeyError:
            declared = self.simulator.apis[api]
            fixture = self.simulator.fixture(self.options.fixture, api)
            built = declared.state(self, fixture, self.clock.now() if now is None else now)
            self.states[api] = built
            return built

    @property
    def identity(self) -> Identity:
        """Realms, clients, users and the tokens issued to them."""
        if self._identity is None:
            from chatsim.core.identity import Identity

            self._identity = Identity(self.ids)
        return self._identity

    @property
    def has_identity(self) -> bool:
        """Whether anything asked for accounts or tokens yet."""
        return self._identity is not None

    def put_outbox(self, outbox: Outbox) -> None:
        """Take over the deliveries of a snapshot."""
        self._outbox = outbox

    @property
    def outbox(self) -> Outbox:
        """Deliveries to the servers of clients."""
        if self._outbox is None:
            from chatsim.core.callbacks import Outbox

            self._outbox = Outbox()
        return self._outbox

    @property
    def has_deliveries(self) -> bool:
        """Whether there ever was a delivery."""
        return self._outbox is not None

    def quirk(self, name: str) -> str:
        """The value of a quirk: set by hand, else what the world's truth says."""
        chosen = self.quirks.get(name)
        return self.simulator.quirks.defaults[self.options.truth][name] if chosen is None else chosen

    def setting(self, name: str) -> Any:
        """The value of a setting: the world's own, else the server's; None where a patterned one is not set."""
        return self.settings[name] if name in self.settings else self.simulator.settings.values.get(name)

    @property
    def open_accounts(self) -> bool:
        """Whether accounts come into being when first used."""
        return self.options.accounts == "open"
