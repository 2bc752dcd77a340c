"""Which client is calling, and whether it is the one it says: section 2.3 of RFC 6749 as Keycloak reads it."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote_plus

import msgspec

from chatsim.apis.keycloak.errors import INVALID_CREDENTIALS, BasicChallenge, OAuthError
from chatsim.apis.keycloak.forms import Form
from chatsim.core.accounts import Client
from chatsim.core.api import Call
from chatsim.core.identity import Identity

_ESCAPE: Final = re.compile("%[0-9A-Fa-f]{2}")


class Credentials(NamedTuple):
    """One way to read what the caller sent; None is what it did not send."""

    client_id: str | None
    secret: str | None


def authenticate_client(identity: Identity, call: Call, form: Form, *, may_be_new: bool = False) -> Client:
    """Return the client that calls. Where it `may_be_new`, the client of a first contact is made but not added.

    A known client is returned as it is, or as a copy with the secret it came with if it had none yet; either is added
    once the whole operation succeeds.

    Raises:
        OAuthError: invalid_client or unauthorized_client. BasicChallenge: an unreadable header and nothing else.
    """
    realm = identity.realms.get(call.params["realm"])
    known: Mapping[str, Client] = realm.clients if realm else {}
    readings = _readings(call, form)
    if readings[0].client_id is None:
        raise OAuthError("invalid_client", "Missing client_id parameter")
    call.entry.principal = readings[0].client_id
    named = [(client, one.secret) for one in readings if (client := known.get(one.client_id or "")) is not None]
    for client, secret in named:
        if client.enabled and (accepted := _accepted(client, secret, may_be_new)) is not None:
            call.entry.principal = client.client_id
            return accepted
    if any(client.enabled for client, _ in named):
        raise OAuthError("unauthorized_client", INVALID_CREDENTIALS, 401)
    if named or not may_be_new or not readings[0].client_id:
        raise OAuthError("invalid_client", INVALID_CREDENTIALS, 401)
    return _first_contact(identity, call, readings)


def _accepted(client: Client, secret: str | None, may_be_new: bool) -> Client | None:
    if client.public:
        return client
    if client.secret is None and secret and may_be_new:
        return msgspec.structs.replace(client, secret=secret)
    # A secret that is there but empty is a wrong one, as an empty one cannot have been set.
    return client if secret and secret == client.secret else None


def _first_contact(identity: Identity, call: Call, readings: list[Credentials]) -> Client:
    """A client seen first without a secret is public; one with a secret keeps it."""
    # Of the two readings of a Basic header the raw one is kept, unless it holds percent-escapes: those are hardly ever
    # meant literally, while a plus sign mostly is, from a base64 secret [guess].
    raw = readings[0]
    escaped = any(_ESCAPE.search(text) for text in raw if text)
    client_id, secret = readings[-1] if escaped else raw
    if "\0" in (client_id or ""):  # no database of the real server keeps one [guess]
        raise OAuthError("invalid_client", INVALID_CREDENTIALS, 401)
    client = identity.new_client(call.params["realm"], client_id or "")
    client.secret = secret or None
    client.public = client.secret is None
    client.service_account = not client.public
    call.entry.principal = client.client_id
    return client


def _readings(call: Call, form: Form) -> list[Credentials]:
    """What the header says, read raw and then form-decoded; members of the body win one by one [source].

    RFC 6749 wants id and secret form-encoded before base64. openid-client 6 does that, most clients do not [measured],
    so both are tried.
    """
    header = call.request.headers.get("Authorization")
    basic = None if header is None else _basic(header)
    body = Credentials(form.get("client_id"), form.get("client_secret"))
    if basic is None:
        if header is not None and body.client_id is None:
            raise BasicChallenge(call.params["realm"])
        return [body]
    found = []
    for one in (basic, Credentials(*map(_decoded, basic))):
        client_id = one.client_id if body.client_id is None else body.client_id
        secret = one.secret if body.secret is None else body.secret
        found.append(Credentials(client_id, secret))
    return found


def _decoded(text: str | None) -> str | None:
    """The text without its percent-escapes; as it is where they stand for no UTF-8."""
    try:
        return text and unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        return text


def _basic(header: str) -> Credentials | None:
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    encoded = encoded.strip()
    try:
        text = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode()
    except (NotBase64, ValueError):
        return None
    client_id, colon, secret = text.partition(":")
    return Credentials(client_id, secret) if colon else None
