"""Sockets to listen on. Loopback means both addresses, because `localhost` is ::1 first on many machines."""

import errno
import os
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from ipaddress import ip_address
from typing import Final

LOOPBACK: Final = ("127.0.0.1", "::1")
BACKLOG: Final = 1024
TRIES: Final = 20

_NO_SUCH_FAMILY: Final = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}


class PortTaken(Exception):
    """Somebody else listens on the port."""

    def __init__(self, address: str, port: int) -> None:
        super().__init__(f"port {port} of {address} is taken")
        self.address = address
        self.port = port


class CannotListen(Exception):
    """The address is not this machine's, or the port is not for everybody; the text says which."""


def listen(host: str | None, port: int, *, held: bool = False) -> list[socket.socket]:
    """Sockets that listen on `port` of `host`, or of both loopback addresses; port 0 is one that is free on each.

    A machine without IPv6 gets along with 127.0.0.1. A port that is only `held` is nobody else's, but connections are
    refused until its sockets are told to listen.

    Raises:
        PortTaken, CannotListen: as their names say.
    """
    for _ in range(TRIES):
        try:
            return _listen(_addresses(host), port, "::1" if host in (None, "localhost") else "", held=held)
        except PortTaken:
            if port:
                raise
    raise CannotListen(f"no port is free on all of {', '.join(_addresses(host))}")


def is_loopback(host: str | None) -> bool:
    """Whether only programs on this machine reach what listens on `host`."""
    return all(ip_address(address.partition("%")[0]).is_loopback for address in _addresses(host))


def _addresses(host: str | None) -> tuple[str, ...]:
    if host in (None, "localhost"):
        return LOOPBACK
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise CannotListen(
            f"{host!r} is no address of this machine ({error.strerror}): try --host 127.0.0.1"
        ) from error
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def _listen(addresses: Iterable[str], port: int, optional: str, *, held: bool) -> list[socket.socket]:
    with ExitStack() as undo:
        sockets: list[socket.socket] = []
        for address in addresses:
            try:
                one = undo.enter_context(_bound(address, port, held=held))
            except OSError as error:
                if address == optional and error.errno in _NO_SUCH_FAMILY:
                    continue
                if error.errno == errno.EADDRINUSE:
                    raise PortTaken(address, port) from error
                raise CannotListen(f"cannot listen on port {port} of {address}: {error.strerror}") from error
            port = one.getsockname()[1]
            sockets.append(one)
        undo.pop_all()
    return sockets


def _bound(address: str, port: int, *, held: bool) -> socket.socket:
    """Listening at once, unless it is only held: two may be bound to one port, but only one of them may listen."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it lets two programs share a port
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((address, port))
        if not held:
            one.listen(BACKLOG)
    except OSError:
        one.close()
        raise
    return one
