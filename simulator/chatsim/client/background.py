"""A thread with an event loop of its own, for what has to go on while a test runs; and who may wait for it how."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE
from typing import Any, Final, TypeVar

_T = TypeVar("_T")
_AWAITING: Final = CO_COROUTINE | CO_ASYNC_GENERATOR
_RUNNING: Final = frozenset({asyncio.BaseEventLoop.run_forever.__code__, asyncio.Runner.run.__code__})


class Background:
    """The thread runs until `close`, or until the process ends.

    Raises:
        RuntimeError: there are no threads here.
    """

    def __init__(self, loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None) -> None:
        if threads_are_greenlets():
            raise RuntimeError(
                "gevent made greenlets of this program's threads, and a receiver needs a thread: let callbacks go to a "
                "server of your own, as gevent.pywsgi.WSGIServer is one"
            )
        self.loop = (loop_factory or asyncio.new_event_loop)()
        self._thread = threading.Thread(target=self._run, name="chatsim", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run something there, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def close(self) -> None:
        """Cancel what still runs there, and end the thread."""
        self.run(_cancel_the_rest())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


async def _cancel_the_rest() -> None:
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()


def threads_are_greenlets() -> bool:
    """Whether gevent patched what makes threads: one that waits for its sockets by other means holds up the program."""
    patches = sys.modules.get("gevent.monkey")
    return patches is not None and bool(patches.is_module_patched("threading"))


def run_blocking(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, _T]) -> _T:
    """Run something on the loop of another thread, and wait for it."""
    try:
        refuse_below_loop()
    except RuntimeError:
        work.close()
        raise
    return asyncio.run_coroutine_threadsafe(work, loop).result()


async def run_awaited(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, _T]) -> _T:
    """The same without holding up the loop of this thread."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))


def refuse_below_loop() -> None:
    """Raise where blocking would hold up a running event loop: in a coroutine, and in what a loop calls back.

    A running loop alone does not say so where there are greenlets: Playwright's blocking API keeps one running beside
    the test, in a greenlet whose frames are not below those of the test. There the callers count.

    Raises:
        RuntimeError: this thread's loop waits for the caller.
    """
    if asyncio._get_running_loop() is None:  # noqa: SLF001 - the documented way raises, at thirty times the cost
        return
    if "greenlet" not in sys.modules or _called_by_loop():
        raise RuntimeError(
            "a blocking verb of chatsim was called inside a running event loop, which it would hold up: "
            "use the fixture chatsim_async (or chatsim.client.AsyncClient) and await the verb"
        )


def _called_by_loop() -> bool:
    """Whether a coroutine or what runs a loop is among the callers; loops that are no Python show in neither."""
    frame = sys._getframe(1)  # noqa: SLF001 - inspect.currentframe() is the same function
    while frame is not None:
        if frame.f_code.co_flags & _AWAITING or frame.f_code in _RUNNING:
            return True
        frame = frame.f_back  # type: ignore[assignment]  # the outermost has None, which ends the loop
    return False
