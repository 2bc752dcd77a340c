"""Sends the deliveries of all worlds: what may leave is asked of `core.callbacks`, what happened is told to it.

32 attempts of a world at a time; `outgoing` makes them.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from ipaddress import ip_address
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

from multidict import CIMultiDict
from yarl import URL

from chatsim.core.callbacks import Attempt, Policy
from chatsim.core.clock import rfc3339
from chatsim.core.faults import UNHEARD
from chatsim.core.journal import Entry
from chatsim.core.targets import is_near, malformed, own_control, refusal
from chatsim.server.outgoing import Address, NoAnswer, Outgoing, Refused

if TYPE_CHECKING:
    from chatsim.core.callbacks import Delivery, Outbox
    from chatsim.core.faults import Act, Drawn
    from chatsim.core.world import World

AT_ONCE: Final = 32

_NOT_ASKED: Final = Policy()
_CONTAINER_MARKS: Final = ("/.dockerenv", "/run/.containerenv")


class Blocked(Exception):
    """The target must not be called; the text says why and which setting allows it."""


class Courier:
    """Sends deliveries. `changed` is told after every outcome."""

    def __init__(self, changed: Callable[[World], None]) -> None:
        self._changed = changed
        self._outgoing = Outgoing()
        self._under_way: dict[World, set[asyncio.Task[None]]] = {}

    def leave(self, world: World, delivery: str) -> None:
        """The answer of the request that made it was written."""
        world.outbox.leave(delivery)
        self.nudge(world)

    def nudge(self, world: World) -> None:
        """Send what may leave now."""
        if not world.has_deliveries:
            return
        under_way = self._under_way.setdefault(world, set())
        outbox = world.outbox
        while len(under_way) < AT_ONCE and (delivery := outbox.take(world.clock.now())) is not None:
            task = asyncio.get_running_loop().create_task(self._work(world, under_way, delivery))
            under_way.add(task)
            task.add_done_callback(partial(self._ended, world, under_way))

    async def _work(self, world: World, under_way: set[asyncio.Task[None]], delivery: Delivery | None) -> None:
        """Send one after the other, as long as something may leave."""
        outbox = world.outbox
        while delivery is not None:
            await self._attempt(world, outbox, delivery)
            if self._under_way.get(world) is not under_way:  # forgotten meanwhile
                return
            self._changed(world)
            delivery = outbox.take(world.clock.now()) if world.outbox is outbox else None

    def _ended(self, world: World, under_way: set[asyncio.Task[None]], task: asyncio.Task[None]) -> None:
        """What came up after the task had looked for more finds room only now."""
        under_way.discard(task)
        if self._under_way.get(world) is under_way:
            self.nudge(world)
            self._changed(world)

    async def settled(self, world: World) -> None:
        """Wait until nothing is under way and nothing may leave."""
        self.nudge(world)
        while under_way := self._under_way.get(world):
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            self.nudge(world)

    def forget(self, world: World) -> None:
        """The world was reset or deleted: break off what is under way."""
        for task in self._under_way.pop(world, ()):
            task.cancel()

    async def close(self) -> None:
        """Break off everything."""
        tasks = [task for under_way in self._under_way.values() for task in under_way]
        for world in list(self._under_way):
            self.forget(world)
        await asyncio.gather(*tasks, return_exceptions=True)
        self._outgoing.close()

    async def _attempt(self, world: World, outbox: Outbox, delivery: Delivery) -> None:
        entry = _entry(world, delivery)
        drawn = _draw(world, entry, delivery.body)
        if drawn is not None and drawn.delay_s:
            await asyncio.sleep(drawn.delay_s)
        if world.outbox is not outbox:  # the world was reset or restored meanwhile
            return
        if drawn is not None and drawn.act.reorder:
            outbox.reorder(delivery.id)
        elif drawn is not None and drawn.act.lose:
            outbox.lose(delivery.id, entry.at)
            _list(world, entry, delivery.attempts[-1])
            _tell(world, delivery)
        else:
            if drawn is not None and drawn.act.repeat is not None:
                outbox.repeat(delivery.id, drawn.act.repeat)
            await self._try(world, outbox, delivery, entry, None if drawn is None else drawn.act)

    async def _try(self, world: World, outbox: Outbox, delivery: Delivery, entry: Entry, act: Act | None) -> None:
        reason = ""
        try:
            target = _look_at(delivery.target)
            self._guard(world, target)
            attempt = act.instead(entry.at) if act is not None else None
            if attempt is None:
                attempt = await self._post(world, delivery, target, entry.at)
            if act is not None and act.loses_answer:
                attempt = Attempt(at=entry.at, duration_s=attempt.duration_s, error=UNHEARD)
        except Blocked as blocked:
            reason = str(blocked)
            attempt = Attempt(at=entry.at, error=reason)
        except Exception as mistake:  # noqa: BLE001 - ours, whatever it is: told as one, and the conversation goes on
            entry.bug = "".join(traceback.format_exception(mistake))
            attempt = Attempt(at=entry.at, error=f"a mistake of the simulator: {mistake!r}")
        if world.outbox is not outbox:
            return
        if reason:
            outbox.block(delivery.id, entry.at, reason)
        else:
            policy = _NOT_ASKED if attempt.succeeded else Policy.of(world)
            outbox.settle(delivery.id, attempt, policy, world.clock.now())
        _list(world, entry, attempt)
        _tell(world, delivery)

    def _guard(self, world: World, target: _Target) -> None:
        """Raise Blocked for a target that is known to be off limits before anything connects."""
        if target.off_limits:
            raise Blocked(target.off_limits)
        if not target.near and not target.problem:
            known = (target.host,) if target.is_address else self._outgoing.seen.get(target.address.origin.host, ())
            _refuse_far(target.host, known, world.setting("callbacks.allow_hosts"))

    async def _post(self, world: World, delivery: Delivery, target: _Target, at: int) -> Attempt:
        if target.problem:
            return Attempt(at=at, error=target.problem)
        within = world.setting("callbacks.timeout_s")
        began = perf_counter()
        try:
            answer = await self._outgoing.post(
                target.address,
                delivery.headers,
                delivery.body,
                timeout_s=within,
                ca_file=world.setting("callbacks.ca_file"),
                approve=partial(_approve, world, target),
            )
        except TimeoutError:
            return Attempt(at=at, duration_s=perf_counter() - began, error=f"no answer within {within:g} s")
        except NoAnswer as problem:
            return Attempt(at=at, duration_s=perf_counter() - began, error=_worded(problem, target))
        took = perf_counter() - began
        return Attempt(at=at, duration_s=took, status=answer.status, headers=answer.headers, reply=answer.body)


def _approve(world: World, target: _Target, addresses: tuple[str, ...]) -> None:
    """Raise Blocked where a name turns out to be that of an address the world must not call."""
    if not target.is_address:
        _refuse_far(target.host, addresses, world.setting("callbacks.allow_hosts"))


def _refuse_far(host: str, addresses: Iterable[str], allow_hosts: Iterable[str]) -> None:
    for address in addresses:
        if reason := refusal(host, address, allow_hosts):
            raise Blocked(reason)


class _Target(NamedTuple):
    """An address as far as it can be judged without a network."""

    url: URL
    address: Address
    host: str
    is_address: bool
    near: bool
    problem: str
    """Why no request can be made of it."""
    off_limits: str
    """Why none may be made."""


@lru_cache(maxsize=4096)
def _look_at(target: str) -> _Target:
    problem = malformed(target)
    try:
        url = URL() if problem else URL(target, encoded=target.isascii())
        host, where = url.host or "", Address.of(url)
    except ValueError as error:
        url, host, where, problem = URL(), "", Address.of(URL()), f"{target!r} is not a URL: {error}"
    if problem:
        return _Target(url, where, host, is_address=False, near=False, problem=problem, off_limits="")
    try:
        address = ip_address(host)
    except ValueError:
        address = None
    near = address is not None and is_near(address)
    return _Target(url, where, host, address is not None, near, "", own_control(target) or "")


def _entry(world: World, delivery: Delivery) -> Entry:
    """The journal's view of an attempt; it is listed once there is an outcome."""
    entry = Entry(0, world.clock.now(), "callback", delivery.api, delivery.cause)
    entry.operation, entry.method, entry.url = delivery.about, "POST", delivery.url
    url = _look_at(delivery.url).url
    entry.path, entry.query = url.raw_path, url.raw_query_string
    entry.request_headers = CIMultiDict(delivery.headers)
    entry.keep_request(delivery.body)
    return entry


def _list(world: World, entry: Entry, attempt: Attempt) -> None:
    entry.status = attempt.status or 0
    entry.response_headers = attempt.headers
    entry.keep_response(attempt.reply)
    entry.duration_ns = round(attempt.duration_s * 1_000_000_000)
    if attempt.error is not None:
        entry.note("callback_failed", attempt.error)
    world.journal.add(world.journal.number(entry))


def _tell(world: World, delivery: Delivery) -> None:
    """Tell the listeners of the control API what became of an attempt."""
    last = delivery.attempts[-1]
    world.simulator.events.tell(
        world.name,
        "delivery",
        {
            "id": delivery.id,
            "api": delivery.api,
            "about": delivery.about,
            "url": delivery.url,
            "state": delivery.state,
            "due_at": None if delivery.due_at is None else rfc3339(delivery.due_at, 6),
            "attempts": len(delivery.attempts),
            "status": last.status,
            "error": last.error,
        },
    )


def _draw(world: World, entry: Entry, body: bytes) -> Drawn | None:
    if not world.faults.all:
        return None
    now = entry.at
    drawn = world.faults.draw(entry, now) or world.faults.draw_on_body(entry, body, now)
    if drawn is not None:
        entry.fault = drawn.fault
    return drawn


def _worded(problem: NoAnswer, target: _Target) -> str:
    """What went wrong, with the usual remedy where localhost is not where the receiver is."""
    url, host, text = target.url, target.host, str(problem)
    if not isinstance(problem, Refused):
        return text
    local = host == "localhost" or (target.is_address and ip_address(host).is_loopback)
    if local and any(Path(mark).exists() for mark in _CONTAINER_MARKS):
        text += (
            "; inside a container this address is the container itself: set "
            f'callbacks.map={{"{url.origin()}": "http://host.docker.internal:{url.port}"}}'
        )
    return text
