"""Deliveries of a world to the server of the code under test, and a server to receive them in its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from chatsim.client.answers import WAIT_S, NotSeen
from chatsim.client.background import run_blocking
from chatsim.client.receivers import Answer, Received, Receivers, Sink

if TYPE_CHECKING:
    from chatsim.client.blocking.world import World


class Callbacks:
    """Deliveries to the server of the code under test."""

    def __init__(self, world: World) -> None:
        self._world = world

    def all(self) -> list[dict[str, Any]]:
        """All deliveries with their attempts."""
        return self._world.all_of("/callbacks", "callbacks")

    def wait(self, timeout_s: float = WAIT_S) -> list[dict[str, Any]]:
        """Wait until none is pending, and list them.

        Raises:
            NotSeen: some still are.
        """
        body = {"timeout_s": timeout_s}
        ok, answer = self._world.ask("/callbacks/wait", body, timeout_s)
        if not ok:
            raise NotSeen({"callbacks": "none pending", **body}, answer)
        return self.all()

    def receiver(self, *answers: Answer | int, bind: str = "127.0.0.1", host: str | None = None) -> Receiver:
        """Start a server that keeps what is delivered to its `url`, until the world is deleted.

        It answers as `Receiver.answer` says, 200 where nothing is said. `bind` is the address that it listens on,
        `host` the name in its `url`, where a simulator on another machine or in a container is to reach it.
        """
        receivers = self._world.client.receivers
        sink = run_blocking(receivers.loop, receivers.open(self._world.name, answers, bind, host))
        return Receiver(sink, receivers)

    def hold(self) -> None:
        """Stop sending."""
        self._world.call("POST", "/callbacks/hold")

    def release(self, ids: Sequence[str] | None = None) -> Any:
        """Let held ones go, in the order given; all of them without `ids`."""
        return self._world.call("POST", "/callbacks/release", {} if ids is None else {"ids": list(ids)})

    def resend(self, delivery: str) -> Any:
        """Send the identical body again."""
        return self._world.call("POST", f"/callbacks/{quote(delivery, safe='')}/resend")


class Receiver:
    """A server in the place of the code under test: keeps what is delivered to its `url`, and answers as told."""

    def __init__(self, sink: Sink, receivers: Receivers) -> None:
        self._sink = sink
        self._receivers = receivers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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

    def wait(self, count: int = 1, *, timeout_s: float = WAIT_S) -> list[Received]:
        """Wait until so many came, those already there included, and give all of them.

        Raises:
            NotSeen: fewer came.
        """
        if not run_blocking(self._receivers.loop, self._sink.arrived(count, timeout_s)):
            wanted = {"receiver": self.url, "count": count, "timeout_s": timeout_s}
            raise NotSeen(wanted, {"found": len(self._sink.received)})
        return self.received

    def close(self) -> None:
        """Stop listening; answers under way are broken off."""
        run_blocking(self._receivers.loop, self._sink.close())
