"""One world: its own verbs, and its parts."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import quote

from chatsim.client.answers import GONE, ChatsimError
from chatsim.client.awaited.callbacks import AsyncCallbacks
from chatsim.client.awaited.clock import AsyncClock
from chatsim.client.awaited.faults import AsyncFaults
from chatsim.client.awaited.journal import AsyncJournal
from chatsim.client.awaited.sockets import AsyncSockets

if TYPE_CHECKING:
    from chatsim.client.awaited.client import AsyncClient
    from chatsim.client.records import Record


class AsyncWorld:
    """One world of a simulator. `base_url` is what the code under test is pointed at.

    Each API is an attribute: `world.kobil.open_chat(user="ann")` is its trigger `open-chat`.
    """

    def __init__(self, client: AsyncClient, shown: Mapping[str, Any]) -> None:
        self.client = client
        self.name = str(shown["name"])
        self.base_url = str(shown["base_url"])
        self.journal = AsyncJournal(self)
        self.faults = AsyncFaults(self)
        self.clock = AsyncClock(self)
        self.callbacks = AsyncCallbacks(self)
        self.sockets = AsyncSockets(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self.delete()
        except ChatsimError as error:
            if error.status != GONE:
                raise

    def __getattr__(self, api: str) -> AsyncParty:
        if api.startswith("_"):
            raise AttributeError(api)
        return AsyncParty(self, api)

    async def call(self, method: str, path: str, body: Any = None, /, **query: Any) -> Any:
        """Make a control call about this world; `path` begins behind its name."""
        return await self.client.call(method, f"/worlds/{quote(self.name, safe='')}{path}", body, **query)

    async def all_of(self, path: str, member: str, /, **query: Any) -> list[dict[str, Any]]:
        """All items of a list about this world."""
        return await self.client.all_of(f"/worlds/{quote(self.name, safe='')}{path}", member, **query)

    async def ask(self, path: str, body: Any, patience_s: float) -> tuple[bool, dict[str, Any]]:
        """Ask something about this world whose answer may be no."""
        return await self.client.ask(f"/worlds/{quote(self.name, safe='')}{path}", body, patience_s)

    async def show(self) -> dict[str, Any]:
        """The world as the simulator lists it."""
        return cast("dict[str, Any]", await self.call("GET", ""))

    async def reset(self) -> None:
        """Back to its fixture: state, tokens, ids, clock, quirks, settings, faults and journal."""
        await self.call("POST", "/reset")
        if (record := self._record()) is not None:
            record.seen = 0

    async def delete(self) -> None:
        """End it, and the receivers that were started for it."""
        self.client.receivers.close(self.name)
        if (record := self._record()) is not None:
            with suppress(ChatsimError, OSError):  # it is gone, or the simulator is
                record.note(await self.journal.entries(since=record.seen))
                if self.client.records is not None and self.client.records.bundles:
                    record.bundle = await self.bundle(redact=False)
            record.ended = True
        await self.call("DELETE", "")

    def _record(self) -> Record | None:
        records = self.client.records
        return None if records is None else records.worlds.get(self.name)

    async def fork(self, name: str | None = None, **options: Any) -> AsyncWorld:
        """Make another world that goes on from where this one is, with its ids and tokens."""
        return await self.client.world(name, copy_of=self.name, **options)

    async def snapshot(self) -> dict[str, Any]:
        """The whole state as one document."""
        return cast("dict[str, Any]", await self.call("GET", "/snapshot"))

    async def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Go back to a snapshot; fires no callbacks."""
        await self.call("PUT", "/snapshot", dict(snapshot))

    async def bundle(self, *, redact: bool = True) -> dict[str, Any]:
        """Everything that a colleague needs to see what happened; secrets are masked unless told otherwise."""
        return cast("dict[str, Any]", await self.call("GET", "/bundle", redact=None if redact else "false"))

    async def populate(self, **how_much: Any) -> dict[str, Any]:
        """Fill it with people and what they said: `populate(apis=["kobil"], users=50, locale="ja_JP", seed=7)`."""
        return cast("dict[str, Any]", await self.call("POST", "/populate", how_much, patience_s=120.0))

    async def env(self) -> dict[str, str]:
        """The environment variables that point client code at this world."""
        return cast("dict[str, str]", await self.call("GET", "/env"))

    async def set_quirks(self, **quirks: str) -> dict[str, Any]:
        """Switch quirks; a name's dots and dashes are written as in `{"woven.members": "silent"}` by `**`."""
        return cast("dict[str, Any]", await self.call("PATCH", "/quirks", quirks))

    async def set_settings(self, **settings: Any) -> dict[str, Any]:
        """Change settings of this world, as in `**{"kobil.auto_reply": "echo"}`."""
        return cast("dict[str, Any]", await self.call("PATCH", "/settings", settings))


class AsyncParty:
    """One API in a world: its triggers as methods, its collections by path."""

    def __init__(self, world: AsyncWorld, api: str) -> None:
        self._world = world
        self._api = api

    def __getattr__(self, trigger: str) -> AsyncTrigger:
        if trigger.startswith("_"):
            raise AttributeError(trigger)
        return AsyncTrigger(self._world, f"/{self._api}/{trigger.replace('_', '-')}")

    async def put(self, path: str, **body: Any) -> Any:
        """Set something up: `world.woven.put("residents/…", fail_reason="left")`."""
        return await self._world.call("PUT", f"/{self._api}/{path}", body)

    async def get(self, path: str, **filters: Any) -> Any:
        """Look at one thing, or at a list, narrowed by `filters`."""
        return await self._world.call("GET", f"/{self._api}/{path}", **filters)

    async def delete(self, path: str) -> None:
        """Remove something."""
        await self._world.call("DELETE", f"/{self._api}/{path}")


class AsyncTrigger:
    """An action of the other party."""

    def __init__(self, world: AsyncWorld, path: str) -> None:
        self._world = world
        self._path = path

    async def __call__(self, **body: Any) -> dict[str, Any]:
        """Do it; a `File` among the values is sent as one. With `wait_s` it returns after the outcome."""
        patience_s = float(body.get("wait_s") or 0)
        answer = await self._world.call("POST", self._path, body, patience_s=patience_s)
        return cast("dict[str, Any]", answer)
