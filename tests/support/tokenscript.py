"""One conversation with the token server, printed byte by byte: run twice it must say the same."""

from __future__ import annotations

import sys
from typing import Any

from desk import Answer, Desk
from tokendesk import basic, introspected, oidc, post, refreshed, trigger


def talk(desk: Desk) -> list[Answer]:
    """Every endpoint once or more, with success and refusal."""
    login = {"grant_type": "password", "username": "ann", "password": "pw", "scope": "openid offline_access phone"}
    by_basic: dict[str, Any] = {"headers": basic("app", "s3cret")}
    first = post(desk, "token", login, **by_basic)
    refresh = first.data["refresh_token"]
    answers = [
        first,
        post(desk, "token", {"grant_type": "client_credentials"}, **by_basic),
        refreshed(desk, refresh),
        introspected(desk, first.data["access_token"]),
        desk.ask("GET", oidc("userinfo"), token=first.data["access_token"]),
        desk.ask("GET", oidc("userinfo")),
        desk.ask("GET", oidc("certs")),
        desk.ask("GET", "/auth/realms/woven"),
        desk.ask("GET", "/realms/woven/.well-known/openid-configuration", headers={"Origin": "http://x"}),
        post(desk, "token", {}),
        post(desk, "token", {"grant_type": "password", "username": "ann", "password": "no"}, **by_basic),
    ]
    trigger(desk, "rotate-keys", {"keep_old": True})
    trigger(desk, "expire-tokens", {"client_id": "app"})
    return [
        *answers,
        introspected(desk, first.data["access_token"]),
        refreshed(desk, refresh),
        post(desk, "revoke", {"token": refresh}, **by_basic),
        post(desk, "logout", {"refresh_token": refresh}, **by_basic),
        desk.ask("GET", oidc("logout") + "?client_id=app&post_logout_redirect_uri=http://x&state=%C3%A9"),
        desk.ask("GET", oidc("auth")),
        desk.ask("PATCH", oidc("token")),
    ]


if __name__ == "__main__":
    for answer in talk(Desk()):
        head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        sys.stdout.buffer.write(f"{answer.status}\n{head}\n\n".encode() + answer.body + b"\n")
