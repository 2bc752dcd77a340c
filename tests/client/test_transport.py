"""Requests of the client: where they go, what they carry, how answers are read."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chatsim.client import Answer, AsyncClient, ChatsimError, Client, File
from chatsim.client.receivers import Receivers, Sink
from chatsim.client.transport import Target, encoded


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A server that is no simulator."""
    receivers = Receivers()
    opening = receivers.open("a", (), "127.0.0.1", None)
    yield asyncio.run_coroutine_threadsafe(opening, receivers.loop).result()
    receivers.close()


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://localhost", "http://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    """With one that would be."""
    with pytest.raises(ValueError, match="http://localhost:8080 would be one"):
        Client(url)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [("http://a", "a", 80), ("https://a", "a", 443), ("http://[::1]:9/", "::1", 9), ("http://b:c@a:1", "a", 1)],
)
def test_where_it_goes(url: str, host: str, port: int) -> None:
    """As the scheme says where there is no port."""
    target = Target(url, None, None)
    assert (target.host, target.port, target.context is not None) == (host, port, url.startswith("https"))


def test_the_token_comes_along(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given, or from the environment."""
    sink.answer([Answer(body={"version": "1"})])
    Client(sink.url, token="a").version()
    monkeypatch.setenv("CHATSIM_CONTROL_TOKEN", "b")
    Client(sink.url).version()
    assert [one.headers["authorization"] for one in sink.received] == ["Bearer a", "Bearer b"]


async def test_both_halves_send_the_same(sink: Sink) -> None:
    """Header by header, but for what only one of the protocols knows."""
    sink.answer([Answer(body={"name": "a", "base_url": "http://a"})])
    await AsyncClient(sink.url).world("a", seed="ü")
    await asyncio.to_thread(Client(sink.url).world, "a", seed="ü")
    awaited, blocking = sink.received
    assert (awaited.method, awaited.target, awaited.body) == (blocking.method, blocking.target, blocking.body)
    kept = {name: value for name, value in blocking.headers.items() if name != "accept-encoding"}
    assert awaited.headers == kept


@pytest.mark.parametrize("body", ["<html>", [1]])
async def test_an_error_of_somebody_else_is_told(sink: Sink, body: object) -> None:
    """A proxy, perhaps."""
    sink.answer([Answer(502, body)])
    with pytest.raises(ChatsimError, match="<html>" if body == "<html>" else "1") as refused:
        await AsyncClient(sink.url).version()
    assert refused.value.status == 502


async def test_nobody_there() -> None:
    """Is an OSError in both halves."""
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await AsyncClient("http://127.0.0.1:9").version()
    with pytest.raises(OSError, match="refused"):
        await asyncio.to_thread(Client("http://127.0.0.1:9").version)


@contextmanager
def says(raw: bytes) -> Iterator[str]:
    """A service that answers every connection so, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            for _ in range(2):
                peer, _address = server.accept()
                with peer:
                    peer.recv(65536)
                    peer.sendall(raw)

        talking = threading.Thread(target=talk)
        talking.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        talking.join()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"x" * 100_000,
        b"HTTP/1.1 two hundred\r\n\r\n",
        b'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"version": ',
    ],
)
async def test_an_answer_that_ends_or_is_none_is_an_os_error(raw: bytes) -> None:
    """In both halves: the simulator went away, or another service listens there."""
    with says(raw) as url:
        with pytest.raises(OSError, match=r"HTTP|answer|response|reset"):
            await AsyncClient(url).version()
        with pytest.raises(OSError, match=r"HTTP|answer|response|reset"):
            await asyncio.to_thread(Client(url).version)


@pytest.mark.parametrize("body", ["<html>", [1], "7"])
async def test_what_no_simulator_answers_is_told(sink: Sink, body: object) -> None:
    """With status 200 too: it is not taken for an answer."""
    sink.answer([Answer(200, body)])
    with pytest.raises(ChatsimError, match="no simulator answers so"):
        await AsyncClient(sink.url).version()
    with pytest.raises(ChatsimError, match="no simulator answers so"):
        await asyncio.to_thread(Client(sink.url).version)


def test_bodies() -> None:
    """None, JSON, or a form where a value is a file."""
    assert encoded(None) == (None, {})
    assert encoded({"a": 1}) == (b'{"a": 1}', {"Content-Type": "application/json"})
    raw, headers = encoded({"n": 1, "t": "x", "file": File('a"\r\nb', b"data", "text/plain")})
    assert raw is not None
    boundary = headers["Content-Type"].partition("boundary=")[2]
    parts = raw.decode().split(f"--{boundary}")
    assert [part.strip().partition("\r\n\r\n")[2] for part in parts[1:-1]] == [json.dumps(1), "x", "data"]
    assert 'filename="a\\"b"\r\nContent-Type: text/plain' in parts[3]
