"""Which world a request means: by the port it came to, the name it was sent to, its path, or a header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatsim.core.http import Headers, Request
from chatsim.core.routing import CONTROL
from chatsim.core.world import DEFAULT

if TYPE_CHECKING:
    from chatsim.server.heads import Peer

PREFIX: Final = "/w/"


class Finder:
    """Below `domain` host names are names of worlds. With `trust_proxy` a proxy says what the client asked for."""

    def __init__(self, *, trust_proxy: bool, domain: str | None) -> None:
        self._trust_proxy = trust_proxy
        self._domain = f".{domain}" if domain else None

    def locate(self, method: str, target: str, headers: Headers, peer: Peer) -> tuple[Request, str]:
        """The request as the pipeline takes it, and the name of its world."""
        scheme, remote, own = peer
        if not target.startswith("/"):  # absolute form (RFC 9112 section 3.2.2), or * and the like
            target = "/" + target.partition("://")[2].partition("/")[2]
        path, _, query = target.partition("?")
        path = path.partition("#")[0]
        host = headers.get("Host") or "localhost"
        if self._trust_proxy:
            scheme = headers.get("X-Forwarded-Proto", scheme).partition(",")[0].strip()
            host = headers.get("X-Forwarded-Host", host).partition(",")[0].strip()
        prefix = link_prefix = ""
        name = headers.get("X-Sim-World", DEFAULT)
        if own is not None:
            name = own
        elif self._domain is not None and (bare := host.partition(":")[0].lower()).endswith(self._domain):
            name = bare.removesuffix(self._domain)
        elif path.startswith(PREFIX):
            name, slash, rest = path[len(PREFIX) :].partition("/")
            if not (slash + rest).startswith(CONTROL):  # `/_sim` stands at the root only: below a world it is nobody's
                prefix, path = PREFIX + name, slash + rest if slash else "/"
        elif name != DEFAULT and not path.startswith(CONTROL):
            link_prefix = PREFIX + name
        head = Request(
            method=method,
            path=path,
            query=query,
            headers=headers,
            scheme=scheme,
            host=host,
            prefix=prefix,
            link_prefix=link_prefix,
            remote=remote,
        )
        return head, name
