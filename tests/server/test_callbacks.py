"""Deliveries on the wire, to a receiver of the test on a free port."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from aiohttp import web
from desk import Served, serve
from receiver import Receiver, receive

from chatsim.core.callbacks import Delivery, deliver
from chatsim.core.effects import Callback
from chatsim.core.faults import Act, Fault
from chatsim.core.match import Match
from chatsim.server.assembly import assemble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

OFF_LIMITS = "http://198.51.100.7/cb"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A client's server."""
    async with receive() as running:
        yield running


@pytest.fixture
async def sender() -> AsyncIterator[Served]:
    """A simulator without APIs, whose time stands still."""
    async with serve(assemble(apis=[])) as running:
        running.world.clock.freeze()
        yield running


def post(sender: Served, url: str, body: Any = None, topic: str = "c") -> Delivery:
    """Enter a delivery and let it leave."""
    world = sender.world
    effect = Callback(topic=topic, url=url, body=body or {"n": 1}, about="test")
    delivery = deliver(world, effect, api="kobil", now=world.clock.now(), cause=1)
    sender.server.courier.leave(world, delivery.id)
    return delivery


async def settled(sender: Served) -> None:
    """Wait until every delivery that may leave has its outcome."""
    async with asyncio.timeout(10):
        await sender.server.courier.settled(sender.world)


def plan(sender: Served, **act: Any) -> None:
    """Plan a fault of one callback."""
    sender.world.faults.add(Fault("f", Match({"kind": "callback"}), Act(**act)))


async def test_body_arrives_as_encoded(sender: Served, receiver: Receiver) -> None:
    """The receiver gets compact JSON, no Authorization, and the query of its address."""
    post(sender, f"{receiver.url}/cb?secret=a%2Fb&x=", {"text": "ü"})
    await settled(sender)
    [headers] = receiver.headers
    assert (receiver.targets, receiver.bodies) == (["/cb?secret=a%2Fb&x="], ['{"text":"ü"}'.encode()])
    assert (headers["Content-Type"], "Authorization" in headers, "Cookie" in headers) == (
        "application/json",
        False,
        False,
    )


async def test_outcome_is_kept(sender: Served, receiver: Receiver) -> None:
    """Status, headers and the beginning of the reply can be looked at, in the delivery and in the journal."""
    receiver.answer = lambda request: web.Response(status=300, body=b"x" * 9000, headers={"X-Mine": "1"})
    delivery = post(sender, receiver.url)
    await settled(sender)
    [attempt] = delivery.attempts
    assert (delivery.state, attempt.status, len(attempt.reply)) == ("delivered", 300, 4096)
    assert ("X-Mine", "1") in attempt.headers
    [entry] = sender.world.journal
    assert (entry.kind, entry.url, entry.status, entry.cause, entry.body) == (
        "callback",
        receiver.url,
        300,
        1,
        {"n": 1},
    )


async def test_redirect_is_not_followed(sender: Served, receiver: Receiver) -> None:
    """A redirect is an answer like any other, and a failure."""
    receiver.answer = lambda request: web.Response(status=302, headers={"Location": "/elsewhere"})
    delivery = post(sender, f"{receiver.url}/cb")
    await settled(sender)
    assert (delivery.state, receiver.targets) == ("failed", ["/cb"])


async def test_retry_follows_the_worlds_clock(sender: Served, receiver: Receiver) -> None:
    """A failed delivery is tried again when the clock gets there, with the same bytes."""
    sender.world.settings |= {"callbacks.attempts": 3, "callbacks.backoff_s": [2, 10]}
    receiver.answer = lambda request: web.Response(status=500 if len(receiver.bodies) < 3 else 200)
    delivery = post(sender, receiver.url)
    await settled(sender)
    assert (delivery.state, len(receiver.bodies)) == ("scheduled", 1)
    await sender.server.timekeeper.advance(sender.world, 60)
    assert (delivery.state, len(set(receiver.bodies)), len(receiver.bodies)) == ("delivered", 1, 3)
    at = [attempt.at for attempt in delivery.attempts]
    assert [later - at[0] for later in at] == [0, 2_000_000_000, 12_000_000_000]


async def test_running_clock_retries_by_itself(sender: Served, receiver: Receiver) -> None:
    """While time runs nobody has to move the clock."""
    sender.world.clock.run()
    sender.world.settings |= {"callbacks.attempts": 2, "callbacks.backoff_s": [0.01]}
    done = asyncio.Event()

    def answer(request: web.BaseRequest) -> web.Response:
        if len(receiver.bodies) == 2:
            done.set()
            return web.Response()
        return web.Response(status=503)

    receiver.answer = answer
    post(sender, receiver.url)
    async with asyncio.timeout(10):
        await done.wait()


async def test_slow_receiver_times_out(sender: Served, receiver: Receiver) -> None:
    """A receiver that does not answer in time is a failed attempt."""
    sender.world.settings["callbacks.timeout_s"] = 0.05
    receiver.gate = asyncio.Event()
    delivery = post(sender, receiver.url)
    await settled(sender)
    assert (delivery.state, delivery.attempts[0].error) == ("failed", "no answer within 0.05 s")


async def test_nobody_there_is_a_failure(sender: Served, unused_tcp_port: int) -> None:
    """A refused connection says so."""
    delivery = post(sender, f"http://127.0.0.1:{unused_tcp_port}/")
    await settled(sender)
    assert (delivery.state, "refused" in str(delivery.attempts[0].error).lower()) == ("failed", True)


async def test_unusable_address_is_a_failure(sender: Served) -> None:
    """What no request can be made of fails with the reason."""
    delivery = post(sender, "ftp://a.example/")
    await settled(sender)
    assert (delivery.state, "scheme" in str(delivery.attempts[0].error)) == ("failed", True)


async def test_conversation_outlives_an_unusable_address(sender: Served, receiver: Receiver) -> None:
    """Where nothing can be posted the delivery fails, is in the journal, and the next one leaves."""
    first, second = post(sender, "http://xn--.example/"), post(sender, receiver.url)
    await settled(sender)
    assert (first.state, second.state, len(sender.world.journal)) == ("failed", "delivered", 2)
    assert "no name of a host" in str(first.attempts[0].error)


async def test_conversation_outlives_a_mistake_of_ours(sender: Served, receiver: Receiver) -> None:
    """What goes wrong here ends one delivery, and the journal says that it is a bug."""
    world = sender.world
    effect = Callback(topic="c", url=receiver.url, body={}, headers={"X-Mine": "\ud800"})
    first = deliver(world, effect, api="kobil", now=world.clock.now(), cause=1)
    sender.server.courier.leave(world, first.id)
    second = post(sender, receiver.url)
    await settled(sender)
    assert (first.state, second.state, "mistake" in str(first.attempts[0].error)) == ("failed", "delivered", True)
    assert ["UnicodeEncodeError" in entry.bug for entry in world.journal] == [True, False]


async def test_far_address_is_blocked(sender: Served) -> None:
    """An address beyond the private networks is not called, and the setting is named."""
    delivery = post(sender, OFF_LIMITS)
    await settled(sender)
    assert (delivery.state, "callbacks.allow_hosts" in str(delivery.attempts[0].error)) == ("blocked", True)


async def test_name_of_a_far_address_is_blocked(sender: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is judged by the addresses it has when it is called."""

    async def far(*args: Any, **options: Any) -> list[Any]:
        return [(2, 1, 6, "", ("198.51.100.7", 80))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", far)
    first, second = post(sender, "http://far.example/"), post(sender, "http://far.example/")
    await settled(sender)
    assert (first.state, second.state) == ("blocked", "blocked")
    assert "far.example (198.51.100.7)" in str(second.attempts[0].error)


async def test_map_leads_a_public_address_here(sender: Served, receiver: Receiver) -> None:
    """A mapped address arrives locally, with path and query."""
    sender.world.settings["callbacks.map"] = {"https://miniapp.example": receiver.url}
    delivery = post(sender, "https://miniapp.example/cb?a=b")
    await settled(sender)
    assert (delivery.state, delivery.url, receiver.targets) == (
        "delivered",
        "https://miniapp.example/cb?a=b",
        ["/cb?a=b"],
    )


async def test_control_api_takes_no_callbacks(sender: Served) -> None:
    """A callback cannot drive the simulator."""
    delivery = post(sender, f"{sender.base_url}/_sim/worlds/default/reset")
    await settled(sender)
    assert (delivery.state, "control API" in str(delivery.attempts[0].error)) == ("blocked", True)


async def test_conversation_is_in_order_and_others_do_not_wait(sender: Served, receiver: Receiver) -> None:
    """While one conversation waits for its receiver, another one goes on."""
    receiver.gate = gate = asyncio.Event()
    for number in range(3):
        post(sender, receiver.url, {"slow": number}, topic="slow")
    await receiver.arrived(1)
    receiver.gate = None
    post(sender, receiver.url, {"fast": 0}, topic="fast")
    await receiver.arrived(2)
    gate.set()
    await settled(sender)
    assert [json.loads(body) for body in receiver.bodies] == [{"slow": 0}, {"fast": 0}, {"slow": 1}, {"slow": 2}]


async def test_at_most_32_are_under_way(sender: Served, receiver: Receiver) -> None:
    """Of many conversations 32 are served at a time."""
    receiver.gate = asyncio.Event()
    for number in range(50):
        post(sender, receiver.url, topic=str(number))
    await receiver.arrived(32)
    assert len(sender.world.outbox.leaving) == 18
    receiver.gate.set()  # all end at once, and each makes room for another
    await receiver.arrived(50)


async def test_fault_repeats_the_body(sender: Served, receiver: Receiver) -> None:
    """repeat 2 sends the identical body twice."""
    plan(sender, repeat=2)
    delivery = post(sender, receiver.url)
    await settled(sender)
    assert (receiver.bodies, len(delivery.attempts)) == ([b'{"n":1}'] * 2, 2)


async def test_fault_swaps_two_callbacks(sender: Served, receiver: Receiver) -> None:
    """reorder lets the next callback of the conversation arrive first."""
    plan(sender, reorder=True)
    post(sender, receiver.url, {"n": 1})
    await settled(sender)
    post(sender, receiver.url, {"n": 2})
    await settled(sender)
    assert receiver.bodies == [b'{"n":2}', b'{"n":1}']


async def test_fault_loses_a_callback(sender: Served, receiver: Receiver) -> None:
    """lose sends nothing; the journal still shows it with its fault."""
    plan(sender, lose=True)
    delivery = post(sender, receiver.url)
    await settled(sender)
    [entry] = sender.world.journal
    assert (delivery.state, receiver.bodies, entry.fault) == ("lost", [], "f")


async def test_fault_delays_an_attempt(sender: Served, receiver: Receiver) -> None:
    """delay_s holds an attempt back in real time."""
    plan(sender, delay_s=0.01)
    delivery = post(sender, receiver.url)
    await settled(sender)
    assert (delivery.state, receiver.bodies) == ("delivered", [b'{"n":1}'])


@pytest.mark.parametrize(
    ("act", "status", "arrived"),
    [
        ({"status": 503, "body": {"busy": True}}, 503, 0),
        ({"offline": True}, None, 0),
        ({"drop": "before"}, None, 0),
        ({"drop": "after"}, None, 1),
        ({"truncate": True}, None, 1),
    ],
)
async def test_fault_fails_an_attempt(
    sender: Served, receiver: Receiver, act: dict[str, Any], status: int | None, arrived: int
) -> None:
    """What a fault does to a request it does to an attempt, which the policy repeats with the same body."""
    sender.world.settings |= {"callbacks.attempts": 2, "callbacks.backoff_s": [0]}
    plan(sender, **act)
    delivery = post(sender, receiver.url)
    await settled(sender)
    first, second = delivery.attempts
    assert (first.status, first.succeeded, second.status) == (status, False, 200)
    assert (len(receiver.bodies), len(set(receiver.bodies))) == (arrived + 1, 1)


async def test_planned_answer_is_kept(sender: Served, receiver: Receiver) -> None:
    """A planned answer is looked at as one of the receiver's."""
    plan(sender, status=202, body={"late": True}, headers={"X-Mine": "1"})
    delivery = post(sender, receiver.url)
    await settled(sender)
    [attempt] = delivery.attempts
    assert (delivery.state, attempt.reply, attempt.headers) == ("delivered", b'{"late":true}', [("X-Mine", "1")])


async def test_request_fault_does_not_hit_callbacks(sender: Served, receiver: Receiver) -> None:
    """A fault that names neither callbacks nor a URL is meant for requests."""
    sender.world.faults.add(Fault("f", Match({"api": "kobil"}), Act(delay_s=1)))
    delivery = post(sender, receiver.url)
    await settled(sender)
    assert (delivery.state, sender.world.faults.all["f"].hits) == ("delivered", 0)


async def test_outcome_after_a_reset_is_ignored(sender: Served, receiver: Receiver) -> None:
    """What was under way when the world was reset changes nothing in the new one."""
    receiver.gate = asyncio.Event()
    post(sender, receiver.url)
    await receiver.arrived(1)
    sender.world.reset()
    receiver.gate.set()
    await settled(sender)
    assert (sender.world.outbox.deliveries, list(sender.world.journal)) == ({}, [])


async def test_cookies_are_not_kept(sender: Served, receiver: Receiver) -> None:
    """A receiver's cookie does not come back with the next callback."""
    receiver.answer = lambda request: web.Response(headers={"Set-Cookie": "a=b"})
    post(sender, receiver.url)
    post(sender, receiver.url)
    await settled(sender)
    assert ["Cookie" in headers for headers in receiver.headers] == [False, False]


async def test_receivers_certificate_is_checked(sender: Served, tmp_path: Path) -> None:
    """A receiver with a certificate of its own is trusted once callbacks.ca_file names the authority."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with receive(context) as receiver:
        states = []
        for ca_file in (None, str(tmp_path / "missing.pem"), str(tmp_path / "ca.pem")):
            sender.world.settings["callbacks.ca_file"] = ca_file
            delivery = post(sender, receiver.url)
            await settled(sender)
            states.append(delivery.state)
    assert states == ["failed", "failed", "delivered"]
