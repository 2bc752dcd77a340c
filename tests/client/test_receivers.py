"""The server that stands in for the code under test."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from sending import ask

from chatsim.client import Answer, AsyncWorld, NotSeen, World
from chatsim.client.blocking.callbacks import Receiver
from chatsim.client.receivers import Receivers

HEAD = "POST /x HTTP/1.1\r\nHost: a\r\n"


@pytest.fixture
def receiver(world: World) -> Iterator[Receiver]:
    """It answers 200."""
    with world.callbacks.receiver() as made:
        yield made


def heard(receiver: Receiver) -> bytes:
    """What it answers to a request, byte by byte."""
    where = urlsplit(receiver.url)
    with socket.create_connection((where.hostname, where.port), timeout=5) as talk:
        talk.sendall(f"{HEAD}Content-Length: 0\r\n\r\n".encode())
        return b"".join(iter(lambda: talk.recv(65536), b""))


def test_it_keeps_what_comes(receiver: Receiver) -> None:
    """Method, target, headers and body."""
    assert ask("POST", receiver.url + "/hook?a=1", {"X-Id": "7"}, b'{"a": "b"}').status == 200
    (one,) = receiver.wait()
    assert (one.method, one.target, one.headers["x-id"], one.json) == ("POST", "/hook?a=1", "7", {"a": "b"})


@pytest.mark.parametrize(
    ("body", "kind", "raw"),
    [
        ({"ok": True}, "application/json", b'{"ok": true}'),
        ("grüß", "text/plain; charset=utf-8", "grüß".encode()),
        (b"\x00", "application/octet-stream", b"\x00"),
    ],
)
def test_it_answers_as_told(receiver: Receiver, body: object, kind: str, raw: bytes) -> None:
    """Status, headers and body."""
    receiver.answer(Answer(202, body, {"X-Mine": "1"}))
    answer = ask("POST", receiver.url, body=b"")
    assert (answer.status, answer.headers["content-type"], answer.headers["x-mine"]) == (202, kind, "1")
    assert answer.body == raw


def test_it_answers_with_the_headers_given(receiver: Receiver) -> None:
    """Its own type gives way to theirs, however it is written."""
    receiver.answer(Answer(body={}, headers={"content-type": "application/problem+json", "X-Name": "caf\xe9"}))
    raw = heard(receiver)
    assert raw.lower().count(b"content-type:") == 1
    assert b"\r\nX-Name: caf\xe9\r\n" in raw


@pytest.mark.parametrize(("status", "length"), [(204, 0), (205, 1), (304, 0)])
def test_it_sends_no_body_where_there_is_none(receiver: Receiver, status: int, length: int) -> None:
    """A length of 0 where RFC 9110 allows to say so."""
    receiver.answer(status)
    raw = heard(receiver)
    assert raw.endswith(b"\r\n\r\n")
    assert raw.count(b"Content-Length: 0\r\n") == length


@pytest.mark.parametrize(
    ("status", "body", "headers", "words"),
    [
        (100, None, {}, "expected 200 to 599"),
        (204, "x", {}, "has no body"),
        (304, {}, {}, "has no body"),
        (200, None, {"X A": "a"}, "no header"),
        (200, None, {"X-A": "a\r\nX-B: b"}, "no header"),
        (200, None, {"X-A": "日本"}, "no header"),
        (200, None, {"content-length": "1"}, "the receiver's own"),
        (200, None, {"Transfer-Encoding": "chunked"}, "the receiver's own"),
        (200, None, {"X-A": "1", "x-a": "2"}, "twice"),
    ],
)
def test_an_answer_that_cannot_be(status: int, body: object, headers: dict[str, str], words: str) -> None:
    """It is refused where it is written, not when a delivery came."""
    with pytest.raises(ValueError, match=words):
        Answer(status, body, headers)


def test_it_answers_a_sequence(world: World) -> None:
    """One after the other, then as the last."""
    receiver = world.callbacks.receiver(503, 500, 204)
    assert [ask("POST", receiver.url, body=b"").status for _ in range(4)] == [503, 500, 204, 204]
    receiver.answer()
    assert ask("POST", receiver.url, body=b"").status == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (HEAD + "Transfer-Encoding: chunked\r\n\r\n", 411),
        (HEAD + "Content-Length: 99999999999999\r\n\r\n", 413),
        (HEAD + "Content-Length: -1\r\n\r\n", 413),
        (HEAD + f"X: {'x' * 70_000}\r\n\r\n", 431),
        ("x\r\n\r\n", 200),
    ],
)
def test_odd_requests_are_answered(receiver: Receiver, sent: str, status: int) -> None:
    """It is no web server, and says so."""
    where = urlsplit(receiver.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall(sent.encode())
        assert connection.recv(100).split()[1] == str(status).encode()


def test_a_delay_does_not_hold_up_what_is_kept(receiver: Receiver) -> None:
    """What came is seen before it is answered, and the end of the receiver breaks the answer off."""
    receiver.answer(Answer(delay_s=3600))
    where = urlsplit(receiver.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall(f"{HEAD}Content-Length: 0\r\n\r\n".encode())
        assert len(receiver.wait()) == 1
        receiver.close()
        assert connection.recv(1) == b""


def test_waiting_for_more_than_comes_fails(receiver: Receiver) -> None:
    """With how many there were."""
    ask("POST", receiver.url, body=b"")
    with pytest.raises(NotSeen, match="found 1"):
        receiver.wait(2, timeout_s=0.01)


def test_it_ends_with_its_world(world: World) -> None:
    """Nobody has to close it."""
    receiver = world.callbacks.receiver()
    world.client.receivers.close(world.name)
    with pytest.raises(OSError, match="refused"):
        ask("POST", receiver.url, body=b"")


async def test_awaited(world_async: AsyncWorld) -> None:
    """The same from a coroutine."""
    async with await world_async.callbacks.receiver() as receiver:
        waiting = asyncio.create_task(receiver.wait())
        await asyncio.to_thread(ask, "POST", receiver.url, None, json.dumps([1]).encode())
        assert [one.json for one in await waiting] == [[1]]
    with pytest.raises(OSError, match="refused"):
        await asyncio.to_thread(ask, "POST", receiver.url)


def test_it_needs_no_simulator_in_this_process() -> None:
    """Then it has a thread of its own, which ends with it."""
    receivers = Receivers()
    loop = receivers.loop
    sink = asyncio.run_coroutine_threadsafe(receivers.open("a", [201], "127.0.0.1", "localhost"), loop).result()
    assert sink.url.startswith("http://localhost:")
    assert ask("POST", sink.url, body=b"").status == 201
    receivers.close()
    assert loop.is_closed()
