"""One world: its own verbs, and its parts."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import quote

from chatsim.client.answers import GONE, ChatsimError
from chatsim.client.blocking.callbacks import Callbacks
from chatsim.client.blocking.clock import Clock
from chatsim.client.blocking.faults import Faults
from chatsim.client.blocking.journal import Journal
from chatsim.client.blocking.sockets import Sockets

if TYPE_CHECKING:
    from chatsim.client.blocking.client import Client
    from chatsim.client.records import Record


class World:
    """One world of a simulator. `base_url` is what the code under test is pointed at.

    Each API is an attribute: `world.kobil.open_chat(user="ann")` is its trigger `open-chat`.
    """

    def __init__(self, client: Client, shown: Mapping[str, Any]) -> None:
        self.client = client
        self.name = str(shown["name"])
        self.base_url = str(shown["base_url"])
        self.journal = Journal(self)
        self.faults = Faults(self)
        self.clock = Clock(self)
        self.callbacks = Callbacks(self)
        self.sockets = Sockets(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.delete()
        except ChatsimError as error:
            if error.status != GONE:
                raise

    def __getattr__(self, api: str) -> Party:
        if api.startswith("_"):
            raise AttributeError(api)
        return Party(self, api)

    def call(self, method: str, path: str, body: Any = None, /, **query: Any) -> Any:
        """Make a control call about this world; `path` begins behind its name."""
        return self.client.call(method, f"/worlds/{quote(self.name, safe='')}{path}", body, **query)

    def all_of(self, path: str, member: str, /, **query: Any) -> list[dict[str, Any]]:
        """All items of a list about this world."""
        return self.client.all_of(f"/worlds/{quote(self.name, safe='')}{path}", member, **query)

    def ask(self, path: str, body: Any, patience_s: float) -> tuple[bool, dict[str, Any]]:
        """Ask something about this world whose answer may be no."""
        return self.client.ask(f"/worlds/{quote(self.name, safe='')}{path}", body, patience_s)

    def show(self) -> dict[str, Any]:
        """The world as the simulator lists it."""
        return cast("dict[str, Any]", self.call("GET", ""))

    def reset(self) -> None:
        """Back to its fixture: state, tokens, ids, clock, quirks, settings, faults and journal."""
        self.call("POST", "/reset")
        if (record := self._record()) is not None:
            record.seen = 0

    def delete(self) -> None:
        """End it, and the receivers that were started for it."""
        self.client.receivers.close(self.name)
        if (record := self._record()) is not None:
            with suppress(ChatsimError, OSError):  # it is gone, or the simulator is
                record.note(self.journal.entries(since=record.seen))
                if self.client.records is not None and self.client.records.bundles:
                    record.bundle = self.bundle(redact=False)
            record.ended = True
        self.call("DELETE", "")

    def _record(self) -> Record | None:
        records = self.client.records
        return None if records is None else records.worlds.get(self.name)

    def fork(self, name: str | None = None, **options: Any) -> World:
        """Make another world that goes on from where this one is, with its ids and tokens."""
        return self.client.world(name, copy_of=self.name, **options)

    def snapshot(self) -> dict[str, Any]:
        """The whole state as one document."""
        return cast("dict[str, Any]", self.call("GET", "/snapshot"))

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Go back to a snapshot; fires no callbacks."""
        self.call("PUT", "/snapshot", dict(snapshot))

    def bundle(self, *, redact: bool = True) -> dict[str, Any]:
        """Everything that a colleague needs to see what happened; secrets are masked unless told otherwise."""
        return cast("dict[str, Any]", self.call("GET", "/bundle", redact=None if redact else "false"))

    def populate(self, **how_much: Any) -> dict[str, Any]:
        """Fill it with people and what they said: `populate(apis=["kobil"], users=50, locale="ja_JP", seed=7)`."""
        return cast("dict[str, Any]", self.call("POST", "/populate", how_much, patience_s=120.0))

    def env(self) -> dict[str, str]:
        """The environment variables that point client code at this world."""
        return cast("dict[str, str]", self.call("GET", "/env"))

    def set_quirks(self, **quirks: str) -> dict[str, Any]:
        """Switch quirks; a name's dots and dashes are written as in `{"woven.members": "silent"}` by `**`."""
        return cast("dict[str, Any]", self.call("PATCH", "/quirks", quirks))

    def set_settings(self, **settings: Any) -> dict[str, Any]:
        """Change settings of this world, as in `**{"kobil.auto_reply": "echo"}`."""
        return cast("dict[str, Any]", self.call("PATCH", "/settings", settings))


class Party:
    """One API in a world: its triggers as methods, its collections by path."""

    def __init__(self, world: World, api: str) -> None:
        self._world = world
        self._api = api

    def __getattr__(self, trigger: str) -> Trigger:
        if trigger.startswith("_"):
            raise AttributeError(trigger)
        return Trigger(self._world, f"/{self._api}/{trigger.replace('_', '-')}")

    def put(self, path: str, **body: Any) -> Any:
        """Set something up: `world.woven.put("residents/…", fail_reason="left")`."""
        return self._world.call("PUT", f"/{self._api}/{path}", body)

    def get(self, path: str, **filters: Any) -> Any:
        """Look at one thing, or at a list, narrowed by `filters`."""
        return self._world.call("GET", f"/{self._api}/{path}", **filters)

    def delete(self, path: str) -> None:
        """Remove something."""
        self._world.call("DELETE", f"/{self._api}/{path}")


class Trigger:
    """An action of the other party."""

    def __init__(self, world: World, path: str) -> None:
        self._world = world
        self._path = path

    def __call__(self, **body: Any) -> dict[str, Any]:
        """Do it; a `File` among the values is sent as one. With `wait_s` it returns after the outcome."""
        patience_s = float(body.get("wait_s") or 0)
        answer = self._world.call("POST", self._path, body, patience_s=patience_s)
        return cast("dict[str, Any]", answer)
