"""Asking the token server through a desk: forms, Basic headers, accounts and tokens."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import jwt
from desk import Answer, Desk

from chatsim.apis.keycloak import API
from chatsim.core.accounts import Client, User
from chatsim.core.identity import Identity

FORM = "application/x-www-form-urlencoded"
WRONG = {"error": "unauthorized_client", "error_description": "Invalid client or Invalid client credentials"}


def token_desk(**options: Any) -> Desk:
    """A desk with the token server alone, which is quickly made."""
    return Desk(apis=[API], **options)


def oidc(endpoint: str, realm: str = "woven") -> str:
    """The path of an endpoint, such as `token`."""
    return f"/auth/realms/{realm}/protocol/openid-connect/{endpoint}"


def post(
    desk: Desk,
    endpoint: str,
    form: Mapping[str, str] | str,
    realm: str = "woven",
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Answer:
    """Send a form to an endpoint; a text is sent as it stands."""
    body = form if isinstance(form, str) else urlencode(form)
    given = {"Content-Type": FORM, **(headers or {})}
    return desk.ask("POST", oidc(endpoint, realm), body.encode(), headers=given, **more)


def basic(client_id: str, secret: str) -> dict[str, str]:
    """A Basic header, id and secret as they stand."""
    return {"Authorization": "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()}


def by_client(desk: Desk, realm: str = "woven", *, world: str = "default", **more: str) -> dict[str, Any]:
    """Get tokens for the client `app` itself."""
    form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "s3cret", **more}
    answer = post(desk, "token", form, realm, world=world)
    assert (answer.status, answer.bug) == (200, ""), answer.body
    data: dict[str, Any] = answer.data
    return data


def by_password(desk: Desk, realm: str = "woven", *, world: str = "default", **more: str) -> dict[str, Any]:
    """Get tokens for the user `ann` at the client `app`."""
    form = {
        "grant_type": "password",
        "client_id": "app",
        "client_secret": "s3cret",
        "username": "ann",
        "password": "pw",
    }
    answer = post(desk, "token", {**form, **more}, realm, world=world)
    assert (answer.status, answer.bug) == (200, ""), answer.body
    data: dict[str, Any] = answer.data
    return data


def refreshed(desk: Desk, refresh_token: str, realm: str = "woven", **more: Any) -> Answer:
    """Use a refresh token as the client `app`."""
    form = {"grant_type": "refresh_token", "client_id": "app", "client_secret": "s3cret"}
    return post(desk, "token", {**form, "refresh_token": refresh_token}, realm, **more)


def introspected(desk: Desk, token: str, realm: str = "woven", **more: Any) -> Answer:
    """Ask as the client `app` whether a token counts."""
    return post(
        desk, "token/introspect", {"client_id": "app", "client_secret": "s3cret", "token": token}, realm, **more
    )


def claims(token: str) -> dict[str, Any]:
    """What a token says, unchecked."""
    options: Any = {"verify_signature": False}
    said: dict[str, Any] = jwt.decode(token, options=options)
    return said


def said(answer: Answer) -> tuple[int, str, str]:
    """Status, error and description of a refusal that keeps its schema."""
    assert answer.bug == ""
    return answer.status, answer.data["error"], answer.data.get("error_description", "")


def accounts(desk: Desk, world: str = "default") -> Identity:
    """The accounts of a world."""
    return desk.simulator.enter(world).identity


def add_client(desk: Desk, client_id: str = "app", realm: str = "woven", **members: Any) -> Client:
    """Set up a client, confidential with the secret `s3cret` unless told otherwise."""
    client = accounts(desk).new_client(realm, client_id)
    for name, value in {"secret": "s3cret", **members}.items():
        setattr(client, name, value)
    accounts(desk).add_client(realm, client)
    return client


def add_user(desk: Desk, username: str = "ann", realm: str = "woven", **members: Any) -> User:
    """Set up a user with the password `pw`."""
    user = accounts(desk).new_user(realm, username)
    for name, value in {"password": "pw", **members}.items():
        setattr(user, name, value)
    accounts(desk).add_user(realm, user)
    return user


def setup(desk: Desk, method: str, path: str, body: Any = b"", world: str = "default") -> Answer:
    """Ask the control API about the token server's accounts."""
    answer = desk.ask(method, f"/_sim/worlds/{world}/keycloak/{path}", body)
    assert answer.bug == ""
    return answer


def trigger(desk: Desk, name: str, body: Any, world: str = "default") -> Any:
    """Pull a trigger of the token server and return its answer."""
    answer = setup(desk, "POST", name, body, world)
    assert answer.status == 200, answer.body
    return answer.data
