"""One HTTP request at a time, blocking or awaited, with the standard library alone; no proxies, no redirects."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from uuid import NAMESPACE_URL, uuid5

from chatsim.client.answers import ChatsimError, File
from chatsim.client.background import refuse_below_loop

PATIENCE_S: Final = 10.0
SHOWN: Final = 500
"""Bytes of an answer that no simulator gives, in the error that says so."""
_STATUS: Final = re.compile(rb"HTTP/[0-9.]+ ([0-9]{3})(?: |\r?\n)")
DEFAULT_URL: Final = "http://localhost:8080"


class Target:
    """Where the simulator is, and what every call carries."""

    def __init__(self, url: str | None, token: str | None, ca_file: str | None) -> None:
        self.url = (url or os.environ.get("CHATSIM_URL") or DEFAULT_URL).rstrip("/")
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{self.url!r} is no address of a simulator; {DEFAULT_URL} would be one")
        self.host = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.context = ssl.create_default_context(cafile=ca_file) if parts.scheme == "https" else None
        token = token or os.environ.get("CHATSIM_CONTROL_TOKEN")
        self.headers = {"Host": parts.netloc.rpartition("@")[2], "Accept": "application/json", "Connection": "close"}
        if token:
            if not token.isprintable() or not token.isascii() or token != token.strip():
                raise ValueError(
                    "the control token holds a line end, a blank around it or a letter beyond ASCII, which no header"
                    " carries; does it come from a file with Windows line ends?"
                )
            self.headers["Authorization"] = f"Bearer {token}"


def target_of(path: str, query: Mapping[str, Any]) -> str:
    """A path with its query; None values are left out."""
    named = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(named)}" if named else path


def encoded(body: Any) -> tuple[bytes | None, dict[str, str]]:
    """A body and its headers: JSON, or multipart where one of its values is a `File`."""
    if body is None:
        return None, {}
    if isinstance(body, Mapping) and any(isinstance(value, File) for value in body.values()):
        return _multipart(body)
    return json.dumps(body).encode(), {"Content-Type": "application/json"}


def _multipart(body: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
    chunks: list[bytes] = []
    parts = []
    for name, value in body.items():
        if isinstance(value, File):
            shown = value.name.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "")
            head = f'; filename="{shown}"\r\nContent-Type: {value.content_type}'
            parts.append((name, head, value.data))
        else:
            text = value if isinstance(value, str) else json.dumps(value)
            parts.append((name, "", text.encode()))
    boundary = uuid5(NAMESPACE_URL, repr([(name, head, len(data)) for name, head, data in parts])).hex.encode()
    while any(boundary in data for _, _, data in parts):
        boundary += b"-"
    for name, head, data in parts:
        chunks += [b"--", boundary, f'\r\nContent-Disposition: form-data; name="{name}"{head}\r\n\r\n'.encode(), data]
        chunks.append(b"\r\n")
    chunks += [b"--", boundary, b"--\r\n"]
    return b"".join(chunks), {"Content-Type": f"multipart/form-data; boundary={boundary.decode()}"}


def decoded(status: int, raw: bytes, refused: bool) -> Any:
    """JSON data of an answer, None where it has no body.

    Raises:
        ChatsimError: the status is an error's and `refused` errors are to be raised, or no simulator answers so.
    """
    try:
        data = json.loads(raw) if raw else None
        foreign = not isinstance(data, dict | None)
    except ValueError:
        data, foreign = {"detail": raw[:SHOWN].decode("utf-8", "replace")}, True
    if foreign and status < 400:
        raise ChatsimError(status, {"detail": f"no simulator answers so: {raw[:SHOWN].decode('utf-8', 'replace')}"})
    if status >= 400 and (refused or foreign):
        raise ChatsimError(status, data if isinstance(data, dict) else {"detail": str(data)})
    return data


class BlockingTransport:
    """Sends requests one by one; safe to use from several threads, since each has its own connection."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def ask(self, method: str, path: str, body: Any = None, *, patience_s: float = 0.0) -> tuple[int, bytes]:
        """Send a request and give status and body; `patience_s` is how long the answer may be held back."""
        refuse_below_loop()
        raw, headers = encoded(body)
        connection = self._connect(PATIENCE_S + patience_s)
        try:
            connection.request(method, path, raw, {**self._target.headers, **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except http.client.HTTPException as error:
            raise _broken_off(error) from error
        finally:
            connection.close()

    def lines(self, path: str, headers: Mapping[str, str]) -> Iterator[bytes]:
        """The lines of an answer that goes on, until it ends."""
        refuse_below_loop()
        connection = self._connect(None)
        try:
            connection.request("GET", path, headers={**self._target.headers, **headers})
            answer = connection.getresponse()
            if answer.status != 200:
                decoded(answer.status, answer.read(), refused=True)
            yield from answer
        except http.client.HTTPException as error:
            raise _broken_off(error) from error
        finally:
            connection.close()

    def _connect(self, timeout_s: float | None) -> http.client.HTTPConnection:
        target = self._target
        if target.context is not None:
            return http.client.HTTPSConnection(target.host, target.port, timeout=timeout_s, context=target.context)
        return http.client.HTTPConnection(target.host, target.port, timeout=timeout_s)


class AwaitedTransport:
    """The same, awaited."""

    def __init__(self, target: Target) -> None:
        self._target = target

    async def ask(self, method: str, path: str, body: Any = None, *, patience_s: float = 0.0) -> tuple[int, bytes]:
        """Send a request and give status and body; `patience_s` is how long the answer may be held back."""
        async with asyncio.timeout(PATIENCE_S + patience_s):
            reader, writer = await self._send(method, path, *encoded(body))
            try:
                status, length = await _head(reader)
                return status, await (reader.read() if length is None else reader.readexactly(length))
            except asyncio.IncompleteReadError as error:
                raise _broken_off(error) from error
            finally:
                writer.close()

    async def lines(self, path: str, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """The lines of an answer that goes on, until it ends."""
        reader, writer = await self._send("GET", path, None, headers)
        try:
            status, length = await _head(reader)
            if status != 200:
                decoded(status, await reader.read(-1 if length is None else length), refused=True)
            while line := await reader.readline():
                yield line
        finally:
            writer.close()

    async def _send(
        self, method: str, path: str, raw: bytes | None, headers: Mapping[str, str]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        target = self._target
        if raw is not None or method in ("POST", "PUT", "PATCH"):
            headers = {**headers, "Content-Length": str(len(raw or b""))}
        reader, writer = await asyncio.open_connection(target.host, target.port, ssl=target.context)
        # HTTP/1.0: whoever answers does not chunk, so that a body ends where it says or where the connection does.
        head = "".join(f"{name}: {value}\r\n" for name, value in {**target.headers, **headers}.items())
        writer.write(f"{method} {path} HTTP/1.0\r\n{head}\r\n".encode() + (raw or b""))
        await writer.drain()
        return reader, writer


def _broken_off(error: Exception) -> ConnectionError:
    """What http.client and asyncio say each in a way of its own, where OSError is expected."""
    if isinstance(error, ConnectionError):
        return error
    return ConnectionResetError(f"the answer is no HTTP, or was broken off: {error}")


async def _head(reader: asyncio.StreamReader) -> tuple[int, int | None]:
    """The status and the length of the body, None where it goes on to the end.

    Raises:
        ConnectionError: there is none.
    """
    try:
        first = await reader.readline()
    except ValueError as error:  # longer than any head
        raise _broken_off(error) from error
    if not first:
        raise ConnectionResetError("the connection was closed without an answer")
    if (found := _STATUS.match(first)) is None:
        raise ConnectionResetError(f"the answer is no HTTP: {first[:SHOWN].decode('utf-8', 'replace')!r}")
    status = int(found[1])
    length = None
    while (line := await reader.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "content-length":
            length = int(value)
    return status, 0 if status in (204, 304) else length
