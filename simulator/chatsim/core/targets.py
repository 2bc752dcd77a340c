"""Where a callback may go: the map from public addresses to local ones, and what is off limits.

Pure rules over texts and addresses; who resolves names and connects is `server/callbacks.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from posixpath import normpath
from typing import Final
from urllib.parse import unquote, urlsplit

from chatsim.core.routing import CONTROL

# Not ipaddress.is_private: that also holds for 169.254.169.254, where clouds keep credentials.
_NEAR: Final = tuple(
    map(
        ip_network,
        ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
    )
)


def mapped(url: str, table: Mapping[str, str]) -> str:
    """``url`` with its longest prefix in ``table`` replaced; query and fragment stay.

    A prefix ends where a part of the URL ends: ``https://a.example`` does not fit
    ``https://a.example.org`` nor ``https://a.example:8443``.
    """
    for prefix in sorted(table, key=len, reverse=True):
        rest = url.removeprefix(prefix)
        fits = url.startswith(prefix) and (prefix[-1:] in "/?=" or rest[:1] in ("", *"/?#"))
        if prefix and fits:
            return table[prefix] + rest
    return url


def malformed(url: str) -> str | None:
    """Why no request can be made of this URL, or None."""
    if any(sign <= " " or sign == "\x7f" for sign in url):  # some of which urlsplit would drop in silence
        return f"{url!r} holds a space or a control character; percent-encode it"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return f"{url!r} is not a URL: {error}"
    if parts.scheme not in ("http", "https"):
        return f"{url!r} has the scheme {parts.scheme!r}; http and https are possible"
    if not (host := parts.hostname) or port == 0:
        return f"{url!r} names no host to connect to"
    if "\\" in parts.netloc or not _is_host(host):
        return f"{url!r} names {host!r}, which is no name of a host"
    return None


def _is_host(host: str) -> bool:
    try:
        same = host.encode().decode("idna") if host.isascii() else host.encode("idna")
    except UnicodeError:
        return False
    return bool(same) and bool(host.strip(".")) and host.isprintable()


def allowed_by_name(host: str, allow_hosts: Iterable[str]) -> bool:
    """Whether ``callbacks.allow_hosts`` lists this host: by name, as ``*.example.org``, or ``*``."""
    name = host.rstrip(".").lower()
    for entry in allow_hosts:
        wanted = entry.rstrip(".").lower()
        if wanted in ("*", name) or (wanted.startswith("*.") and name.endswith(wanted[1:])):
            return True
    return False


def refusal(host: str, address: str, allow_hosts: Iterable[str]) -> str | None:
    """Why a callback to ``host`` must not connect to ``address``; None when it may."""
    allow_hosts = tuple(allow_hosts)
    if allowed_by_name(host, allow_hosts) or allowed_by_name(address, allow_hosts):
        return None
    if is_near(ip_address(address)):
        return None
    where = host if host == address else f"{host} ({address})"
    return (
        f"{where} is neither loopback nor a private address; "
        f"to reach it, set callbacks.allow_hosts=[{host!r}], or callbacks.map to a local address"
    )


def is_near(address: IPv4Address | IPv6Address) -> bool:
    """Loopback, or a private network that people choose addresses from."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in _NEAR if network.version == address.version)


def own_control(url: str) -> str | None:
    """Why a callback must not go to this path; None when it may.

    A receiver's address that leads to a control API would let one call of a client drive a whole simulator.
    """
    path = normpath("/" + unquote(urlsplit(url).path).lstrip("/"))
    if path == CONTROL or path.startswith(CONTROL + "/"):
        return f"{url!r} leads to the control API of a simulator, which takes no callbacks"
    return None
