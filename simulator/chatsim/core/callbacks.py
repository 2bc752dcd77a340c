"""Deliveries to the client's own server: what may leave, in which order, and what an outcome means.

Pure policy over plain data. Knows no network, no clock and no API; `server/callbacks.py` sends.
A conversation is a queue of which only the head is sent; other conversations do not wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from chatsim.core.json import encode
from chatsim.core.targets import mapped

if TYPE_CHECKING:
    from chatsim.core.effects import Callback
    from chatsim.core.world import World

State = Literal["pending", "held", "scheduled", "delivered", "failed", "lost", "blocked"]

SETTLED: Final = frozenset({"delivered", "failed", "lost", "blocked"})
REPLY_KEPT: Final = 4096
LOST: Final = "lost on purpose: nothing was sent"
CUT_SHORT: Final = "the simulator ended before there was an answer"
_NS_PER_S: Final = 1_000_000_000


class UnknownDelivery(LookupError):
    """No delivery of this world has the id."""


class NotSettled(ValueError):
    """The delivery is still under way, so it cannot be sent once more."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How often and when to try. ``backoff_s[n]`` lies before attempt n + 2; the last one repeats."""

    attempts: int = 1
    backoff_s: tuple[float, ...] = (1.0, 5.0, 30.0)

    def wait_ns(self, failed: int) -> int | None:
        """How long to wait after ``failed`` failures; None when that was the last attempt."""
        if failed >= self.attempts:
            return None
        if not self.backoff_s:
            return 0
        return round(self.backoff_s[min(failed, len(self.backoff_s)) - 1] * _NS_PER_S)

    @classmethod
    def of(cls, world: World) -> Policy:
        """The policy that a world's settings make."""
        waits = tuple(float(wait) for wait in world.setting("callbacks.backoff_s"))
        return cls(attempts=world.setting("callbacks.attempts"), backoff_s=waits)


class Attempt(msgspec.Struct, kw_only=True, gc=False):
    """One try: the receiver's answer, or ``error`` where there was none. ``at`` is world time."""

    at: int
    duration_s: float = 0.0
    status: int | None = None
    headers: list[tuple[str, str]] = []
    reply: bytes = b""
    error: str | None = None

    def __post_init__(self) -> None:
        self.reply = self.reply[:REPLY_KEPT]

    @property
    def succeeded(self) -> bool:
        """2xx and 300: "respond with HTTP status OK (200-300)" [doc], read as inclusive."""
        return self.error is None and self.status is not None and 200 <= self.status <= 300


class Delivery(msgspec.Struct, kw_only=True, gc=False):
    """One body for one address. ``target`` is where ``url`` leads after the map was applied."""

    id: str
    api: str
    conversation: str
    url: str
    target: str
    body: bytes
    about: str = ""
    headers: list[tuple[str, str]] = []
    created_at: int = 0
    cause: int | None = None
    state: State = "pending"
    due_at: int | None = None
    attempts: list[Attempt] = []
    departed: bool = False
    """Whether the answer of the request that made it was written, so that it may leave."""
    failures: int = 0
    """Failed attempts since it was last put into the queue: what the retry policy counts."""
    repeats: int = 0
    """How often the identical body still has to follow a success."""
    sending: bool = False
    swapping: bool = False
    """It waits for the next delivery of its conversation, which is to go first."""
    behind: str | None = None
    """The delivery that was released just before this one and has to be tried first."""


class Outbox(msgspec.Struct):
    """All deliveries of one world: plain data, written out with the world."""

    deliveries: dict[str, Delivery] = {}
    queues: dict[str, list[str]] = {}
    """Per conversation the ids that are not settled, next one first."""
    leaving: dict[str, None] = {}
    """Heads that may be sent at once, longest waiting first (a dict as ordered set)."""
    due: dict[str, int] = {}
    """Heads that wait for their next attempt, and its moment."""
    followers: dict[str, str] = {}
    """The inverse of `Delivery.behind`."""
    aside: dict[str, None] = {}
    """Held ones of before a restore: in no queue, so that nothing waits for them, until they are released."""
    holding: bool = False
    kept: int = 10_000
    """So many stay to be looked at; of more, the oldest settled ones are forgotten."""

    def get(self, id: str) -> Delivery:
        """The delivery, or UnknownDelivery."""
        try:
            return self.deliveries[id]
        except KeyError:
            raise UnknownDelivery(id) from None

    def in_state(self, *states: State) -> list[Delivery]:
        """The deliveries in these states, oldest first."""
        return [d for d in self.deliveries.values() if d.state in states]

    @property
    def pending(self) -> bool:
        """Whether anything is on its way."""
        return bool(self.leaving) or any(delivery.state == "pending" for delivery in self._waiting())

    def next_due(self) -> int | None:
        """The moment of the next scheduled attempt."""
        return min(self.due.values(), default=None)

    # The way of a delivery: add, leave, take, then one of settle, lose, block, reorder.

    def add(self, delivery: Delivery) -> None:
        """Queue a new delivery behind the others of its conversation."""
        self.deliveries[delivery.id] = delivery
        self._enqueue(delivery)
        self._forget()

    def leave(self, id: str) -> None:
        """The answer of the request that made it was written. An id of before a reset is passed over."""
        delivery = self.deliveries.get(id)
        if delivery is not None and not delivery.departed:
            delivery.departed = True
            self._refresh(delivery.conversation)

    def take(self, now: int) -> Delivery | None:
        """The next delivery to send, marked as being sent; None when nothing may leave now."""
        if self.due:
            for delivery in [self.deliveries[key] for key, at in self.due.items() if at <= now]:
                delivery.state, delivery.due_at = "pending", None
                self._refresh(delivery.conversation)
        first = next(iter(self.leaving), None)
        if first is None:
            return None
        del self.leaving[first]
        delivery = self.deliveries[first]
        delivery.sending, delivery.state, delivery.due_at = True, "pending", None
        return delivery

    def settle(self, id: str, attempt: Attempt, policy: Policy, now: int) -> None:
        """Write down how an attempt ended at ``now`` and decide what comes next."""
        delivery = self.get(id)
        delivery.attempts.append(attempt)
        if not attempt.succeeded:
            delivery.failures += 1
            wait = policy.wait_ns(delivery.failures)
            if wait is None:
                self._finish(delivery, "failed")
            else:
                self._again(delivery, now + wait)
        elif delivery.repeats:
            delivery.repeats -= 1
            self._again(delivery, None)
        else:
            self._finish(delivery, "delivered")

    def lose(self, id: str, at: int) -> None:
        """As if the network had swallowed it: nothing is sent, and nobody tries again."""
        self._end(id, "lost", at, LOST)

    def block(self, id: str, at: int, reason: str) -> None:
        """The target is not allowed: nothing was sent, nothing will be."""
        self._end(id, "blocked", at, reason)

    def repeat(self, id: str, times: int) -> None:
        """Send the identical body ``times`` times altogether."""
        self.get(id).repeats = max(times - 1, 0)

    def reorder(self, id: str) -> None:
        """Let the next delivery of the conversation go first; wait (held) if there is none yet."""
        delivery = self.get(id)
        delivery.sending = False
        self._let_follow(delivery)  # its turn is over, if it was released in an order
        queue = self.queues[delivery.conversation]
        if len(queue) > 1:
            queue[0], queue[1] = queue[1], queue[0]
            self._wait_for_none(self.deliveries[queue[0]])
        else:
            delivery.state, delivery.swapping = "held", True
        self._refresh(delivery.conversation)

    # What the control interface asks for.

    def resend(self, id: str) -> Delivery:
        """Queue the identical body again. NotSettled while the delivery is under way."""
        delivery = self.get(id)
        if delivery.state not in SETTLED:
            raise NotSettled(f"{id} is {delivery.state}; only a settled delivery can be sent again")
        delivery.state, delivery.failures = "pending", 0
        self._enqueue(delivery)
        return delivery

    def hold(self) -> None:
        """Stop sending: what waits and what comes is held. An attempt under way ends as it does."""
        self.holding = True
        for delivery in self._waiting():
            if not delivery.sending:
                delivery.state = "held"
        self.leaving.clear()
        self.due.clear()

    def go_on(self, policy: Policy, now: int) -> None:
        """Take up, after a restart, what waits; an attempt that the end cut short has failed."""
        self._begin_anew()
        for delivery in [one for one in self._waiting() if one.sending]:
            self.settle(delivery.id, Attempt(at=now, error=CUT_SHORT), policy, now)

    def set_aside(self, now: int) -> None:
        """Hold back what a restored world or a fork would send at once: where it comes from it was on its way.

        Retries that lie ahead keep their moment and those behind them their place; so does what was held by hand.
        """
        for queue in self.queues.values():
            ahead = False
            for key in list(queue):
                delivery = self.deliveries[key]
                ahead = ahead or (delivery.state == "scheduled" and (delivery.due_at or 0) > now)
                if (ahead and delivery.state != "held") or delivery.swapping or (self.holding and not delivery.sending):
                    continue
                queue.remove(key)
                self._let_follow(delivery)
                self._wait_for_none(delivery)
                delivery.sending, delivery.state = False, "held"
                self.aside[key] = None
        self.queues = {conversation: queue for conversation, queue in self.queues.items() if queue}
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.leaving.clear()
        self.due.clear()
        for delivery in self._waiting():
            delivery.departed = True
            self._refresh(delivery.conversation)

    def release(self, ids: Sequence[str] | None = None) -> list[Delivery]:
        """Let held deliveries go; without ``ids`` all of them, and stop holding.

        Those named are tried one after the other in the order given, whatever their conversation;
        one that is not held is passed over. Raises UnknownDelivery before anything changed.
        """
        named = self._waiting() if ids is None else map(self.get, dict.fromkeys(ids))
        chosen = [delivery for delivery in named if delivery.state == "held"]
        self._bring_back(chosen)
        if ids is None:
            self.holding = False
        else:
            self._line_up(chosen)
        for delivery in chosen:
            delivery.swapping = False
            delivery.state = "pending" if delivery.due_at is None else "scheduled"
        for conversation in dict.fromkeys(d.conversation for d in chosen):
            self._refresh(conversation)
        return chosen

    def _bring_back(self, chosen: list[Delivery]) -> None:
        """Put those that were set aside in front of what came since."""
        for delivery in [one for one in reversed(chosen) if one.id in self.aside]:
            del self.aside[delivery.id]
            queue = self.queues.setdefault(delivery.conversation, [])
            for key in queue[:1]:
                self.leaving.pop(key, None)
                self.due.pop(key, None)
            queue.insert(int(bool(queue) and self.deliveries[queue[0]].sending), delivery.id)

    def _line_up(self, chosen: list[Delivery]) -> None:
        for delivery in chosen:
            self._wait_for_none(delivery)
        for earlier, later in pairwise(chosen):
            self._let_follow(earlier)  # whoever was to follow in an order of before
            later.behind = earlier.id
            self.followers[earlier.id] = later.id
        picked = {d.id for d in chosen}
        for conversation in {d.conversation for d in chosen}:
            queue = self.queues[conversation]
            free = [key for key in queue if self.deliveries[key].state != "held"]
            held = [key for key in queue if self.deliveries[key].state == "held" and key not in picked]
            queue[:] = free + [d.id for d in chosen if d.conversation == conversation] + held

    def _waiting(self) -> Iterator[Delivery]:
        return (self.deliveries[key] for queue in (self.aside, *self.queues.values()) for key in queue)

    def _enqueue(self, delivery: Delivery) -> None:
        queue = self.queues.setdefault(delivery.conversation, [])
        queue.append(delivery.id)
        if self.holding:
            delivery.state = "held"
        first = self.deliveries[queue[0]]
        if first.swapping and first is not delivery:
            queue[0], queue[1] = queue[1], queue[0]
            first.swapping = False
            first.state = "held" if self.holding else "pending"
        self._refresh(delivery.conversation)

    def _again(self, delivery: Delivery, due_at: int | None) -> None:
        delivery.sending, delivery.due_at = False, due_at
        delivery.state = "held" if self.holding else "pending" if due_at is None else "scheduled"
        self._let_follow(delivery)
        self._refresh(delivery.conversation)

    def _end(self, id: str, state: State, at: int, reason: str) -> None:
        delivery = self.get(id)
        delivery.attempts.append(Attempt(at=at, error=reason))
        self._finish(delivery, state)

    def _finish(self, delivery: Delivery, state: State) -> None:
        delivery.sending, delivery.due_at, delivery.state = False, None, state
        queue = self.queues[delivery.conversation]
        queue.remove(delivery.id)
        if not queue:
            del self.queues[delivery.conversation]
        self._let_follow(delivery)
        self._refresh(delivery.conversation)

    def _wait_for_none(self, delivery: Delivery) -> None:
        self.followers.pop(delivery.behind or "", None)
        delivery.behind = None

    def _let_follow(self, delivery: Delivery) -> None:
        follower = self.deliveries.get(self.followers.pop(delivery.id, ""))
        if follower is not None:
            follower.behind = None
            self._refresh(follower.conversation)

    def _refresh(self, conversation: str) -> None:
        """Bring `leaving` and `due` in line with the queue of one conversation."""
        queue = self.queues.get(conversation, [])
        for key in queue[:2]:
            self.leaving.pop(key, None)
            self.due.pop(key, None)
        if not queue:
            return
        head = self.deliveries[queue[0]]
        if head.sending or head.behind is not None or not head.departed:
            return
        if head.state == "pending":
            self.leaving[head.id] = None
        elif head.state == "scheduled" and head.due_at is not None:
            self.due[head.id] = head.due_at

    def _forget(self) -> None:
        if len(self.deliveries) <= self.kept + self.kept // 10:
            return
        settled = [key for key, d in self.deliveries.items() if d.state in SETTLED]
        for key in settled[: len(self.deliveries) - self.kept]:
            del self.deliveries[key]


def deliver(world: World, effect: Callback, *, api: str, now: int, cause: int) -> Delivery:
    """Enter a delivery into the world; it may leave once `Outbox.leave` was called."""
    headers = {"Content-Type": "application/json", "Accept": "application/json", **effect.headers}
    delivery = Delivery(
        id=world.ids.uuid("delivery"),
        api=api,
        conversation=effect.topic,
        url=effect.url,
        target=mapped(effect.url, world.setting("callbacks.map")),
        body=encode(effect.body),
        about=effect.about,
        headers=list(headers.items()),
        created_at=now,
        cause=cause,
    )
    world.outbox.add(delivery)
    return delivery
