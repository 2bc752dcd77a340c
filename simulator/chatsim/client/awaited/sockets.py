"""A world's open WebSocket connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from chatsim.client.answers import WAIT_S, NotSeen

if TYPE_CHECKING:
    from chatsim.client.awaited.world import AsyncWorld


class AsyncSockets:
    """The connections that clients opened to a world."""

    def __init__(self, world: AsyncWorld) -> None:
        self._world = world

    async def all(self) -> list[dict[str, Any]]:
        """The open ones."""
        return await self._world.all_of("/sockets", "sockets")

    async def wait(self, count: int = 1, *, timeout_s: float = WAIT_S, **wanted: Any) -> list[dict[str, Any]]:
        """Wait until so many are open, narrowed by `subscribed` and `principal`.

        Raises:
            NotSeen: there are not.
        """
        body = {"count": count, "timeout_s": timeout_s, **wanted}
        ok, answer = await self._world.ask("/sockets/wait", body, timeout_s)
        if not ok:
            raise NotSeen(body, answer)
        return cast("list[dict[str, Any]]", answer["sockets"])

    async def close(self, socket: str, *, code: int = 1000, abort: bool = False) -> None:
        """Close one with a code, or break its connection."""
        body: dict[str, Any] = {"abort": True} if abort else {"code": code}
        await self._world.call("POST", f"/sockets/{quote(socket, safe='')}/close", body)

    async def send(self, socket: str, *, text: str | None = None, base64: str | None = None) -> None:
        """Write a raw message to it."""
        body = {"text": text} if text is not None else {"base64": base64}
        await self._world.call("POST", f"/sockets/{quote(socket, safe='')}/send", body)
