"""The paths of the token server: each with and without `/auth`, with and without a slash at its end."""

from __future__ import annotations

from typing import Any, Final

from chatsim.apis.keycloak import browser, operations, realms
from chatsim.apis.keycloak.forms import decode_form, form_or_nothing
from chatsim.core.api import BINARY, NOTHING, Operation, Route

OAUTH: Final = "oauth-error"
OIDC: Final = "/protocol/openid-connect"
FORM_LIMIT: Final = 256 * 1024
"""Bytes of a form. The real limit is the reverse proxy's; this one holds any token many times."""


def _route(method: str, path: str, operation: Operation, title: str, replies: dict[int, str], **more: Any) -> Route:
    return Route(
        method=method,
        path=f"/auth/realms/{{realm}}{path}",
        aliases=(f"/realms/{{realm}}{path}",),  # without the prefix, as newer servers have it
        slash=True,
        operation=operation,
        title=title,
        replies=replies,
        auth=False,  # who calls is said in the form as well, which only the operation sees
        **more,
    )


FORM: Final[dict[str, Any]] = {"decode": decode_form, "limit": FORM_LIMIT}

ROUTES: Final = (
    _route("GET", "", realms.show_realm, "Tell the realm's public key", {200: "realm-info"}),
    _route("GET", "/.well-known/openid-configuration", realms.discover, "Discovery document", {200: "discovery"}),
    _route(
        "POST",
        f"{OIDC}/token",
        operations.issue_token,
        "Issue tokens",
        {200: "token-reply", 400: OAUTH, 401: OAUTH, 403: OAUTH},
        bare=(401,),
        **FORM,
    ),
    _route("GET", f"{OIDC}/certs", realms.list_keys, "List the signing keys", {200: "jwks"}),
    _route(
        "GET",
        f"{OIDC}/userinfo",
        operations.tell_user,
        "Tell whom the access token is about",
        {200: "userinfo", 400: OAUTH, 401: OAUTH, 403: OAUTH},
    ),
    _route(
        "POST",
        f"{OIDC}/userinfo",
        operations.tell_user,
        "Tell whom the access token is about",
        {200: "userinfo", 400: OAUTH, 401: OAUTH, 403: OAUTH},
        decode=form_or_nothing,
        limit=FORM_LIMIT,
    ),
    _route(
        "POST",
        f"{OIDC}/token/introspect",
        operations.introspect,
        "Say whether a token counts",
        {200: "introspection-reply", 400: OAUTH, 401: OAUTH, 403: OAUTH},
        **FORM,
    ),
    _route(
        "POST",
        f"{OIDC}/revoke",
        operations.revoke,
        "Take a token back",
        {200: OAUTH, 400: OAUTH, 401: OAUTH, 403: OAUTH},
        bare=(200, 401),
        **FORM,
    ),
    _route(
        "POST",
        f"{OIDC}/logout",
        operations.end_session,
        "End the session of a refresh token",
        {204: NOTHING, 400: OAUTH, 401: OAUTH, 403: OAUTH},
        bare=(401,),
        **FORM,
    ),
    _route(
        "GET",
        f"{OIDC}/logout",
        browser.log_out_browser,
        "End the session of a browser",
        {200: BINARY, 302: NOTHING, 400: BINARY, 403: OAUTH},
    ),
    _route("GET", f"{OIDC}/auth", browser.show_login, "Refuse a login by browser", {400: BINARY, 403: OAUTH}),
    _route("POST", f"{OIDC}/auth", browser.show_login, "Refuse a login by browser", {400: BINARY, 403: OAUTH}),
    _route("GET", "/account", browser.show_nothing, "Refuse the account pages", {400: BINARY, 403: OAUTH}),
    _route("GET", OIDC, browser.show_nothing, "Refuse to be looked at", {400: BINARY, 403: OAUTH}),
)
