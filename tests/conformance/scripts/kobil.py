"""KOBIL's part of the proofs that every API has to give."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Any, Final

from kobil_desk import SERVICE, SIGNATURE_DATA
from proofs import Answer, Ask, Client, DeskClient, HttpClient, Order, Spoil
from samples import FIXTURES
from spoiling import no_token, other_type

from chatsim.core.json import encode

USER: Final = "/auth/realms/flutter/mpower/v1/users/44444444444"
WHO: Final = {"tenant": "flutter", "service": SERVICE, "user": "44444444444"}
NOWHERE: Final = "http://127.0.0.1:9/callback"
SCRIPT_WORLD: Final = {
    "clock": {"mode": "frozen", "at": "2026-01-01T12:00:00Z"},
    "settings": {"kobil.callback_url": NOWHERE, "kobil.auto_reply": "echo"},
}
PICTURE: Final = ("attachment", "file.jpg", "image/jpeg", (FIXTURES / "kobil/media/photo.jpeg").read_bytes())
PDF: Final = ("signatureFile", "a.pdf", "application/pdf", (FIXTURES / "kobil/media/agreement.pdf").read_bytes())
TEXT: Final[dict[str, Any]] = {
    "serviceUuid": SERVICE,
    "messageType": "processChatMessage",
    "version": 3,
    "messageContent": {"messageText": "Hi, How are you?"},
}
CHOICE: Final = {
    **TEXT,
    "messageType": "choiceRequest",
    "messageContent": {"messageText": "Go on?", "choices": [{"text": "Yes"}, {"text": "No"}]},
}
ATTACHMENT: Final = {**TEXT, "messageType": "attachmentMessage"}


def token(base_url: str, name: str) -> str:
    """An access token for `realm/client`; the documented ones where none is named."""
    realm, _, client_id = name.partition("/")
    return access_token(HttpClient(base_url), client_id or SERVICE, realm or "flutter")


def access_token(client: Client, client_id: str = SERVICE, realm: str = "flutter") -> str:
    """The same by any client."""
    form = {"client_id": client_id, "client_secret": "a secret", "grant_type": "client_credentials"}
    got: str = client.ask("POST", f"/auth/realms/{realm}/protocol/openid-connect/token", form=form).data["access_token"]
    return got


def control(client: Client, method: str, path: str, **body: Any) -> Any:
    """A call to the control API of the client's world, not recorded: its answers hold journal numbers."""
    raw = encode(body) if body else b""
    if isinstance(client, DeskClient):
        return client.desk.ask(method, f"/_sim/worlds/{client.world}{path}", raw).data
    world = client.record[-1][1].headers["x-sim-world"]
    trust = client.trust if isinstance(client, HttpClient) else None
    return HttpClient(client.base_url.partition("/w/")[0], trust).ask(method, f"/_sim/worlds/{world}{path}", raw).data


def form(client: Client, path: str, *parts: tuple[str, str | None, str, bytes], **more: Any) -> Answer:
    """Send a form as the documented service."""
    return client.ask("POST", USER + path, parts=parts, token=access_token(client), **more)


def field(name: str, value: Any) -> tuple[str, str | None, str, bytes]:
    """A part that is no file."""
    return name, None, "application/json", value if isinstance(value, bytes) else encode(value)


def script(client: Client) -> None:
    """Send everything that can be sent, let the user answer everything, download, and be refused in several ways."""
    good = access_token(client)
    control(client, "PUT", f"/kobil/services/{SERVICE}", callback_url=NOWHERE)
    bodies: tuple[Any, ...] = (TEXT, CHOICE, {**TEXT, "instanceId": "mine", "extra": 1}, {**TEXT, "version": 2}, [])
    for body in bodies:
        client.ask("POST", f"{USER}/message/", body, token=good)
    form(client, "/media", PICTURE, field("message", ATTACHMENT))
    form(client, "/media", PICTURE)
    form(client, "/signature", PDF, field("signatureData", SIGNATURE_DATA))
    acts: tuple[tuple[str, dict[str, Any]], ...] = (
        ("open-chat", {}),
        ("send-text", {"text": "Hello"}),
        ("choose", {"index": 1}),
        ("send-attachment", {"fixture": "photo.jpeg"}),
        ("sign", {"status": "signed"}),
    )
    for trigger, act in acts:
        control(client, "POST", f"/kobil/{trigger}", **WHO, **act)
    if isinstance(client, DeskClient):
        client.desk.move(1, client.world)
    for media in media_of(client):
        client.ask("GET", f"/v1/mpower/tenants/flutter/media/{media}/download", token=good)
    client.ask("GET", "/v1/mpower/tenants/flutter/media/unknown/download", token=good)
    client.ask("POST", f"{USER}/message", TEXT)
    client.ask("POST", f"{USER}/message", TEXT, token=access_token(client, "other"))
    client.ask("POST", USER.replace("flutter", "nobody") + "/message", TEXT, token=good)
    client.ask("GET", f"{USER}/message")
    client.ask("GET", "/v1/mpower")


def media_of(client: Client) -> list[str]:
    """The mediaIds of all files so far."""
    messages = control(client, "GET", "/kobil/messages")["items"]
    return [message["media"]["media_id"] for message in messages if message["media"]]


def foreign(of: Client, to: Client) -> list[Ask]:
    """The first world's token, and its files with a token of the second world."""
    stolen, own = access_token(of), access_token(to)
    downloads = [f"/v1/mpower/tenants/flutter/media/{media}/download" for media in media_of(of)]
    return [
        Ask(method="POST", target=f"{USER}/message", body=TEXT, token=stolen),
        Ask(method="POST", target=f"{USER}/media", parts=(PICTURE, field("message", ATTACHMENT)), token=stolen),
        *(Ask(method="GET", target=target, token=token) for target in downloads for token in (stolen, own)),
    ]


def callbacks(client: Client) -> list[Any]:
    """The bodies of all callbacks so far."""
    return [one["body"]["message"] for one in control(client, "GET", "/callbacks")["callbacks"]]


def signed_hash(client: Client) -> Any:
    """What the signed document is, which depends on where the signature lies."""
    control(client, "PUT", f"/kobil/services/{SERVICE}", callback_url=NOWHERE)
    form(client, "/signature", PDF, field("signatureData", SIGNATURE_DATA))
    control(client, "POST", "/kobil/sign", **WHO)
    return control(client, "GET", "/kobil/messages")["items"][-1]["media"]["sha256"]


def init_members(client: Client) -> Any:
    """The members of an init."""
    control(client, "PUT", f"/kobil/services/{SERVICE}", callback_url=NOWHERE)
    control(client, "POST", "/kobil/open-chat", **WHO)
    return list(callbacks(client)[-1])


def by_another_service(client: Client) -> Any:
    """A message in the name of another service."""
    return client.ask("POST", f"{USER}/message", {**TEXT, "serviceUuid": "other"}, token=access_token(client)).status


def text_entry(client: Client) -> Any:
    """The older type."""
    return client.ask(
        "POST", f"{USER}/message", {**TEXT, "messageType": "textEntryRequest"}, token=access_token(client)
    ).status


def misspelt(client: Client) -> Any:
    """The older names of the parts."""
    return form(client, "/signature", ("sigantureFile", *PDF[1:]), field("sigantureData", SIGNATURE_DATA)).status


QUIRKS: Final[dict[str, Callable[[Client], Any]]] = {
    "kobil.coordinates": signed_hash,
    "kobil.init-response-id": init_members,
    "kobil.service-mismatch": by_another_service,
    "kobil.text-entry": text_entry,
    "kobil.signature-parts": misspelt,
}

TOLERANCES: Final[dict[str, Callable[[Client], Answer]]] = {
    "undocumented_member": lambda client: form(client, "/media", PICTURE, field("message", {**ATTACHMENT, "extra": 1})),
    "json_as_file": lambda client: form(
        client, "/media", PICTURE, ("message", "message.json", "application/json", encode(ATTACHMENT))
    ),
    "instance_id_part": lambda client: form(
        client, "/media", PICTURE, field("message", ATTACHMENT), field("instanceId", b"mine")
    ),
    "extra_part": lambda client: form(client, "/media", PICTURE, field("message", ATTACHMENT), field("other", b"")),
    "coordinates_beyond_page": lambda client: form(
        client, "/signature", PDF, field("signatureData", {**SIGNATURE_DATA, "topRightXCoordinate": 300})
    ),
}


def message(client: Client) -> Ask:
    """A message that is sent."""
    return Ask(method="POST", target=f"{USER}/message", body=dict(TEXT), token=access_token(client))


def attachment(client: Client) -> Ask:
    """A file that is sent."""
    return Ask(
        method="POST", target=f"{USER}/media", parts=(PICTURE, field("message", ATTACHMENT)), token=access_token(client)
    )


def other_realm(ask: Ask, client: Client) -> None:
    """A tenant that does not exist."""
    ask.target = ask.target.replace("/realms/flutter/", "/realms/nobody/")


def broken(ask: Ask, client: Client) -> None:
    """What is no JSON."""
    change(ask, lambda body: b"{")


def other_service(ask: Ask, client: Client) -> None:
    """Another service than the token's."""
    change(ask, lambda body: {**body, "serviceUuid": "other"})


def other_version(ask: Ask, client: Client) -> None:
    """A version that does not exist."""
    change(ask, lambda body: {**body, "version": 2})


def sub_as_user(ask: Ask, client: Client) -> None:
    """The `sub` of an account instead of a user's name."""
    claims = access_token(client).split(".")[1]
    sub = json.loads(urlsafe_b64decode(claims + "=="))["sub"]
    ask.target = ask.target.replace("44444444444", sub)


def change(ask: Ask, to: Callable[[dict[str, Any]], Any]) -> None:
    """Change the JSON of a request, whether it is its body or a part, unless it is broken already."""
    if ask.parts is None:
        if isinstance(ask.body, dict):
            ask.body = to(ask.body)
        if isinstance(ask.body, bytes):
            ask.headers.setdefault("Content-Type", "application/json")
    else:
        ask.parts = [field("message", to(json.loads(one[3]))) if one[0] == "message" else one for one in ask.parts]


SPOILS: Final = (
    Spoil(name="realm", do=other_realm, status=404, says="Realm does not exist"),
    Spoil(name="token", do=no_token, status=401, says="HTTP 401 Unauthorized"),
    Spoil(name="content type", do=other_type, status=415, says="HTTP 415 Unsupported Media Type"),
    Spoil(name="JSON", do=broken, status=400),
    Spoil(name="service", do=other_service, status=401, says="HTTP 401 Unauthorized"),
    Spoil(name="user", do=sub_as_user, status=404, says="User does not exist"),
    Spoil(name="schema", do=other_version, status=400, says="/version"),
)
ORDERS: Final = (
    Order(operation="send_message", good=message, spoils=SPOILS),
    Order(operation="send_attachment", good=attachment, spoils=SPOILS),
)
