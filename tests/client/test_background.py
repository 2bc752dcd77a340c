"""The thread beside a test, and who may wait for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from chatsim.client.background import Background, refuse_in_coroutine, run_awaited, run_blocking


async def thread_name() -> str:
    """Where this runs."""
    return threading.current_thread().name


@pytest.fixture
def background() -> Iterator[Background]:
    """A thread that ends with the test."""
    made = Background()
    yield made
    made.close()


def test_work_runs_on_the_other_thread(background: Background) -> None:
    """And its outcome comes back."""
    assert run_blocking(background.loop, thread_name()) == "chatsim"


async def test_awaited_work_runs_there_too(background: Background) -> None:
    """The loop of the test goes on meanwhile."""
    assert await run_awaited(background.loop, thread_name()) == "chatsim"


def test_errors_come_back(background: Background) -> None:
    """As if the work had been done here."""

    async def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        background.run(fail())


def test_closing_ends_what_still_runs() -> None:
    """Nothing is left behind, neither tasks nor the thread."""
    background = Background()
    begun, ended = threading.Event(), threading.Event()
    tasks: list[asyncio.Task[None]] = []

    async def wait() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    background.loop.call_soon_threadsafe(lambda: tasks.append(background.loop.create_task(wait())))
    assert begun.wait(10)
    background.close()
    assert ended.is_set()
    assert background.loop.is_closed()


async def test_blocking_below_a_coroutine_is_refused(background: Background) -> None:
    """The error names what to use instead; the work was not begun."""
    with pytest.raises(RuntimeError, match="chatsim_async"):
        run_blocking(background.loop, thread_name())


async def test_blocking_below_an_async_generator_is_refused() -> None:
    """Async fixtures are such."""

    async def generate() -> AsyncIterator[None]:
        refuse_in_coroutine()
        yield

    with pytest.raises(RuntimeError, match="chatsim_async"):
        await anext(generate())


async def test_blocking_in_a_thread_of_its_own_is_fine() -> None:
    """Nothing is held up there."""
    await asyncio.to_thread(refuse_in_coroutine)


def test_a_loop_that_runs_beside_is_no_reason() -> None:
    """As far as asyncio knows a loop runs here, but no coroutine called: so it is with Playwright's blocking API."""
    loop = asyncio.new_event_loop()
    loop.call_soon(refuse_in_coroutine)
    loop.call_soon(loop.stop)
    problems: list[object] = []
    loop.set_exception_handler(lambda _, context: problems.append(context))
    loop.run_forever()
    loop.close()
    assert problems == []
