"""A simulator: its worlds, and the calls that all other verbs are made of."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any, Self, cast
from urllib.parse import quote

from chatsim.client.answers import ChatsimError
from chatsim.client.awaited.world import AsyncWorld
from chatsim.client.receivers import Receivers
from chatsim.client.records import Records
from chatsim.client.transport import AwaitedTransport, Target, decoded, target_of


class AsyncClient:
    """A simulator. Without a `url` it is the one that `CHATSIM_URL` names, else `http://localhost:8080`.

    The `target` of another client will do as well, its token and authority included. `receivers` are the local servers
    that callbacks are sent to; they end with the client. `records` keep what became of the worlds that it made.
    """

    def __init__(
        self,
        url: str | Target | None = None,
        *,
        token: str | None = None,
        ca_file: str | None = None,
        receivers: Receivers | None = None,
        records: Records | None = None,
    ) -> None:
        self.target = url if isinstance(url, Target) else Target(url, token, ca_file)
        self.url = self.target.url
        self.receivers = receivers or Receivers()
        self.records = records
        self._transport = AwaitedTransport(self.target)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End the receivers; connections are never kept."""
        self.receivers.close()

    async def call(self, method: str, path: str, body: Any = None, /, *, patience_s: float = 0.0, **query: Any) -> Any:
        """Make one control call; `path` begins behind `/_sim`.

        Raises:
            ChatsimError: it was refused. OSError: nobody answers there.
        """
        status, raw = await self._transport.ask(method, target_of(f"/_sim{path}", query), body, patience_s=patience_s)
        return decoded(status, raw, refused=True)

    async def ask(self, path: str, body: Any, patience_s: float) -> tuple[bool, dict[str, Any]]:
        """Ask something whose answer may be no (409), and say which it was."""
        status, raw = await self._transport.ask("POST", f"/_sim{path}", body, patience_s=patience_s)
        data = cast("dict[str, Any]", decoded(status, raw, refused=status != 409))
        if status == 409 and data.keys().isdisjoint(("ok", "pending", "sockets")):
            raise ChatsimError(status, data)
        return status != 409, data

    async def all_of(self, path: str, member: str, /, **query: Any) -> list[dict[str, Any]]:
        """All items of a list, however many calls they take; with `limit` no more than that."""
        found: list[dict[str, Any]] = []
        while True:
            piece = await self.call("GET", path, **query)
            found += piece[member]
            if "limit" in query or piece["next"] is None:
                return found
            query["after"] = piece["next"]

    async def version(self) -> str:
        """The version that answers there."""
        return str((await self.call("GET", "/livez"))["version"])

    async def apis(self) -> list[dict[str, Any]]:
        """What it emulates, with routes, triggers, collections, settings and quirks."""
        return cast("list[dict[str, Any]]", (await self.call("GET", "/apis"))["apis"])

    async def world(self, name: str | None = None, **options: Any) -> AsyncWorld:
        """Make a world; its options are those of `POST /_sim/worlds`. Use it in a `with` to have it deleted after."""
        body = options if self.records is None else self.records.completed(options)
        shown = await self.call("POST", "/worlds", body if name is None else {"name": name, **body})
        if self.records is not None:
            self.records.add(shown, body.get("labels", {}))
        return AsyncWorld(self, shown)

    async def keep_world(self, name: str, *, reset: bool = False, **options: Any) -> AsyncWorld:
        """Make a world, or take the one of that name where it has the same options."""
        path = f"/worlds/{quote(name, safe='')}"
        return AsyncWorld(self, await self.call("PUT", path, options, reset="true" if reset else None))

    async def get_world(self, name: str = "default") -> AsyncWorld:
        """The world of that name."""
        return AsyncWorld(self, await self.call("GET", f"/worlds/{quote(name, safe='')}"))

    async def worlds(self, label: str | None = None) -> list[dict[str, Any]]:
        """All worlds, or those with a label `key:value`."""
        return await self.all_of("/worlds", "worlds", label=label)

    async def delete_worlds(self, label: str) -> None:
        """Delete the worlds with a label `key:value`."""
        await self.call("DELETE", "/worlds", label=label)

    async def events(
        self,
        world: str | None = None,
        *,
        last: int | None = None,
    ) -> AsyncGenerator[dict[str, Any], None]:
        """What happens from now on, or since the event with the id `last`: `{"id", "event", "data"}`."""
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        event: dict[str, Any] = {}
        async for raw in self._transport.lines(target_of("/_sim/events", {"world": world}), headers):
            text = raw.decode().rstrip("\r\n")
            name, _, value = text.partition(":")
            if not text and "data" in event:
                yield {**event, "data": json.loads(event["data"])}
                event = {}
            elif name in ("id", "event", "data"):
                event[name] = value.removeprefix(" ")
