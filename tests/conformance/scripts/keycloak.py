"""The token server's part of the proofs that every API has to give."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from proofs import Ask, Client, HttpClient

REALM: Final = "/auth/realms/woven"
OIDC: Final = REALM + "/protocol/openid-connect"
SCRIPT_WORLD: Final = {"clock": {"mode": "frozen", "at": "2026-01-01T12:00:00Z"}}
FOREIGN_URLS: Final = ("https://app.example",)
APP: Final = {"client_id": "app", "client_secret": "s3cret"}
LOGIN: Final = {**APP, "grant_type": "password", "username": "ann", "password": "pw", "scope": "openid"}


def token(base_url: str, name: str) -> str:
    """An access token by client_credentials for the client `name`."""
    form = {"client_id": name or "app", "client_secret": "s3cret", "grant_type": "client_credentials"}
    got: str = HttpClient(base_url).ask("POST", OIDC + "/token", form=form).data["access_token"]
    return got


def log_in(client: Client) -> Any:
    """The tokens of a user, with those of openid."""
    return client.ask("POST", OIDC + "/token", form=LOGIN).data


def script(client: Client) -> None:
    """Every endpoint, with success and refusal, by body, by header, with and without `/auth`."""
    basic = {"Authorization": "Basic " + b64encode(b"app:s3cret").decode()}
    tokens = log_in(client)
    refresh = {**APP, "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    client.ask("POST", OIDC + "/token/", form={"grant_type": "client_credentials"}, headers=dict(basic))
    client.ask("POST", OIDC + "/token", form=refresh)
    for form in ({}, {"grant_type": "x"}, {**LOGIN, "password": "no"}, {**LOGIN, "scope": "x"}):
        client.ask("POST", OIDC + "/token", form=form)
    client.ask("POST", OIDC + "/token", {})
    client.ask("POST", OIDC + "/token", form={"grant_type": "password"}, headers={"Authorization": "x"})
    for path in ("", "/.well-known/openid-configuration", "/protocol/openid-connect/certs"):
        client.ask("GET", REALM + path)
        client.ask("GET", f"/realms/tenant{path}/", headers={"Origin": "https://app.example"})
    for access in (tokens["access_token"], "rubbish", None):
        client.ask("GET", OIDC + "/userinfo", token=access)
        client.ask("POST", OIDC + "/userinfo", form={"access_token": access or ""})
        client.ask("POST", OIDC + "/token/introspect", form={**APP, "token": access or ""})
    client.ask("GET", OIDC + "/userinfo/")
    client.ask("POST", OIDC + "/revoke", form={"token": tokens["access_token"]}, headers=dict(basic))
    client.ask("POST", OIDC + "/revoke", form={"token": "rubbish"}, headers=dict(basic))
    client.ask("POST", OIDC + "/logout", form=refresh)
    client.ask("POST", OIDC + "/token", form=refresh)
    target = f"post_logout_redirect_uri={quote(client.base_url + REALM)}"
    client.ask("GET", f"{OIDC}/logout?id_token_hint={tokens['id_token']}&{target}&state=%C3%A9")
    client.ask("GET", f"{OIDC}/logout?{target}")
    client.ask("GET", OIDC + "/auth?client_id=app")
    client.ask("POST", OIDC + "/auth", form={"client_id": "app"})
    client.ask("GET", REALM + "/account")
    client.ask("GET", OIDC)
    client.ask("PATCH", OIDC + "/token")
    client.ask("GET", OIDC + "/certs", headers={"Accept": "text/html"})


def foreign(of: Client, to: Client) -> list[Ask]:
    """Tokens of the first world at the endpoints of the second that refuse by status."""
    log_in(to)
    tokens = log_in(of)
    asks = []
    for one in (tokens["access_token"], tokens["refresh_token"], tokens["id_token"]):
        refresh = {**APP, "grant_type": "refresh_token", "refresh_token": one}
        asks += [
            Ask(method="GET", target=OIDC + "/userinfo", token=one),
            Ask(method="POST", target=OIDC + "/token", form=refresh),
            Ask(method="POST", target=OIDC + "/logout", form=refresh),
            Ask(method="GET", target=f"{OIDC}/logout?id_token_hint={one}"),
        ]
    return asks


def unknown_user(client: Client) -> Any:
    """A first log-in that has no password is no first contact."""
    log_in(client)
    return client.ask("POST", OIDC + "/token", form={**LOGIN, "username": "bob", "password": ""}).status


def missing_realm(client: Client) -> Any:
    """A realm that does not come into being."""
    return client.ask("GET", "/auth/realms/nowhere/protocol/openid-connect/userinfo").data


def wrong_path(client: Client) -> Any:
    """A path that is none."""
    return client.ask("GET", "/auth/admin").data


def no_token(client: Client) -> Any:
    """User information without a token."""
    log_in(client)
    return client.ask("GET", OIDC + "/userinfo").status


def no_openid(client: Client) -> Any:
    """User information with a token of the default scope."""
    form = {**APP, "grant_type": "client_credentials"}
    access = client.ask("POST", OIDC + "/token", form=form).data["access_token"]
    return client.ask("GET", OIDC + "/userinfo", token=access).status


QUIRKS: Final[dict[str, Callable[[Client], Any]]] = {
    "keycloak.unknown-user": unknown_user,
    "keycloak.missing-realm": missing_realm,
    "keycloak.plain-errors": wrong_path,
    "keycloak.userinfo-without-token": no_token,
    "keycloak.userinfo-scope": no_openid,
}
