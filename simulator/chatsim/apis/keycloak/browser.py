"""What a browser is shown: it can log out, and is told that there is no login to simulate."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from chatsim.apis.keycloak.errors import PageError
from chatsim.apis.keycloak.pages import HTML, info_page
from chatsim.apis.keycloak.realms import enabled_realm
from chatsim.core.accounts import Issued, Realm
from chatsim.core.api import Call
from chatsim.core.http import Reply
from chatsim.core.identity import Identity
from chatsim.core.tokens import TokenRefused


def log_out_browser(identity: Identity, call: Call) -> Reply:
    """Log out by id_token_hint or client_id, and go on to post_logout_redirect_uri with `state`.

    No client has a list of addresses to compare with: any http or https address will do. As there is no browser login,
    a client_id alone ends no session.
    """
    realm = enabled_realm(identity, call)
    query: dict[str, str] = dict(reversed(call.query))
    target, hint, client_id = (query.get(name) for name in ("post_logout_redirect_uri", "id_token_hint", "client_id"))
    if "redirect_uri" in query:
        raise PageError("Invalid redirect uri")
    if target is not None and hint is None and client_id is None:
        raise PageError("Missing parameters: id_token_hint")
    issued = None if hint is None else _hinted(identity, realm, call, hint)
    known: Any = realm.clients.get(client_id) if client_id is not None else None
    if client_id is not None and (known is None or (issued is not None and issued.client_id != client_id)):
        raise PageError("Invalid parameter: client_id")
    if target is not None and not _is_web_address(target):
        raise PageError("Invalid redirect uri")
    if issued is not None and issued.sid is not None:
        identity.end_session(issued.sid)
    if target is None:
        text = "You are logged out" if issued is not None else "Do you want to log out?"
        return Reply(body=info_page(text), content_type=HTML)
    return Reply(status=302, headers={"Location": _with_state(target, query.get("state"))})


def _hinted(identity: Identity, realm: Realm, call: Call, hint: str) -> Issued:
    """The record of an identity token; its time may be over, for it only hints at the session."""
    try:
        issued = identity.look_up(hint, realm.name, call.now, expired_too=True)[1]
    except TokenRefused as refused:
        raise PageError("Invalid parameter: id_token_hint") from refused
    if issued.kind != "id":
        raise PageError("Invalid parameter: id_token_hint")
    return issued


def _is_web_address(target: str) -> bool:
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and target.isprintable()


def _with_state(target: str, state: str | None) -> str:
    # A header holds ASCII only; what is percent-encoded already is left alone.
    address = quote(target, safe="%/:?#[]@!$&'()*+,;=~-._")
    if state is None:
        return address
    return f"{address}{'&' if '?' in address else '?'}state={quote(state, safe='')}"


def show_login(identity: Identity, call: Call) -> Reply:
    """The page where a browser would log in. It is named in discovery, but there is no login to simulate.

    Raises:
        PageError: always.
    """
    enabled_realm(identity, call)
    raise PageError(
        "Login by browser is not simulated. Get a token with grant_type password or client_credentials instead."
    )


def show_nothing(identity: Identity, call: Call) -> Reply:
    """What a person finds who follows an address of the realm's description by hand: a page, and nothing to do on it.

    Raises:
        PageError: always.
    """
    enabled_realm(identity, call)
    raise PageError("There is nothing to see here. This address is for programs, or is not simulated.")
