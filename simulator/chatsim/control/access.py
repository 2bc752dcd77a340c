"""Who may call `/_sim`: neither a web page of a foreign origin, nor a name rebound to loopback, nor the network."""

import hmac
from collections.abc import Iterator
from hashlib import sha256
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from chatsim.control.rows import row
from chatsim.core.api import NOTHING, Call
from chatsim.core.auth import Principal
from chatsim.core.cors import Cors
from chatsim.core.errors import Forbidden, Unauthorized
from chatsim.core.http import Reply, Request
from chatsim.core.routing import CONTROL
from chatsim.core.simulator import Access, Simulator
from chatsim.core.world import World

COOKIE: Final = "chatsim-control"
EVENTS: Final = f"{CONTROL}/events"
"""A browser's EventSource sends no headers of its own: there the token may stand in the query."""

_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="chatsim control"'}
_SCHEMES: Final = ("http", "https")
_LOOPBACK_PAGES: Final = ("localhost", "*.localhost", "127.0.0.1", "[[]::1]")


def authenticate(simulator: Simulator, call: Call) -> Principal | None:
    """Hold a call to the rules.

    Raises:
        Forbidden: the Host or the Origin is not trusted. Unauthorized: the token is missing or wrong.
    """
    access = simulator.options.access
    check_sender(access, call.request)
    if not _wants_token(access):
        return None
    if access.token is None:
        raise Unauthorized(
            "this simulator is reachable from other machines, so /_sim needs a token: start it with --control-token"
            " (or CHATSIM_CONTROL_TOKEN), or with CHATSIM_CONTROL=open to let everybody in",
            headers=_CHALLENGE,
        )
    if not any(_same(given, wanted) for given, wanted in _credentials(access.token, call.request)):
        raise Unauthorized(
            "send the control token as 'Authorization: Bearer …', or from a browser POST it to /_sim/login",
            headers=_CHALLENGE,
        )
    return Principal(id="control", kind="token")


def check_sender(access: Access, request: Request) -> None:
    """Refuse a foreign Host (a name rebound to this machine) and a page of a foreign Origin.

    The Host is not checked where a token is wanted: no page knows it.

    Raises:
        Forbidden: it is neither a loopback name nor listed.
    """
    host = _host(f"//{request.host}")
    guarded = _wants_token(access) and not access.loopback
    if not guarded and not _trusted(access, host):
        raise Forbidden(f"Host {request.host!r} is no loopback name; --allow-host {host or 'NAME'} trusts it")
    origin = request.headers.get("Origin")
    if origin is None or origin in access.origins or (guarded and origin == f"{request.scheme}://{request.host}"):
        return
    if origin.partition("://")[0] not in _SCHEMES or not _trusted(access, _host(origin)):
        raise Forbidden(f"pages of {origin!r} may not drive the simulator; --allow-origin {origin} lets them")


def log_in(simulator: Simulator, call: Call) -> Reply:
    """Give a browser a cookie for the token, so that the console needs it once."""
    access = simulator.options.access
    check_sender(access, call.request)
    if access.token is None:
        authenticate(simulator, call)
        return Reply(status=204)
    if not _same(call.body["token"], access.token):
        raise Unauthorized("that is not the control token", headers=_CHALLENGE)
    secure = "; Secure" if call.request.scheme == "https" else ""
    cookie = f"{COOKIE}={_cookie(access.token)}; Path=/_sim; HttpOnly; SameSite=Strict{secure}"
    return Reply(status=204, headers={"Set-Cookie": cookie})


def cors(access: Access) -> Cors:
    """The pages that may read answers: those that may call."""
    pages = [f"{scheme}://{host}{port}" for scheme in _SCHEMES for host in _LOOPBACK_PAGES for port in ("", ":*")]
    pages += [f"{scheme}://{host}{port}" for scheme in _SCHEMES for host in access.hosts for port in ("", ":*")]
    allowed = (*pages, *access.origins)

    def origins(world: World) -> tuple[str, ...]:
        return allowed

    return Cors(echo=True, credentials=True, origins=origins, expose=("Location",))


def _wants_token(access: Access) -> bool:
    return access.token is not None or not (access.loopback or access.open)


def _credentials(token: str, request: Request) -> Iterator[tuple[str, str]]:
    """What was presented, each with what it has to be."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield given.strip(), token
    for pair in request.headers.get("Cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            yield value, _cookie(token)
    if request.path == EVENTS:
        yield from ((value, token) for name, value in parse_qsl(request.query) if name == "access_token")


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode("utf-8", "surrogatepass"))


def _cookie(token: str) -> str:
    """Proves knowledge of the token without holding it."""
    return sha256(b"chatsim control cookie\0" + token.encode("utf-8", "surrogatepass")).hexdigest()


def _trusted(access: Access, host: str) -> bool:
    if host in access.hosts or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _host(url: str) -> str:
    """The host of a URL in lower case, without port and brackets; empty where there is none to be found."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


ROUTES: Final = (row("POST", "/login", log_in, {204: NOTHING}, body="login", auth=False),)
