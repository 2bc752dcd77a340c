"""The thread beside a test, and who may wait for it."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator

import greenlet  # type: ignore[import-untyped]  # Playwright brings it, without types
import pytest

from chatsim.client.background import Background, refuse_below_loop, run_awaited, run_blocking


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
        refuse_below_loop()
        yield

    with pytest.raises(RuntimeError, match="chatsim_async"):
        await anext(generate())


async def test_blocking_in_a_thread_of_its_own_is_fine() -> None:
    """Nothing is held up there."""
    await asyncio.to_thread(refuse_below_loop)


def _refusals(calls: Callable[[asyncio.AbstractEventLoop, Callable[[], None]], object]) -> list[str]:
    """What became of a blocking verb where `calls` has the loop call it."""
    heard: list[str] = []
    loop = asyncio.new_event_loop()

    def verb(*_: object) -> None:
        try:
            refuse_below_loop()
        except RuntimeError as error:
            heard.append(str(error))
        loop.stop()

    calls(loop, verb)
    loop.run_forever()
    loop.run_until_complete(asyncio.sleep(0))  # what was closed is gone after a turn
    loop.close()
    return heard


@pytest.mark.parametrize("greenlets", [False, True])
@pytest.mark.parametrize(
    "calls",
    [
        lambda loop, verb: loop.call_soon(verb),
        lambda loop, verb: loop.create_task(asyncio.sleep(0)).add_done_callback(verb),
        lambda loop, verb: loop.create_task(
            loop.create_datagram_endpoint(_protocol(verb), local_addr=("127.0.0.1", 0))
        ),
    ],
    ids=["call_soon", "add_done_callback", "connection_made"],
)
def test_blocking_in_a_callback_of_the_loop_is_refused(
    calls: Callable[..., object], greenlets: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would hold up the loop just the same, whether the program knows greenlets or not."""
    if greenlets:
        monkeypatch.setitem(sys.modules, "greenlet", greenlet)
    else:
        monkeypatch.delitem(sys.modules, "greenlet", raising=False)
    (text,) = _refusals(calls)
    assert "chatsim_async" in text


def _protocol(verb: Callable[[], None]) -> type[asyncio.DatagramProtocol]:
    class Connected(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            verb()
            transport.close()

    return Connected


def test_a_loop_that_runs_beside_is_no_reason() -> None:
    """As far as asyncio knows a loop runs here, but in another greenlet: so it is with Playwright's blocking API."""
    here = greenlet.getcurrent()
    loop = asyncio.new_event_loop()
    loop.call_soon(here.switch)
    beside = greenlet.greenlet(loop.run_forever)
    beside.switch()
    assert asyncio._get_running_loop() is loop
    refuse_below_loop()
    loop.call_soon(loop.stop)
    beside.switch()
    loop.close()
