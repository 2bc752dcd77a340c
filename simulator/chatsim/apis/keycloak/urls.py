"""Where the token server says that it is."""

from __future__ import annotations

from urllib.parse import quote

from chatsim.core.api import Call


def realm_url(call: Call, realm: str) -> str:
    """The address of a realm as this client reaches it, with or without `/auth` as in its own request."""
    return f"{call.base_url}{call.request.link_prefix}{_path(call, realm)}"


def login_url(call: Call, realm: str) -> str:
    """The address of a realm as its users' browsers reach it."""
    return f"{call.link_base}{_path(call, realm)}"


def issuer(call: Call, realm: str) -> str:
    """The `iss` of a realm: it follows the host that the client used, unless a public URL was fixed.

    Stock clients compare it exactly with the address that they were given [measured].
    """
    return f"{call.world.public_url or call.base_url}{_path(call, realm)}"


def _path(call: Call, realm: str) -> str:
    # A trigger has no request of its own; the documents' form is the one with the prefix.
    prefix = "" if call.request.path.startswith("/realms/") else "/auth"
    return f"{prefix}/realms/{quote(realm, safe='', errors='surrogatepass')}"
