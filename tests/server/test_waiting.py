"""Those who wait are asked when what they wait for may have changed, and not after every request."""

import asyncio
from collections.abc import Callable

import aiohttp
from desk import Served, serve

from chatsim.core.http import Pending, Reply
from chatsim.server.waiting import Waiting

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
