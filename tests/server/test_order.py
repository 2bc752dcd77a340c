"""What waits: effects for their answers, long polls for something to happen, timers for their moment."""

from __future__ import annotations

import asyncio

from desk import Desk
from sample import SAMPLE

from chatsim.core.http import Pending, Reply
from chatsim.server.fifo import PATIENCE_S, Fifo
from chatsim.server.waiting import Waiting


async def test_effects_leave_in_the_order_of_their_operations() -> None:
    """Though the later answer was written first."""
    fifo, done = Fifo(), list[str]()
    first = fifo.enter([("t", lambda: done.append("first"))])
    second = fifo.enter([("t", lambda: done.append("second"))])
    second.release()
    assert done == []
    first.release()
    assert done == ["first", "second"]


async def test_topics_do_not_wait_for_each_other() -> None:
    """Only the same topic is a queue."""
    fifo, done = Fifo(), list[str]()
    fifo.enter([("a", lambda: done.append("a"))])
    fifo.enter([("b", lambda: done.append("b"))]).release()
    assert done == ["b"]


async def test_an_answer_that_is_never_written_holds_nothing_for_long() -> None:
    """After its patience the head leaves all the same."""
    fifo, gone = Fifo(), asyncio.Event()
    fifo.enter([("a", gone.set)])
    await asyncio.wait_for(gone.wait(), PATIENCE_S * 5)
    assert gone.is_set()


async def test_a_waiter_is_asked_when_something_happens() -> None:
    """Its reply comes with the event, not with a clock."""
    world, waiting, facts = Desk(apis=[SAMPLE]).world, Waiting(), list[int]()

    def check() -> Reply | None:
        return Reply(status=200) if facts else None

    asked = asyncio.ensure_future(waiting.reply(world, Pending(check=check, timeout_s=10, expired=Reply)))
    while not waiting.count:
        await asyncio.wait((asked,), timeout=0)
    facts.append(1)
    waiting.wake(world)
    assert (await asked).status == 200
    assert waiting.count == 0


async def test_a_waiter_whose_time_is_over_gets_the_other_reply() -> None:
    """And is forgotten."""
    world, waiting = Desk(apis=[SAMPLE]).world, Waiting()
    pending = Pending(check=lambda: None, timeout_s=0.01, expired=lambda: Reply(status=409))
    assert (await waiting.reply(world, pending)).status == 409
    assert waiting.count == 0


async def test_what_no_answer_holds_back_happens_at_once() -> None:
    """Unless something of its topic still waits: then behind it."""
    fifo, done = Fifo(), list[str]()
    waiting = fifo.enter([("a", lambda: done.append("first of a"))])
    fifo.do([("a", lambda: done.append("second of a")), ("b", lambda: done.append("b"))])
    assert done == ["b"]
    waiting.release()
    assert done == ["b", "first of a", "second of a"]
