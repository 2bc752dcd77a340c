"""The control API over the wire: moving time, waiting for what happens, and faults that break connections."""

import asyncio
import io
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import aiohttp
import pytest
from desk import Served, serve
from sample import SAMPLE

from chatsim.control.problems import render
from chatsim.core.api import MEBIBYTE, Api, Call, Route
from chatsim.core.effects import Later
from chatsim.core.http import Reply
from chatsim.core.json import encode
from chatsim.core.routing import Territory
from chatsim.core.snapshot import take
from chatsim.server.assembly import assemble

WORLD = "/_sim/worlds/default"


def _plan(state: None, call: Call) -> Reply:
    """Do something later, once more each time."""
    args = {"left": call.body["left"] - 1}
    effects = (Later(operation="ring", args=args, after_s=60),) if call.body["left"] else ()
    return Reply(status=200, body={"token": "x"}, effects=effects)


CUCKOO = Api(
    name="cuckoo",
    title="Cuckoo",
    document="none",
    emulates="a clock",
    territory=(Territory("/cuckoo"),),
    routes=(Route(method="POST", path="/cuckoo", operation=_plan, replies={200: "_sim/login"}),),
    render=render,
    timers={"ring": _plan},
)


@pytest.fixture
async def client() -> AsyncIterator["Client"]:
    """A client of a simulator that has one API, which rings every minute."""
    async with serve(assemble(apis=[CUCKOO])) as running, aiohttp.ClientSession(running.base_url) as session:
        yield Client(running, session)


class Client:
    """Calls with JSON in and out."""

    def __init__(self, running: Served, session: aiohttp.ClientSession) -> None:
        self.running = running
        self.session = session

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send and read."""
        async with self.session.request(method, path, json=body) as answer:
            return answer.status, await answer.json(content_type=None)

    async def ring(self, times: int) -> None:
        """Make the API ring so many times, a minute apart."""
        assert (await self.ask("POST", "/cuckoo", {"left": times}))[0] == 200


# Time


@pytest.mark.parametrize("mode", ["frozen", "real"])
async def test_moving_on_runs_what_falls_due(client: Client, mode: str) -> None:
    """Timers that timers set included, each at its own moment, and none that lies beyond."""
    _, before = await client.ask("POST", f"{WORLD}/clock", {"mode": mode})
    await client.ring(5)
    status, after = await client.ask("POST", f"{WORLD}/clock", {"advance_s": 185})
    assert status == 200
    assert [one["operation"] for one in after["ran"]] == ["ring"] * 3
    assert after["ran"][0]["api"] == "cuckoo"
    assert len({one["at"] for one in after["ran"]}) == 3
    assert after["timers"] == 1
    assert after["now"] > before["now"]


async def test_moving_on_shifts_a_running_clock(client: Client) -> None:
    """It goes on from there, until it follows real time again."""
    _, after = await client.ask("POST", f"{WORLD}/clock", {"advance_s": 3600})
    assert (after["mode"], after["shift_s"], after["ran"]) == ("real", 3600, [])
    _, after = await client.ask("POST", f"{WORLD}/clock", {"mode": "real"})
    assert after["shift_s"] == 0


async def test_moving_on_moves_one_world_only(client: Client) -> None:
    """Another world's timers stay where they are."""
    await client.ask("PUT", "/_sim/worlds/a", {"clock": {"mode": "frozen"}})
    await client.ring(1)
    _, after = await client.ask("POST", "/_sim/worlds/a/clock", {"advance_s": 600})
    assert after["ran"] == []
    assert (await client.ask("GET", f"{WORLD}/clock"))[1]["timers"] == 1


async def test_timers_of_a_reset_world_do_not_run(client: Client) -> None:
    """Nothing of before the reset is due any more."""
    await client.ask("POST", f"{WORLD}/clock", {"mode": "frozen"})
    await client.ring(3)
    assert (await client.ask("POST", f"{WORLD}/reset"))[0] == 200
    _, after = await client.ask("POST", f"{WORLD}/clock", {"advance_s": 600})
    assert after["ran"] == []


# Waiting

RINGS = {"match": {"kind": "request", "path": "/cuckoo"}}


async def test_a_wait_is_over_at_once_where_it_is_so(client: Client) -> None:
    """Entries already there count."""
    await client.ring(0)
    status, answer = await client.ask("POST", f"{WORLD}/journal/wait", {**RINGS, "timeout_s": 0})
    assert (status, answer["ok"], answer["found"]) == (200, True, 1)


async def test_a_wait_ends_with_what_it_waits_for(client: Client) -> None:
    """Long before its time is over."""
    waiting = asyncio.create_task(client.ask("POST", f"{WORLD}/journal/wait", {**RINGS, "count": 2, "timeout_s": 30}))
    await client.ring(0)
    await client.ring(0)
    status, answer = await asyncio.wait_for(waiting, 5)
    assert (status, answer["found"]) == (200, 2)


async def test_a_wait_whose_time_is_over_says_what_it_saw(client: Client) -> None:
    """409 with the near misses."""
    await client.ring(0)
    body = {"match": {"path": "/cuckoo", "status": 500}, "timeout_s": 0.05}
    status, answer = await client.ask("POST", f"{WORLD}/journal/wait", body)
    assert (status, answer["ok"], answer["code"]) == (409, False, "not_so")
    assert answer["near_misses"][0]["members"]["status"] == {"expected": 500, "actual": 200, "matched": False}
    assert "status expected 500, got 200" in answer["detail"]


async def test_a_wait_can_ask_that_it_stays_so(client: Client) -> None:
    """That it is exactly one is only told after nothing more came for a while."""
    body = {**RINGS, "count": 1, "for_s": 0.2, "timeout_s": 10}
    await client.ring(0)
    began = time.monotonic()
    status, _ = await client.ask("POST", f"{WORLD}/journal/wait", body)
    assert status == 200
    assert time.monotonic() - began >= 0.2


async def test_a_wait_notices_that_it_does_not_stay_so(client: Client) -> None:
    """A second one within the time makes it a no."""
    body = {**RINGS, "count": 1, "for_s": 0.3, "timeout_s": 0.6}
    waiting = asyncio.create_task(client.ask("POST", f"{WORLD}/journal/wait", body))
    await client.ring(0)
    await client.ring(0)
    status, answer = await waiting
    assert (status, answer["found"]) == (409, 2)


async def test_a_wait_for_timers(client: Client) -> None:
    """What the world's clock brings ends a wait too."""
    await client.ring(1)
    body = {"match": {"kind": "timer", "operation": "ring"}, "timeout_s": 30}
    waiting = asyncio.create_task(client.ask("POST", f"{WORLD}/journal/wait", body))
    await client.ask("POST", f"{WORLD}/clock", {"advance_s": 60})
    assert (await asyncio.wait_for(waiting, 5))[0] == 200


async def test_a_wait_in_a_world_that_ends(client: Client) -> None:
    """410 as soon as it is deleted, not when the time is over."""
    await client.ask("PUT", "/_sim/worlds/a")
    waiting = asyncio.create_task(client.ask("POST", "/_sim/worlds/a/journal/wait", {**RINGS, "timeout_s": 30}))
    await client.ask("GET", "/_sim/livez")
    await client.ask("DELETE", "/_sim/worlds/a")
    assert (await asyncio.wait_for(waiting, 5))[0] == 410


async def test_many_waits(client: Client) -> None:
    """Each in its own world, all ended by their own entry."""
    names = [f"w{number}" for number in range(50)]
    bodies = {**RINGS, "timeout_s": 30}
    waits = [client.ask("POST", f"/_sim/worlds/{name}/journal/wait", bodies) for name in names]
    for name in names:
        assert (await client.ask("PUT", f"/_sim/worlds/{name}"))[0] == 201
    waiting = [asyncio.create_task(wait) for wait in waits]
    for name in names:
        await client.ask("POST", f"/w/{name}/cuckoo", {"left": 0})
    assert {status for status, _ in await asyncio.wait_for(asyncio.gather(*waiting), 20)} == {200}


# Faults on the wire


async def plan(client: Client, act: dict[str, Any], **members: Any) -> None:
    """Plan a fault for the API."""
    status, _ = await client.ask("POST", f"{WORLD}/faults", {"act": act, "match": {"path": "/cuckoo"}, **members})
    assert status == 201


@pytest.mark.parametrize(("act", "entries"), [({"drop": "before"}, 0), ({"drop": "after"}, 1)])
async def test_a_dropped_connection(client: Client, act: dict[str, str], entries: int) -> None:
    """Before: as if the request had never arrived; after: it was done, but nobody hears of it."""
    await plan(client, act)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.ring(1)
    assert (await client.ask("GET", f"{WORLD}/clock"))[1]["timers"] == entries
    await client.ring(0)


async def test_a_truncated_answer(client: Client) -> None:
    """Half of it, then the connection breaks."""
    await plan(client, {"truncate": True})
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.ring(0)


async def test_a_late_answer(client: Client) -> None:
    """Alone or beside another act."""
    await plan(client, {"status": 503, "delay_s": 0.2})
    began = time.monotonic()
    status, _ = await client.ask("POST", "/cuckoo", {"left": 0})
    assert status == 503
    assert time.monotonic() - began >= 0.2


async def test_offline_takes_open_sockets_along() -> None:
    """Those of the API that goes offline; afterwards neither request nor handshake gets through."""
    async with serve(assemble(apis=[SAMPLE])) as running, aiohttp.ClientSession(running.base_url) as session:
        async with session.ws_connect("/sample/a/ears") as ears:
            await ears.receive_str()
            body = {"match": {"api": "sample"}, "act": {"offline": True}, "times": None}
            async with session.post(f"{WORLD}/faults", json=body) as answer:
                assert answer.status == 201
            await ears.receive()
            assert ears.close_code == 1006
        with pytest.raises(aiohttp.ClientError):
            await session.ws_connect("/sample/a/ears")
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await session.get("/sample/a")


async def test_a_fault_for_one_request_hits_one_of_many(client: Client) -> None:
    """Also when they come at the same moment."""
    await plan(client, {"status": 503}, times=1)
    answers = await asyncio.gather(*(client.ask("POST", "/cuckoo", {"left": 0}) for _ in range(60)))
    assert sorted(status for status, _ in answers) == [200] * 59 + [503]


# The access rules


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "https://evil.example", "Content-Type": "text/plain"}, 403),
        ({"Origin": "http://localhost:5173"}, 201),
    ],
)
async def test_a_foreign_page_cannot_make_worlds(client: Client, headers: dict[str, str], status: int) -> None:
    """Neither by a rebound name nor by a form."""
    async with client.session.post("/_sim/worlds", data=b"{}", headers=headers) as answer:
        assert answer.status == status
    expected = 2 if status == 201 else 1
    assert len(client.running.simulator.worlds) == expected


async def test_the_prefix_of_a_world_does_not_lead_to_the_control_api(client: Client) -> None:
    """`/_sim` stands at the root only."""
    assert (await client.ask("GET", "/w/default/_sim/worlds"))[0] == 404


async def test_a_world_with_a_port_of_its_own(client: Client) -> None:
    """Its base URL leads to it without a prefix; the port ends with the world."""
    status, shown = await client.ask("POST", "/_sim/worlds", {"name": "a", "listen": True})
    assert status == 201
    async with client.session.post(f"{shown['base_url']}/cuckoo", json={"left": 0}) as answer:
        assert (answer.status, answer.headers["X-Sim-World"]) == (200, "a")
    assert (await client.ask("GET", "/_sim/worlds/a"))[1]["base_url"] == shown["base_url"]
    assert (await client.ask("DELETE", "/_sim/worlds/a"))[0] == 204


async def test_a_snapshot_may_be_longer_than_all_other_bodies(client: Client) -> None:
    """It holds what was uploaded; a setting says how long it may be."""
    document = encode(take(client.running.world))
    put = partial(client.session.put, f"{WORLD}/snapshot")
    async with put(data=io.BytesIO(document + b" " * (65 * MEBIBYTE))) as answer:
        assert answer.status == 200
    client.running.world.settings["snapshots.max_bytes"] = len(document)
    async with put(data=document + b" ") as answer:
        assert answer.status == 413
