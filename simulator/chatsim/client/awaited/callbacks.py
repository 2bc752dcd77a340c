"""Deliveries of a world to the server of the code under test, and a server to receive them in its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from chatsim.client.answers import WAIT_S, NotSeen
from chatsim.client.background import run_awaited
from chatsim.client.receivers import Answer, Received, Receivers, Sink

if TYPE_CHECKING:
    from chatsim.client.awaited.world import AsyncWorld


class AsyncCallbacks:
    """Deliveries to the server of the code under test."""

    def __init__(self, world: AsyncWorld) -> None:
        self._world = world

    async def all(self) -> list[dict[str, Any]]:
        """All deliveries with their attempts."""
        return await self._world.all_of("/callbacks", "callbacks")

    async def wait(self, timeout_s: float = WAIT_S) -> list[dict[str, Any]]:
        """Wait until none is pending, and list them.

        Raises:
            NotSeen: some still are.
        """
        body = {"timeout_s": timeout_s}
        ok, answer = await self._world.ask("/callbacks/wait", body, timeout_s)
        if not ok:
            raise NotSeen({"callbacks": "none pending", **body}, answer)
        return await self.all()

    async def receiver(self, *answers: Answer | int, bind: str = "127.0.0.1", host: str | None = None) -> AsyncReceiver:
        """Start a server that keeps what is delivered to its `url`, until the world is deleted.

        It answers as `AsyncReceiver.answer` says, 200 where nothing is said. `bind` is the address that it listens on,
        `host` the name in its `url`, where a simulator on another machine or in a container is to reach it.
        """
        receivers = self._world.client.receivers
        sink = await run_awaited(receivers.loop, receivers.open(self._world.name, answers, bind, host))
        return AsyncReceiver(sink, receivers)

    async def hold(self) -> None:
        """Stop sending."""
        await self._world.call("POST", "/callbacks/hold")

    async def release(self, ids: Sequence[str] | None = None) -> Any:
        """Let held ones go, in the order given; all of them without `ids`."""
        return await self._world.call("POST", "/callbacks/release", {} if ids is None else {"ids": list(ids)})

    async def resend(self, delivery: str) -> Any:
        """Send the identical body again."""
        return await self._world.call("POST", f"/callbacks/{quote(delivery, safe='')}/resend")


class AsyncReceiver:
    """A server in the place of the code under test: keeps what is delivered to its `url`, and answers as told."""

    def __init__(self, sink: Sink, receivers: Receivers) -> None:
        self._sink = sink
        self._receivers = receivers

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def url(self) -> str:
        """Where it listens; every path below is answered."""
        return self._sink.url

    @property
    def received(self) -> list[Received]:
        """What came so far."""
        return list(self._sink.received)

    def answer(self, *answers: Answer | int) -> None:
        """Answer the next deliveries so, one after the other, and all later ones as the last of them."""
        self._sink.answer(answers)

    async def wait(self, count: int = 1, *, timeout_s: float = WAIT_S) -> list[Received]:
        """Wait until so many came, those already there included, and give all of them.

        Raises:
            NotSeen: fewer came.
        """
        if not await run_awaited(self._receivers.loop, self._sink.arrived(count, timeout_s)):
            wanted = {"receiver": self.url, "count": count, "timeout_s": timeout_s}
            raise NotSeen(wanted, {"found": len(self._sink.received)})
        return self.received

    async def close(self) -> None:
        """Stop listening; answers under way are broken off."""
        await run_awaited(self._receivers.loop, self._sink.close())
