"""Which scopes there are, and what a token is given of those asked for."""

from __future__ import annotations

from typing import Final

from chatsim.apis.keycloak.errors import OAuthError

DEFAULT: Final = ("profile", "email")
OPTIONAL: Final = ("address", "phone", "offline_access", "microprofile-jwt")
SILENT: Final = ("acr", "basic", "roles", "web-origins")
"""Scopes that may be asked for, are always there, and are not named in a token."""

KNOWN: Final = ("openid", *DEFAULT, *OPTIONAL, *SILENT)


def granted(asked: str | None) -> str:
    """Return the scope of the tokens: `openid` first if asked for, the default ones, then the optional ones asked for.

    Raises:
        OAuthError: an unknown one is among them; the text holds all that was asked for [source].
    """
    names = (asked or "").split(" ")
    if not all(name in KNOWN for name in names if name):
        raise OAuthError("invalid_scope", f"Invalid scopes: {asked}")
    optional = dict.fromkeys(name for name in names if name in OPTIONAL)
    return " ".join([*(["openid"] if "openid" in names else []), *DEFAULT, *optional])
