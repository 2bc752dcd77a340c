"""@stomp/stompjs 6.1 and 7 in Node, the library of every chat plugin front end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from desk import Served

from chatsim.core.effects import Close

Start = Callable[[], Awaitable[Any]]
Agent = Callable[[str, Any], Awaitable[Any]]


async def test_a_visitor_hears_itself_and_the_agent(start: Start, agent: Agent) -> None:
    """Authenticate, connect, subscribe, send: the echo is the answer's own message, then the agent's comes."""
    front = await start()
    assert await front.begin() == []
    sent = await front.send("Hello?")
    assert (await front.hear("message"))["message"] == sent
    (listed,) = (await agent("conversations.list", {}))["data"]
    await agent("messages.send", {"conversation_id": listed["id"], "message": {"text": "How can I help?"}})
    answer = await front.hear("message")
    assert (answer["message"]["content"], answer["message"]["delivery_state"], answer["conversation_id"]) == (
        {"text": "How can I help?"}, "delivered", listed["id"],
    )  # fmt: skip


async def test_a_reload_brings_the_history_back(start: Start) -> None:
    """Another process goes on with the resume token."""
    front = await start()
    await front.begin()
    sent = await front.send("Hello?")
    await front.tell("resumeToken")
    token = (await front.hear("resume-token"))["body"]["resume_token"]
    again = await start()
    assert await again.begin(token) == [sent]
    following = await again.send("Still me")
    assert (await again.hear("message"))["message"] == following


async def test_a_bad_token_is_told_and_mended(start: Start) -> None:
    """The library gives out an ERROR with 401 in its message; a fresh token connects."""
    front = await start()
    await front.tell("authenticate")
    await front.hear("authenticated")
    await front.tell("connect", **{"with": "stale"})
    assert "401" in (await front.hear("error"))["message"]
    assert (await front.hear("closed"))["code"] == 1002
    await front.tell("connect")
    assert (await front.hear("connected"))["headers"]["version"] == "1.2"


async def test_heart_beats_go_both_ways(start: Start, served: Served) -> None:
    """Beats are really sent, and the connection outlives three intervals (long ones: each end gives up after two)."""
    served.world.settings["airy.heartbeat_s"] = 0.5
    front = await start()
    await front.tell("authenticate")
    await front.hear("authenticated")
    await front.tell("connect", heartBeat=500)
    assert (await front.hear("connected"))["headers"]["heart-beat"] == "500,500"
    for kind in ("beat-in", "beat-out", "beat-in", "beat-in"):
        await front.hear(kind)
    await front.send("Still here")
    await front.hear("message")


async def test_a_dropped_socket_comes_back(start: Start, served: Served) -> None:
    """The library connects again by itself, with the same token, and hears what is said then."""
    front = await start()
    await front.tell("authenticate")
    await front.hear("authenticated")
    await front.tell("connect", reconnectMs=20)
    await front.hear("connected")
    served.server.carry_out(served.world, [Close(code=1012)])
    assert (await front.hear("closed"))["code"] == 1012
    await front.hear("connected")
    await front.send("Back again")
    assert (await front.hear("message"))["message"]["content"] == {"text": "Back again"}


async def test_leaving_is_acknowledged(start: Start, served: Served) -> None:
    """`deactivate` waits for the RECEIPT of its DISCONNECT."""
    front = await start()
    await front.begin()
    await front.tell("deactivate")
    await front.hear("deactivated")
    commands = [entry.command for entry in served.world.journal if entry.kind == "socket"]
    assert commands[:3] == ["CONNECT", "SUBSCRIBE", "DISCONNECT"]
