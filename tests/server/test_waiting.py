"""Those who wait are asked when what they wait for may have changed, and not after every request."""

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

import aiohttp
import msgspec
import pytest
from desk import Served, serve
from sample import SAMPLE

from chatsim.core.faults import Act, Fault
from chatsim.core.http import Pending, Reply
from chatsim.core.match import Match
from chatsim.server.assembly import assemble
from chatsim.server.waiting import Waiting

EARS = "/sample/a/ears"
QUIET = "/auth/realms/woven"


async def wait_in(served: Served, **more: object) -> tuple[list[int], Callable[[], None], "asyncio.Task[Reply]"]:
    """A wait that counts how often it is asked, and how it is ended."""
    asked, over = list[int](), list[int]()

    def check() -> Reply | None:
        asked.append(1)
        return Reply(status=299) if over else None

    pending = Pending(check=check, timeout_s=10, expired=Reply, **more)  # type: ignore[arg-type]  # members by name
    waiting = served.server.waiting
    task = asyncio.create_task(waiting.reply(served.world, pending))
    while not waiting.count:
        await asyncio.wait((task,), timeout=0)
    asked.clear()
    return asked, lambda: over.append(1), task


async def test_request_without_effects_asks_nobody_else() -> None:
    """A request that only leaves an entry is nothing to those who wait for deliveries."""
    async with serve() as served, aiohttp.ClientSession(served.base_url) as session:
        asked, end, task = await wait_in(served)
        for _ in range(5):
            await (await session.get(QUIET)).read()
        assert asked == []
        end()
        served.server.waiting.wake(served.world)
        assert (await task).status == 299


async def test_group_is_asked_when_its_state_changed() -> None:
    """As long as its state is as it was nobody of the group is asked, whatever else happened."""
    async with serve() as served:
        state = [0]
        asked, end, task = await wait_in(served, about="this", state=lambda: state[0])
        served.server.waiting.wake(served.world)
        assert asked == []
        end()
        state[0] = 1
        served.server.waiting.wake(served.world)
        assert (await task).status == 299


async def test_wait_for_the_journal_hears_of_entries() -> None:
    """Only a request that fits ends it, and it counts what was there before."""
    async with serve() as served, aiohttp.ClientSession(served.base_url) as session:
        await (await session.get(QUIET)).read()
        body = {"match": {"path": QUIET}, "count": 2, "timeout_s": 10}
        task = asyncio.create_task(session.post("/_sim/worlds/default/journal/wait", json=body))
        while not served.server.waiting.count:
            await asyncio.wait((task,), timeout=0)
        await (await session.get("/auth/realms/other")).read()
        assert not task.done()
        await (await session.get(QUIET)).read()
        answer = await (await task).json()
        assert (answer["ok"], [one["request"]["path"] for one in answer["entries"]]) == (True, [QUIET, QUIET])


async def asks_for(served: Served, session: aiohttp.ClientSession, **match: object) -> "asyncio.Task[int]":
    """A wait for an entry, and the status of its answer."""

    async def wait() -> int:
        body = {"match": match, "timeout_s": 60}
        async with session.post("/_sim/worlds/default/journal/wait", json=body) as answer:
            return answer.status

    task = asyncio.create_task(wait())
    while not served.server.waiting.count:
        await asyncio.wait((task,), timeout=0)
    return task


async def test_wait_hears_of_a_body_that_was_broken_off() -> None:
    """The entry is there though nobody was answered."""
    async with serve() as served, aiohttp.ClientSession(served.base_url) as session:
        task = await asks_for(served, session, path="/auth/realms/woven/protocol/openid-connect/token")
        _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(served.base_url).port)
        head = b"POST /auth/realms/woven/protocol/openid-connect/token HTTP/1.1\r\nHost: x\r\n"
        writer.write(head + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nabc")
        await writer.drain()
        writer.close()
        async with asyncio.timeout(10):
            assert await task == 200


@pytest.mark.parametrize("act", [{"drop": "after"}, {"delay_s": 60}])
async def test_wait_hears_of_a_handshake_that_comes_to_nothing(act: dict[str, object]) -> None:
    """Whatever a fault does to it after it was listed."""
    async with serve(assemble(apis=[SAMPLE])) as served, aiohttp.ClientSession(served.base_url) as session:
        served.world.faults.add(Fault("f", Match({"path": EARS}), msgspec.convert(act, Act)))
        task = await asks_for(served, session, path=EARS)
        handshake = asyncio.create_task(session.ws_connect(EARS))
        async with asyncio.timeout(10):
            assert await task == 200
        handshake.cancel()
        await asyncio.gather(handshake, return_exceptions=True)


async def test_entry_of_a_download_is_listed_with_what_was_sent() -> None:
    """A part of a file is 206 from the beginning, for those who hear of it when it is listed."""
    async with serve(assemble(apis=[SAMPLE])) as served, aiohttp.ClientSession(served.base_url) as session:
        heard = list[tuple[int, int]]()
        served.server.simulator.watchers.append(lambda _, entry: heard.append((entry.status, entry.response_size)))
        for asked in ("bytes=2-4", "bytes=99-", "bytes=-3", "lines=1"):
            async with session.get("/sample/store/file", headers={"Range": asked}) as answer:
                await answer.read()
    assert heard == [(206, 3), (416, 0), (206, 3), (200, 10)]


async def test_request_without_an_answer_has_no_status() -> None:
    """Nobody received one: its entry says 0, and names the fault."""
    async with serve(assemble(apis=[SAMPLE])) as served, aiohttp.ClientSession(served.base_url) as session:
        for name, act in {"dropped": {"drop": "before"}, "gone": {"offline": True}}.items():
            served.world.faults.add(Fault(name, Match({}), msgspec.convert(act, Act)))
            with pytest.raises(aiohttp.ClientError):
                await session.post("/sample/a", json={})
        assert [(entry.fault, entry.status) for entry in served.world.journal] == [("dropped", 0), ("gone", 0)]


async def test_deleted_world_ends_every_wait() -> None:
    """They are told that it is gone, whatever they waited for."""
    async with serve() as served, aiohttp.ClientSession(served.base_url) as session:
        await session.put("/_sim/worlds/a", json={})
        bodies: dict[str, dict[str, object]] = {"journal": {"match": {}}, "sockets": {"count": 1}}
        tasks = [
            asyncio.create_task(session.post(f"/_sim/worlds/a/{what}/wait", json={**body, "timeout_s": 10}))
            for what, body in bodies.items()
        ]
        while served.server.waiting.count < len(tasks):
            await asyncio.wait(tasks, timeout=0)
        await session.delete("/_sim/worlds/a")
        assert [(await task).status for task in tasks] == [410, 410]
        assert not served.server.waiting.has(served.world)


def test_nobody_waits() -> None:
    """Where nobody waits there is nothing to look at."""
    assert Waiting().count == 0
