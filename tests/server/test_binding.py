"""Listening: both loopback addresses on one port, and clear errors."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chatsim.server import binding


@contextmanager
def listening(host: str | None, port: int) -> Iterator[list[tuple[str, int]]]:
    """Address and port of each socket that listens for as long as the block lasts."""
    sockets = binding.listen(host, port)
    try:
        yield [one.getsockname()[:2] for one in sockets]
    finally:
        for one in sockets:
            one.close()


@pytest.mark.parametrize("host", [None, "localhost"])
def test_loopback_is_one_port_of_each_address(host: str | None) -> None:
    """A free one, the same on both; a machine without IPv6 has one address."""
    with listening(host, 0) as places:
        assert {address for address, _ in places} <= {"127.0.0.1", "::1"}
        assert ("127.0.0.1", places[0][1]) in places
        assert len({port for _, port in places}) == 1


def test_given_address_is_the_only_one() -> None:
    """`--host 127.0.0.1` listens there alone."""
    with listening("127.0.0.1", 0) as places:
        assert [address for address, _ in places] == ["127.0.0.1"]


def test_machine_without_ipv6_gets_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """::1 may be missing, 127.0.0.1 may not."""
    real = binding._bound

    def without_ipv6(address: str, port: int, *, held: bool) -> socket.socket:
        if address == "::1":
            raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
        return real(address, port, held=held)

    monkeypatch.setattr(binding, "_bound", without_ipv6)
    with listening(None, 0) as places:
        assert [address for address, _ in places] == ["127.0.0.1"]


def test_taken_port_is_told() -> None:
    """With address and port, so that one can ask who it is."""
    with listening(None, 0) as places, pytest.raises(binding.PortTaken) as raised:
        binding.listen(None, places[0][1])
    assert (raised.value.address, raised.value.port) == ("127.0.0.1", places[0][1])


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_foreign_address_is_refused(host: str) -> None:
    """It is named."""
    with pytest.raises(binding.CannotListen, match=host.replace(".", r"\.")):
        binding.listen(host, 0)


@pytest.mark.parametrize(
    ("host", "expected"), [(None, True), ("localhost", True), ("127.0.0.2", True), ("::1", True), ("0.0.0.0", False)]
)
def test_loopback_is_told_from_the_rest(host: str | None, expected: bool) -> None:
    """Whether others can reach it decides what /_sim asks for."""
    assert binding.is_loopback(host) is expected
