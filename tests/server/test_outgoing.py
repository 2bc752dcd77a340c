"""Posts of our own, to a receiver that speaks bytes."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from yarl import URL

from chatsim.server import outgoing
from chatsim.server.outgoing import Address, Answer, NoAnswer, Outgoing, Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Script:
    """A receiver that answers its requests with the `answers`, one after the other, and then with the last one."""

    def __init__(self, answers: list[bytes], *, hang_up: bool) -> None:
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self.url = ""
        self.came = asyncio.Event()
        self.ended = asyncio.Event()
        self._answers = answers
        self._hang_up = hang_up
        self._writers: list[asyncio.StreamWriter] = []

    def hang_up(self) -> None:
        """Close all connections."""
        for writer in self._writers:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection."""
        self.connections += 1
        self._writers.append(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
                self.heads.append(head)
                self.bodies.append(await reader.readexactly(length))
                self.came.set()
                writer.write(self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])
                if self._hang_up:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self.ended.set()


@asynccontextmanager
async def script(
    *answers: bytes, hang_up: bool = False, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Script]:
    """Run one on a free port."""
    receiver = Script(list(answers), hang_up=hang_up)
    server = await asyncio.start_server(receiver.serve, host, 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    receiver.url = f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
    async with server:
        yield receiver


@pytest.fixture
async def sender() -> AsyncIterator[Outgoing]:
    """What is tested."""
    one = Outgoing()
    yield one
    one.close()


async def post(sender: Outgoing, url: str, body: bytes = b"{}", **options: Any) -> Answer:
    """Post a body, with limits that a test reaches only where it means to."""
    options = {"timeout_s": 10, "ca_file": None, "approve": lambda addresses: None} | options
    headers = options.pop("headers", [("Content-Type", "application/json")])
    return await sender.post(Address.of(URL(url, encoded=True)), headers, body, **options)


async def test_request_has_what_a_receiver_needs(sender: Outgoing) -> None:
    """Host, type, agent and length, and the target as it was written."""
    async with script(OK) as receiver:
        answer = await post(sender, f"{receiver.url}/a%2Fb?x=%C3%BC&y=#part", b'{"n":1}')
    [head] = receiver.heads
    assert head.splitlines()[0] == "POST /a%2Fb?x=%C3%BC&y= HTTP/1.1"
    names = [line.partition(":")[0] for line in head.splitlines()[1:-1]]
    assert names == ["Host", "Content-Type", "User-Agent", "Content-Length"]
    assert (receiver.bodies, answer) == ([b'{"n":1}'], Answer(200, [("Content-Length", "2")], b"ok"))


async def test_connection_is_kept(sender: Outgoing) -> None:
    """One after the other they take the same connection; at the same time each takes its own."""
    async with script(OK) as receiver:
        for _ in range(3):
            await post(sender, receiver.url)
        assert receiver.connections == 1
        await asyncio.gather(*(post(sender, receiver.url) for _ in range(3)))
        assert receiver.connections == 3


@pytest.mark.parametrize(
    ("answer", "hang_up", "body", "kept"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", False, b"ok", True),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK, False, b"ok", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", False, b"", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + b"x" * 9000, False, b"x" * 4096, True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 100_000, False, b"x" * 4096, False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", False, b"ok", False),
        (b"HTTP/1.1 200 OK\r\n\r\nok", True, b"ok", False),
        (b"HTTP/1.0 200 OK\r\n\r\nok", True, b"ok", False),
        (OK + OK, False, b"ok", False),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nxyz", False, b"", False),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x00", False, None, True),
    ],
)
async def test_answers_of_all_shapes(
    sender: Outgoing, answer: bytes, hang_up: bool, body: bytes | None, kept: bool
) -> None:
    """Whatever HTTP allows is read, and the connection is used again only where that is sure to work."""
    async with script(answer, hang_up=hang_up) as receiver:
        first = await post(sender, receiver.url)
        await post(sender, receiver.url)
    assert (first.body, receiver.connections) == (b"\x1f\x8b\x00" if body is None else body, 1 if kept else 2)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "without an answer"),
        (b"HTTP/1.1 200 O", "without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", "in the middle of its answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok", "in the middle of its answer"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "no HTTP answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nok", "no HTTP answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "no HTTP answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000 + b"\r\n", "no HTTP answer"),
    ],
)
async def test_what_is_no_answer_says_why(sender: Outgoing, answer: bytes, says: str) -> None:
    """A receiver that breaks off or talks nonsense has not answered, and the next post starts afresh."""
    async with script(answer, OK, hang_up=True) as receiver:
        with pytest.raises(NoAnswer, match=says):
            await post(sender, receiver.url)
        assert (await post(sender, receiver.url)).body == b"ok"
    assert receiver.connections == 2


async def test_receiver_that_closes_what_it_kept_is_told_how_to(sender: Outgoing) -> None:
    """A connection kept open and then closed without a word looks like a crash; the text says what it may be."""
    async with script(OK, b"") as receiver:
        await post(sender, receiver.url)
        waiting = asyncio.create_task(post(sender, receiver.url))
        async with asyncio.timeout(10):
            while len(receiver.bodies) < 2:
                receiver.came.clear()
                await receiver.came.wait()
        receiver.hang_up()
        with pytest.raises(NoAnswer, match="which it had kept open"):
            await waiting


async def test_half_an_answer_is_waited_for_in_vain(sender: Outgoing) -> None:
    """The time a receiver has is for the whole answer, and its connection is closed after it."""
    async with script(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok") as receiver:
        with pytest.raises(TimeoutError):
            await post(sender, receiver.url, timeout_s=0.05)
        async with asyncio.timeout(10):
            await receiver.ended.wait()


async def test_broken_off_post_closes_its_connection(sender: Outgoing) -> None:
    """Whoever stops waiting leaves no connection on which a late answer could be taken for another's."""
    async with script(b"HTTP/1.1 200 OK\r\n") as receiver:
        waiting = asyncio.create_task(post(sender, receiver.url))
        async with asyncio.timeout(10):
            await receiver.came.wait()
            waiting.cancel()
            await receiver.ended.wait()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_closed_connection_is_not_used_again(sender: Outgoing) -> None:
    """A receiver that hangs up after its answer gets the next request on a new connection."""
    async with script(OK, hang_up=True) as receiver:
        for _ in range(3):
            assert (await post(sender, receiver.url)).status == 200
            async with asyncio.timeout(10):
                await receiver.ended.wait()
            for _ in range(3):  # turns of the loop in which the end of the connection is heard of
                await asyncio.sleep(0)
            receiver.ended.clear()
    assert receiver.connections == 3


async def test_unused_connection_is_closed(sender: Outgoing, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody uses for a while goes."""
    monkeypatch.setattr(outgoing, "KEPT_S", 0.01)
    async with script(OK) as receiver:
        await post(sender, receiver.url)
        async with asyncio.timeout(10):
            await receiver.ended.wait()
    assert not sender._idle


async def test_nobody_there_is_refused(sender: Outgoing, unused_tcp_port: int) -> None:
    """A refused connection names host and port, also where a name has several addresses."""
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(Refused, match=f"connection refused by {host}:{unused_tcp_port}"):
            await post(sender, f"http://{host}:{unused_tcp_port}/")


async def test_name_leads_to_whatever_address_listens(sender: Outgoing) -> None:
    """localhost is ::1 first on many machines; a receiver on 127.0.0.1 is found."""
    async with script(OK) as receiver:
        url = receiver.url.replace("127.0.0.1", "localhost")
        assert (await post(sender, url)).status == 200
    assert f"\r\nHost: {url.removeprefix('http://')}\r\n" in receiver.heads[0]


async def test_ipv6_address_is_in_brackets(sender: Outgoing) -> None:
    """The Host header of a literal IPv6 address is as RFC 9112 wants it."""
    async with script(OK, host="::1") as receiver:
        await post(sender, receiver.url)
    assert f"\r\nHost: {receiver.url.removeprefix('http://')}\r\n" in receiver.heads[0]


async def test_unknown_name_says_so(sender: Outgoing) -> None:
    """A name without an address is no answer."""
    with pytest.raises(NoAnswer, match=r"cannot connect to nobody\.invalid:80"):
        await post(sender, "http://nobody.invalid/")


async def test_refusal_of_the_caller_comes_before_the_connection(sender: Outgoing) -> None:
    """The caller sees the addresses first, and what it raises is raised."""
    seen: list[Any] = []

    def never(addresses: tuple[str, ...]) -> None:
        seen.append(addresses)
        raise LookupError

    async with script(OK) as receiver:
        with pytest.raises(LookupError):
            await post(sender, receiver.url, approve=never)
    assert (seen, receiver.connections) == ([("127.0.0.1",)], 0)


async def test_name_and_password_of_a_url_are_sent(sender: Outgoing) -> None:
    """They are Basic authorization, as with every HTTP client."""
    async with script(OK) as receiver:
        await post(sender, receiver.url.replace("//", "//ann:p%40ss@"))
    assert "\r\nAuthorization: Basic YW5uOnBAc3M=\r\n" in receiver.heads[0]


async def test_no_line_can_be_smuggled_in(sender: Outgoing) -> None:
    """Blanks and breaks in a URL are escaped, those in a header refused."""
    async with script(OK) as receiver:
        await post(sender, f"{receiver.url}/a b\x7f")
        with pytest.raises(NoAnswer, match="X-Mine"):
            await post(sender, receiver.url, headers=[("X-Mine", "a\r\nX-Other: b")])
    assert [head.splitlines()[0] for head in receiver.heads] == ["POST /a%20b%7F HTTP/1.1"]


async def test_certificates_are_checked(sender: Outgoing, tmp_path: Path) -> None:
    """One of an unknown authority is refused with the remedy; with its authority named the connection is kept."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    ca_file = str(tmp_path / "ca.pem")
    authority.cert_pem.write_to_path(ca_file)
    async with script(OK, tls=context) as receiver:
        with pytest.raises(NoAnswer, match=r"not trusted .*callbacks\.ca_file"):
            await post(sender, receiver.url)
        for unusable in (str(tmp_path / "missing.pem"), str(tmp_path), "a\0b"):
            with pytest.raises(NoAnswer, match=r"callbacks\.ca_file .* cannot be used"):
                await post(sender, receiver.url, ca_file=unusable)
        for _ in range(2):
            assert (await post(sender, receiver.url, ca_file=ca_file)).body == b"ok"
    assert len(receiver.heads) == 2


async def test_authorities_written_anew_are_read_anew(sender: Outgoing, tmp_path: Path) -> None:
    """A file that names another authority than before is not taken for what it was."""
    ca_file = tmp_path / "ca.pem"
    for _ in range(2):
        authority = trustme.CA()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        ca_file.unlink(missing_ok=True)
        authority.cert_pem.write_to_path(str(ca_file))
        async with script(OK, tls=context) as receiver:
            assert (await post(sender, receiver.url, ca_file=str(ca_file))).body == b"ok"


async def test_receiver_without_tls_says_so(sender: Outgoing) -> None:
    """https to a server that hangs up on it cannot connect."""
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        with pytest.raises(NoAnswer, match="cannot connect"):
            await post(sender, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
