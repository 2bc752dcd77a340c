"""Realms: which exist, and what each tells about itself, its services and its keys."""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from chatsim.apis.keycloak.errors import NoSuchRealm, OAuthError
from chatsim.apis.keycloak.grants import GRANTS
from chatsim.apis.keycloak.scopes import KNOWN
from chatsim.apis.keycloak.urls import issuer, login_url, realm_url
from chatsim.core.accounts import Realm
from chatsim.core.api import Call
from chatsim.core.http import Reply
from chatsim.core.identity import Identity
from chatsim.core.keys import public_key_der

NOTHING_YET: Final = frozenset({"issue_token", "discover", "list_keys", "show_realm"})
"""The operations that a realm may come into being by, where accounts are open."""

CLAIMS: Final = (
    "aud",
    "sub",
    "iss",
    "auth_time",
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "email",
    "acr",
)


def admit(identity: Identity, call: Call) -> None:
    """The realm exists, or may come into being.

    Raises:
        NoSuchRealm: neither.
    """
    name = call.params.get("realm")
    may_begin = call.world.open_accounts and call.route is not None and call.route.name in NOTHING_YET
    if name is not None and name not in identity.realms and not may_begin:
        raise NoSuchRealm(f"there is no realm {name!r}")


def enabled_realm(identity: Identity, call: Call) -> Realm:
    """The realm of the call; one that is not there yet is made but not added.

    Raises:
        OAuthError: it is switched off.
    """
    name = call.params["realm"]
    realm = identity.realms.get(name) or Realm(name)
    if not realm.enabled:
        raise OAuthError("access_denied", "Realm not enabled", 403)
    return realm


def discover(identity: Identity, call: Call) -> Reply:
    """The discovery document. A public URL fixes what a browser sees; the rest follows the client, as the real server
    does with dynamic back channels.
    """
    realm = identity.add_realm(call.params["realm"]).name
    oidc = f"{realm_url(call, realm)}/protocol/openid-connect"
    by_secret = ["client_secret_basic", "client_secret_post"]
    return Reply(
        body={
            "issuer": issuer(call, realm),
            "authorization_endpoint": f"{login_url(call, realm)}/protocol/openid-connect/auth",
            "token_endpoint": f"{oidc}/token",
            "introspection_endpoint": f"{oidc}/token/introspect",
            "userinfo_endpoint": f"{oidc}/userinfo",
            "end_session_endpoint": f"{oidc}/logout",
            "jwks_uri": f"{oidc}/certs",
            "revocation_endpoint": f"{oidc}/revoke",
            "grant_types_supported": list(GRANTS),
            # There is no browser login, but some readers want a list with the response type of one [guess].
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": by_secret,
            "introspection_endpoint_auth_methods_supported": by_secret,
            "revocation_endpoint_auth_methods_supported": by_secret,
            "claims_supported": list(CLAIMS),
            "claim_types_supported": ["normal"],
            "scopes_supported": list(KNOWN),
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "tls_client_certificate_bound_access_tokens": False,
        },
        headers={"Cache-Control": "no-cache, must-revalidate, no-transform, no-store"},
    )


def list_keys(identity: Identity, call: Call) -> Reply:
    """The keys that tokens are checked with."""
    identity.add_realm(call.params["realm"])
    return Reply(body={"keys": identity.jwks()}, headers={"Cache-Control": "no-cache"})


def show_realm(identity: Identity, call: Call) -> Reply:
    """The realm's public key and where its services are."""
    realm = identity.add_realm(call.params["realm"])
    url = realm_url(call, realm.name)
    return Reply(
        body={
            "realm": realm.name,
            "public_key": b64encode(public_key_der(identity.state.key)).decode(),
            "token-service": f"{url}/protocol/openid-connect",
            "account-service": f"{url}/account",
            "tokens-not-before": realm.not_before,
        }
    )
