"""All worlds, and what they share: declarations, settings, events. Built once at start."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from multidict import CIMultiDict

from chatsim.core import data
from chatsim.core.declared import Declared
from chatsim.core.errors import Gone, NotFound, Unavailable
from chatsim.core.events import Events
from chatsim.core.http import Request
from chatsim.core.journal import Entry
from chatsim.core.json import decode
from chatsim.core.settings import Setting, Settings
from chatsim.core.world import DEFAULT, DEFAULT_SEED, NAME, World, WorldOptions

RESERVED: Final = frozenset(
    {"bundle", "callbacks", "clock", "env", "events", "faults", "journal", "journal.har", "populate", "quirks", "reset",
     "settings", "snapshot", "sockets"}
)  # fmt: skip
"""Words of the control API; no API may be named so."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Who may call `/_sim`. `loopback`: the server is bound to loopback addresses only.

    `hosts` and `origins` are trusted beside loopback names; `token` is asked for where there is one, and where the
    server is reachable from outside, unless `open`.
    """

    loopback: bool = True
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    token: str | None = None
    open: bool = False


class ServerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the server was started, as far as the core has to know. `authority` is the one of its certificates (PEM)."""

    fixture: str | Mapping[str, Any] = "documented"
    seed: str = DEFAULT_SEED
    accounts: str = "open"
    truth: str = "document"
    strict: bool = False
    worlds: str = "auto"
    max_worlds: int = 5_000
    journal_size: int = 10_000
    public_url: str | None = None
    access: Access = Access()
    authority: bytes | None = None


class Simulator:
    """Everything that exists. `wall` gives real time in nanoseconds.

    `own_request` stands for the request where none came from outside (timers); its base is where the server is.
    `deleted` are the names of worlds that are gone, with how often each began anew.
    `watchers` are told of every entry of every journal, `events` keeps the newest and whatever else happened lately.
    """

    def __init__(
        self,
        declared: Declared,
        wall: Callable[[], int],
        *,
        options: ServerOptions | None = None,
        settings: Iterable[Setting] = (),
    ) -> None:
        self.options = options or ServerOptions()
        self.wall = wall
        self.events = Events()
        self.watchers: list[Callable[[World, Entry], None]] = []
        self.own_request = Request(method="POST", path="", query="", headers=CIMultiDict())
        self.apis = declared.apis
        if clash := RESERVED & self.apis.keys():
            raise ValueError(f"an API cannot be named {', '.join(sorted(clash))}: a word of the control API")
        self.control = declared.control
        self.quirks = declared.quirks
        self.schemas = declared.schemas
        self.router = declared.router
        self.contracts = declared.contracts
        self.settings = Settings([*settings, *(one for api in self.apis.values() for one in api.settings)])
        self.worlds: dict[str, World] = {}
        self.deleted: dict[str, int] = {}
        self._fixtures: dict[str, dict[str, Any]] = {}
        self.desk = World(self, "_sim", WorldOptions(fixture="empty"))
        self.create(DEFAULT, self.default_options())

    def default_options(self, **changes: Any) -> WorldOptions:
        """The options of a world about which nothing was said."""
        named = {name: getattr(self.options, name) for name in ("fixture", "seed", "accounts", "truth", "strict")}
        return WorldOptions(**{**named, **changes})

    def create(self, name: str, options: WorldOptions) -> World:
        """Make a world.

        Raises:
            Unavailable: there are too many already.
        """
        if len(self.worlds) >= self.options.max_worlds:
            raise Unavailable(f"there are {len(self.worlds)} worlds already, as many as --max-worlds allows")
        world = World(self, name, options, self.deleted.pop(name, 0))
        self.worlds[name] = world
        return world

    def withdraw(self, world: World) -> None:
        """Take back that a world was made: its name is as it was before."""
        if self.worlds.pop(world.name, None) is not None and world.lives:
            self.deleted[world.name] = world.lives

    def find(self, name: str) -> World:
        """The world of that name.

        Raises:
            Gone: it was deleted. NotFound: it never was.
        """
        world = self.worlds.get(name)
        if world is None:
            if name in self.deleted:
                raise Gone(f"world {name!r} was deleted; POST /_sim/worlds makes it again")
            raise NotFound(f"there is no world {name!r}; POST /_sim/worlds makes one", code="unknown_world")
        world.last_used = self.wall()
        return world

    def enter(self, name: str) -> World:
        """The world that an API call goes to; made on first use unless the server keeps to listed worlds.

        Raises:
            NotFound: unknown and not to be made, or no name a world can have. Gone, Unavailable: as above.
        """
        world = self.worlds.get(name)
        if world is not None:
            world.last_used = self.wall()
            return world
        if name in self.deleted or self.options.worlds == "listed":
            return self.find(name)
        self.check_name(name)
        world = self.create(name, self.default_options())
        world.announce("made")
        return world

    def check_name(self, name: str) -> None:
        """Refuse what no world can be named.

        Raises:
            NotFound: it is no such name.
        """
        if not re.fullmatch(NAME, name):
            raise NotFound(f"no world can be named {name!r}: lower-case letters, digits, '.', '_' and '-', at most 63")

    def drop(self, name: str, change: str = "deleted") -> World:
        """Delete a world; its name answers 410 until it is made again. `change` is how listeners are told of it.

        Raises:
            Gone, NotFound: as `find`.
        """
        world = self.find(name)
        world.reset()  # so that nothing of it is still due
        del self.worlds[name]
        self.deleted[name] = world.lives
        world.announce(change)
        return world

    def fixture(self, fixture: str | Mapping[str, Any], api: str) -> Mapping[str, Any]:
        """The part of a fixture that is an API's; `documented` is read from `fixtures/` once, `empty` is empty.

        States copy what they take: the value is shared by all worlds.
        """
        if not isinstance(fixture, str):
            part = fixture.get(api, {})
            return part if isinstance(part, Mapping) else {}
        if fixture == "empty":
            return {}
        if api not in self._fixtures:
            file = data.fixtures() / api / f"{fixture}.json"
            self._fixtures[api] = decode(file.read_bytes()) if file.is_file() else {}
        return self._fixtures[api]
