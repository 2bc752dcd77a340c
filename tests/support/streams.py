"""Waits for what the server knows of its sockets: a client is told of its own before the server is of it."""

from __future__ import annotations

from desk import Served

from chatsim.core.http import Pending, Reply

PATIENCE_S = 10.0


async def listeners(served: Served, count: int) -> None:
    """Wait until `count` sockets of the default world listen to something."""

    def check() -> Reply | None:
        links = served.server.hub.links(served.world)
        return Reply() if sum(bool(link.connection.topics) for link in links) >= count else None

    pending = Pending(check=check, timeout_s=PATIENCE_S, expired=lambda: Reply(status=504))
    reply = await served.server.waiting.reply(served.world, pending)
    assert reply.status == 200, f"fewer than {count} sockets listen"
