"""POST requests of our own: kept connections, one request at a time on each.

No redirects, no proxy of the environment, no cookies, nothing unpacked: what a receiver answers is an outcome, not
something to act upon. aiohttp's client has all that, and takes longer for it than all the rest of a delivery; its
parser of answers is used here. Knows nothing of what is posted.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from aiohappyeyeballs import start_connection
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import HttpResponseParser
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from chatsim import __version__
from chatsim.core.callbacks import REPLY_KEPT

KEPT_S: Final = 15.0
"""How long a connection stays open that nobody uses."""

_NAMES_KEPT: Final = 1000
_NEXT_ADDRESS_S: Final = 0.25
_UNSENDABLE: Final = re.compile(r"[\r\n\0]")
_UNSAFE: Final = re.compile(r"[\0-\x20\x7f]")


class NoAnswer(Exception):
    """There is no answer; the text says why."""


class Refused(NoAnswer):
    """Nobody listens there."""


class Answer(NamedTuple):
    """What came back; of the body the beginning."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Origin(NamedTuple):
    """Whom to connect to."""

    host: str
    port: int
    tls: bool


class Address(NamedTuple):
    """Where to post to: an origin, and the first lines of every request there."""

    origin: Origin
    head: str

    @classmethod
    def of(cls, url: URL) -> Address:
        """The address of an http or https URL with a host. Name and password in it become Basic authorization."""
        origin = Origin((url.raw_host or "").rstrip("."), url.port or 80, url.scheme == "https")
        target = _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", url.raw_path_qs)
        head = f"POST {target} HTTP/1.1\r\nHost: {url.host_port_subcomponent}\r\n"
        if url.user is not None:
            known = b64encode(f"{url.user}:{url.password or ''}".encode()).decode()
            head += f"Authorization: Basic {known}\r\n"
        return cls(origin, head)


class Outgoing:
    """Posts, and keeps the connections."""

    def __init__(self) -> None:
        self.seen: dict[str, tuple[str, ...]] = {}
        """The addresses that a host was last seen to have."""
        self._idle: dict[tuple[Origin, str | None], list[_Line]] = {}
        self._sweep: asyncio.TimerHandle | None = None
        self._tls: dict[str | None, tuple[Any, ssl.SSLContext]] = {}

    async def post(
        self,
        address: Address,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        *,
        timeout_s: float,
        ca_file: str | None,
        approve: Callable[[tuple[str, ...]], None],
    ) -> Answer:
        """Post the body and read the answer.

        ``approve`` is given the host's addresses before a connection is made, and raises what it likes.

        Raises:
            NoAnswer: the connection failed, or what came is no answer.
            TimeoutError: it was not there in time.
        """
        request = _request(address.head, tuple(headers), body)
        key = (address.origin, ca_file)
        line = self._take(key)
        if line is None:
            loop = asyncio.get_running_loop()
            due = loop.time() + timeout_s
            async with asyncio.timeout_at(due):
                line = await self._connect(address.origin, ca_file, approve)
            timeout_s = due - loop.time()
        try:
            return await line.ask(request, timeout_s)
        finally:
            self._put_back(key, line)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        for lines in self._idle.values():
            for line in lines:
                line.drop()
        self._idle.clear()
        if self._sweep is not None:
            self._sweep.cancel()

    def _take(self, key: tuple[Origin, str | None]) -> _Line | None:
        lines = self._idle.get(key)
        while lines:
            line = lines.pop()
            if line.reusable:
                return line
        return None

    def _put_back(self, key: tuple[Origin, str | None], line: _Line) -> None:
        if not line.reusable:
            line.drop()
            return
        self._idle.setdefault(key, []).append(line)
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(KEPT_S, self._drop_unused)

    def _drop_unused(self) -> None:
        """Close what was not used since the last time."""
        for key, lines in list(self._idle.items()):
            for line in [line for line in lines if not (line.reusable and line.used)]:
                line.drop()
                lines.remove(line)
            for line in lines:
                line.used = False
            if not lines:
                del self._idle[key]
        loop = asyncio.get_running_loop()
        self._sweep = loop.call_later(KEPT_S, self._drop_unused) if self._idle else None

    async def _connect(self, origin: Origin, ca_file: str | None, approve: Callable[[tuple[str, ...]], None]) -> _Line:
        loop = asyncio.get_running_loop()
        where = f"{origin.host}:{origin.port}"
        try:
            trusted = self._trusted(ca_file) if origin.tls else None
            found = await loop.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
            addresses = tuple(dict.fromkeys(str(info[4][0]) for info in found))
            self._remember(origin.host, addresses)
            approve(addresses)
            connected = await start_connection(found, happy_eyeballs_delay=_NEXT_ADDRESS_S, interleave=1)
            try:
                _, line = await loop.create_connection(
                    lambda: _Line(loop), sock=connected, ssl=trusted, server_hostname=origin.host if trusted else None
                )
            except BaseException:
                connected.close()
                raise
        except TimeoutError:
            raise
        except ConnectionRefusedError as error:
            raise Refused(f"connection refused by {where}") from error
        except ssl.SSLCertVerificationError as error:
            raise NoAnswer(
                f"the certificate of {where} is not trusted ({error.verify_message}); "
                "name its authority in callbacks.ca_file"
            ) from error
        except (OSError, UnicodeError) as error:
            raise NoAnswer(f"cannot connect to {where}: {error}") from error
        return line

    def _remember(self, host: str, addresses: tuple[str, ...]) -> None:
        if len(self.seen) >= _NAMES_KEPT:
            self.seen.clear()
        self.seen[host] = addresses

    def _trusted(self, ca_file: str | None) -> ssl.SSLContext:
        """What a certificate is checked against; a file that was written anew is read anew."""
        try:
            state = None if ca_file is None else Path(ca_file).stat()
            written = None if state is None else (state.st_ino, state.st_size, state.st_mtime_ns)
            known, context = self._tls.get(ca_file, (None, None))
            if context is None or known != written:
                context = ssl.create_default_context(cafile=ca_file)
                context.set_alpn_protocols(["http/1.1"])
                self._tls[ca_file] = written, context
        except (OSError, ValueError) as error:
            raise NoAnswer(f"callbacks.ca_file {ca_file!r} cannot be used: {error}") from error
        return context


class _Line(BaseProtocol):
    """A connection to a receiver."""

    __slots__ = ("_answer", "_answers", "_ended", "_kept", "_message", "_payload", "used")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._answers = HttpResponseParser(self, loop, REPLY_KEPT, read_until_eof=True, auto_decompress=False)
        self._answer: asyncio.Future[Answer] | None = None
        self._message: Any = None
        self._payload: Any = None
        self._ended = False
        self._kept = False
        self.used = False

    @property
    def reusable(self) -> bool:
        """Whether another request can be sent."""
        return not self._ended and self._answer is None and self.transport is not None

    def drop(self) -> None:
        """Close it at once."""
        self._ended = True
        if self.transport is not None:
            self.transport.abort()

    async def ask(self, request: bytes, timeout_s: float) -> Answer:
        """Send a request and wait for its answer; only on a line that is reusable."""
        self._answer = self._loop.create_future()
        self.used = True
        if self.transport is None:  # closed between the handshake and now
            self._end(NoAnswer("the receiver closed the connection"))
        else:
            self.transport.write(request)
        timer = self._loop.call_later(timeout_s, self._end, TimeoutError())
        try:
            return await self._answer
        except BaseException:
            self._ended = True
            raise
        finally:
            timer.cancel()
            self._answer = self._message = self._payload = None
            self._kept = True

    def data_received(self, data: bytes) -> None:
        """Take a part of the answer."""
        if self._answer is None or self._answer.done():
            if data:  # nobody asked
                self.drop()
            return
        try:
            messages, upgraded, _ = self._answers.feed_data(data)
        except HttpProcessingError as error:
            self._end(NoAnswer(f"what came is no HTTP answer: {' '.join(error.message.split())}"))
            return
        for message, payload in messages:
            if self._message is not None:
                self._ended = True  # an answer too many
            elif message.code >= 200 or upgraded:
                self._message, self._payload = message, payload
                self._ended |= upgraded or message.should_close
        self._look()

    def connection_lost(self, exc: BaseException | None) -> None:
        """An answer without a length ends here; one with a length, or none at all, is broken off."""
        self._ended = True
        super().connection_lost(exc)
        if self._answer is None or self._answer.done():
            return
        if self._message is not None:
            try:
                self._answers.feed_eof()
            except HttpProcessingError:
                self._end(NoAnswer("the receiver closed the connection in the middle of its answer"))
                return
            self._look()
        kept = ", which it had kept open after another; one that closes says `Connection: close` before"
        self._end(NoAnswer(f"the receiver closed the connection without an answer{kept * self._kept}"))

    def pause_reading(self) -> None:
        """More than is read is never waited for."""

    def resume_reading(self, resume_parser: bool = True) -> None:
        """It never stopped."""

    def _look(self) -> None:
        """Is there enough of the answer?"""
        if self._message is None or self._answer is None or self._answer.done():
            return
        payload = self._payload
        if not payload.is_eof():
            if payload.total_bytes < REPLY_KEPT:
                return
            self._ended = True
        headers = [(str(name), value) for name, value in self._message.headers.items()]  # istr is not quite a str
        self._answer.set_result(Answer(self._message.code, headers, payload.read_nowait(REPLY_KEPT)))

    def _end(self, problem: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(problem)


def _request(head: str, headers: tuple[tuple[str, str], ...], body: bytes) -> bytes:
    return b"%s%d\r\n\r\n%s" % (_lines(head, headers), len(body), body)


@lru_cache(maxsize=1024)
def _lines(head: str, headers: tuple[tuple[str, str], ...]) -> bytes:
    """Everything before the number of bytes."""
    for name, value in headers:
        if _UNSENDABLE.search(name + value):
            raise NoAnswer(f"header {name!r} cannot be sent: it has a line break or NUL in it")
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{head}{lines}User-Agent: chatsim/{__version__}\r\nContent-Length: ".encode()
