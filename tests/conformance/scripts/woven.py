"""Woven City's part of the proofs that every API has to give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from proofs import Ask, Client, HttpClient, Order, Spoil
from spoiling import broken, no_token, other_type, with_value, without
from woven_calls import CHAT, MESSAGE, PROJECT, RESIDENT

TOKEN: Final = "/auth/realms/woven/protocol/openid-connect/token"
DOCUMENTED: Final = "6f1c2c52-9d0a-4b39-8f57-0b6f1f6a2c11"
"""A project of the documented world, which has one member."""
MEMBER: Final = "b9a4f3de-3c43-4df1-a7a5-1f0f5a6d0e99"
OURS: Final[dict[str, Any]] = {
    "woven": {
        "projects": {PROJECT: {"client_ids": ["miniapp-server"], "member_ids": [MEMBER]}},
        "residents": {RESIDENT: {}},
    }
}
SCRIPT_WORLD: Final = {"fixture": OURS, "clock": {"mode": "frozen", "at": "2026-01-01T12:00:00Z"}}


def token(base_url: str, name: str) -> str:
    """An access token by client_credentials for the client `name`; the documented world's own where none is named."""
    return access_token(HttpClient(base_url), name or "miniapp-server")


def access_token(client: Client, client_id: str = "miniapp-server", secret: str = "a-secret-of-your-own") -> str:
    """The same by any client; an empty secret makes a public client, which logs people in."""
    form = {"client_id": client_id, "client_secret": secret, "grant_type": "client_credentials"}
    got: str = client.ask("POST", TOKEN, form=form).data["access_token"]
    return got


def script(client: Client) -> None:
    """Send with and without the slash, to members and strangers, and be refused in every way."""
    good = access_token(client)
    for target in (CHAT, CHAT + "/"):
        client.ask("POST", target, MESSAGE, token=good)
    newcomers = [f"b9a4f3de-3c43-4df1-a7a5-{number:012x}" for number in range(20)]
    client.ask("POST", CHAT, {**MESSAGE, "woven_ids": newcomers}, token=good)
    client.ask("POST", CHAT, {**MESSAGE, "woven_ids": [MEMBER, "stranger", RESIDENT]}, token=good)
    client.ask("POST", CHAT, MESSAGE)
    client.ask("POST", CHAT, {"b": 1, "a": 2}, token=good)
    client.ask("POST", CHAT, b"{", headers={"Content-Type": "application/json"}, token=good)
    client.ask("POST", CHAT, MESSAGE, token=access_token(client, "other"))
    client.ask("GET", CHAT)


def foreign(of: Client, to: Client) -> list[Ask]:
    """The first world's token, for the second world's own project."""
    access_token(to)
    return [Ask(method="POST", target=CHAT, body=MESSAGE, token=access_token(of))]


def validated(client: Client) -> Any:
    """An unknown member."""
    return client.ask("POST", CHAT, {**MESSAGE, "extra": 1}, token=access_token(client)).status


def to_member(client: Client) -> Any:
    """A message to a member of a project, and to nobody else."""
    body = {**MESSAGE, "woven_ids": [MEMBER], "project_id": DOCUMENTED}
    return client.ask("POST", CHAT, body, token=access_token(client)).data


def by_a_stranger(client: Client) -> Any:
    """A project that belongs to another client."""
    client.ask("POST", CHAT, MESSAGE, token=access_token(client))
    return client.ask("POST", CHAT, MESSAGE, token=access_token(client, "other")).status


QUIRKS: Final[dict[str, Callable[[Client], Any]]] = {
    "woven.fastify-validation": validated,
    "woven.members": to_member,
    "woven.all-failed": to_member,
    "woven.foreign-project": by_a_stranger,
}


def good(client: Client) -> Ask:
    """A message that is sent."""
    return Ask(method="POST", target=CHAT, body=dict(MESSAGE), token=access_token(client))


def log_in_client(ask: Ask, client: Client) -> None:
    """Credentials of a client without a secret."""
    form = {"client_id": "seamless", "grant_type": "password", "username": "ann", "password": "ann"}
    ask.token = client.ask("POST", TOKEN, form=form).data["access_token"]


def other_client(ask: Ask, client: Client) -> None:
    """Credentials of a client that does not own the project; better ones are given up for it, worse ones kept."""
    if ask.token is not None:
        ask.token = access_token(client, "other")


ORDERS: Final = (
    Order(
        operation="send_message",
        good=good,
        spoils=(
            Spoil(name="no token", do=no_token, status=401, says="FST_JWT_NO_AUTHORIZATION_IN_HEADER"),
            Spoil(name="log-in client", do=log_in_client, status=403, says="server-side client"),
            Spoil(name="content type", do=other_type, status=415, says="FST_ERR_CTP_INVALID_MEDIA_TYPE"),
            Spoil(name="broken JSON", do=broken, status=400, says="FST_ERR_CTP_INVALID_JSON_BODY"),
            Spoil(name="no message", do=without("message"), status=400, says="property 'message'"),
            Spoil(name="no woven_ids", do=without("woven_ids"), status=400, says="property 'woven_ids'"),
            Spoil(name="no project_id", do=without("project_id"), status=400, says="property 'project_id'"),
            Spoil(name="unknown member", do=with_value("extra", 1), status=400, says="additional properties"),
            Spoil(name="message", do=with_value("message", {}), status=400, says="body/message"),
            Spoil(name="woven_ids", do=with_value("woven_ids", {}), status=400, says="body/woven_ids"),
            Spoil(name="project_id", do=with_value("project_id", "x"), status=400, says="body/project_id"),
            Spoil(name="other's project", do=other_client, status=403, says="does not own this project"),
        ),
    ),
)
