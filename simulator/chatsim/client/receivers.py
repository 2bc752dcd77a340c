"""Local HTTP servers that keep what is delivered to them and answer as told, in the place of the code under test.

They speak as much HTTP/1.1 as a delivery needs: one request per connection, its length known.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from chatsim.client.background import Background

BODY_LIMIT: Final = 64 * 1024 * 1024
_DIGITS: Final = 12
_BODILESS: Final = frozenset({204, 205, 304})
_UNCOUNTED: Final = frozenset({204, 304})
_COUNTED: Final = frozenset({"content-length", "transfer-encoding", "connection"})
# A name and a value as RFC 9110 has them, sections 5.1 and 5.5.
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


@dataclass(frozen=True, slots=True)
class Answer:
    """How a delivery is answered: after `delay_s`, with this status and body (JSON data, text or bytes).

    Raises:
        ValueError: what no HTTP answer can be; the text says why.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse it here, where whoever wrote it reads the reason."""
        if not 200 <= self.status <= 599:
            raise ValueError(f"status {self.status} answers no request: expected 200 to 599")
        if self.status in _BODILESS and _encoded(self.body)[1]:
            raise ValueError(f"an answer with status {self.status} has no body")
        seen: set[str] = set()
        for name, value in self.headers.items():
            if _TOKEN.fullmatch(name) is None or _VALUE.fullmatch(value) is None:
                raise ValueError(f"no header of an answer: {name!r}: {value!r}; Latin-1 without control characters")
            if name.lower() in _COUNTED:
                raise ValueError(f"{name} is the receiver's own: it sends the body whole, then hangs up")
            if name.lower() in seen:
                raise ValueError(f"{name} is there twice: case makes no difference")
            seen.add(name.lower())

    def as_bytes(self) -> bytes:
        """The answer as it is written."""
        kind, raw = _encoded(self.body)
        named = {"Content-Type": kind} if kind and "content-type" not in map(str.lower, self.headers) else {}
        length = {} if self.status in _UNCOUNTED else {"Content-Length": str(len(raw))}
        named |= {**self.headers, **length, "Connection": "close"}
        phrase = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else ""
        head = f"HTTP/1.1 {self.status} {phrase}\r\n" + "".join(f"{name}: {one}\r\n" for name, one in named.items())
        return head.encode("latin-1") + b"\r\n" + raw


@dataclass(frozen=True, slots=True)
class Received:
    """What was delivered. Header names are in small letters."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON data."""
        return json.loads(self.body)


class Sink:
    """One such server. It lives on the loop that `open` is run on; `received` and `answer` are for any thread."""

    def __init__(self, answers: Sequence[Answer | int] = ()) -> None:
        self.url = ""
        self.received: list[Received] = []
        self._answers: deque[Answer] = deque()
        self._came = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[Any]] = set()
        self.answer(answers)

    def answer(self, answers: Iterable[Answer | int]) -> None:
        """Answer so, one after the other, from then on as the last; 200 where none is given."""
        self._answers = deque(Answer(one) if isinstance(one, int) else one for one in answers)

    async def open(self, bind: str, host: str | None) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._talk, bind, 0)
        self.url = f"http://{host or bind}:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Listen no more, and break off what is under way."""
        if self._server is not None:
            self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def arrived(self, count: int, timeout_s: float) -> bool:
        """Whether so many came within the time."""
        try:
            async with asyncio.timeout(timeout_s), self._came:
                return await self._came.wait_for(lambda: len(self.received) >= count)
        except TimeoutError:
            return len(self.received) >= count

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            answer = await self._keep(reader)
            await asyncio.sleep(answer.delay_s)
            writer.write(answer.as_bytes())
            await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.transport.abort()  # the sender went away, or this server does
        finally:
            self._talks.discard(task)
            writer.close()

    async def _keep(self, reader: asyncio.StreamReader) -> Answer:
        """Read one request and say how it is to be answered."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.LimitOverrunError:
            return Answer(431)
        first, *lines = head.rstrip().split("\r\n")
        method, target, *_ = [*first.split(" "), ""]
        named = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in named}
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers:
            return Answer(411)
        if not (length.isascii() and length.isdigit()) or len(length) > _DIGITS or int(length) > BODY_LIMIT:
            return Answer(413)
        body = await reader.readexactly(int(length))
        answer = self._next_answer()
        self.received.append(Received(method, target, headers, body))
        async with self._came:
            self._came.notify_all()
        return answer

    def _next_answer(self) -> Answer:
        answers = self._answers
        if len(answers) > 1:
            return answers.popleft()
        return answers[0] if answers else Answer()


class Receivers:
    """The sinks of one client, by the world they belong to, on a loop that is not the test's."""

    def __init__(self, background: Background | None = None) -> None:
        self._background = background
        self._own: Background | None = None
        self._sinks: dict[str, list[Sink]] = {}

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Where they live: the thread of the server where that runs in this process, else one of their own."""
        if self._background is None:
            self._background = self._own = Background()
        return self._background.loop

    async def open(self, world: str, answers: Sequence[Answer | int], bind: str, host: str | None) -> Sink:
        """Start one; runs on `loop`."""
        sink = Sink(answers)
        await sink.open(bind, host)
        self._sinks.setdefault(world, []).append(sink)
        return sink

    def close(self, world: str | None = None) -> None:
        """End those of a world, or all."""
        names = list(self._sinks) if world is None else [world]
        sinks = [sink for name in names for sink in self._sinks.pop(name, ())]
        if sinks:
            asyncio.run_coroutine_threadsafe(_close(sinks), self.loop).result()
        if world is None and self._own is not None:
            self._own.close()
            self._own = self._background = None


async def _close(sinks: Iterable[Sink]) -> None:
    for sink in sinks:
        await sink.close()


def _encoded(body: Any) -> tuple[str, bytes]:
    if body is None:
        return "", b""
    if isinstance(body, bytes):
        return "application/octet-stream", body
    if isinstance(body, str):
        return "text/plain; charset=utf-8", body.encode()
    return "application/json", json.dumps(body).encode()
