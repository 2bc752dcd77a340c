"""Python's requests as a service: tokens by both grants, every kind of message, files, downloads."""

from __future__ import annotations

import asyncio
import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests
from samples import FIXTURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from kobil_party import Party

SERVICE = "partner-app-server"
MEDIA = FIXTURES / "kobil" / "media"
SIGNATURE = {
    "version": 3,
    "pageNumber": 1,
    "bottomLeftXCoordinate": 8,
    "bottomLeftYCoordinate": 6,
    "topRightXCoordinate": 52,
    "topRightYCoordinate": 16,
    "serviceUuid": SERVICE,
    "messageText": "Please sign",
}


class Service:
    """A backend as one writes it with requests."""

    def __init__(self, base_url: str, **grant: str) -> None:
        self.base_url = base_url
        self.users = f"{base_url}/auth/realms/flutter/mpower/v1/users"
        self.session = requests.Session()
        self.session.trust_env = False
        form = {"client_id": SERVICE, "client_secret": "a secret", **(grant or {"grant_type": "client_credentials"})}
        token = self.session.post(f"{base_url}/auth/realms/flutter/protocol/openid-connect/token/", form, timeout=20)
        self.session.headers["Authorization"] = f"Bearer {token.json()['access_token']}"

    def message(self, kind: str, **content: Any) -> dict[str, Any]:
        """A message's JSON."""
        return {"serviceUuid": SERVICE, "messageType": kind, "version": 3, "messageContent": content}

    def post(self, path: str, **how: Any) -> requests.Response:
        """Post to a user's endpoint."""
        return self.session.post(f"{self.users}/john.doe@gmail.com/{path}", timeout=20, **how)

    def download(self, media: str) -> requests.Response:
        """Get a file."""
        quoted = quote(media, safe="")
        return self.session.get(f"{self.base_url}/v1/mpower/tenants/flutter/media/{quoted}/download", timeout=20)


@pytest.mark.parametrize(
    "grant", [{}, {"grant_type": "password", "username": "service-account", "password": "its password"}]
)
async def test_text_is_sent_with_either_grant(party: Party, grant: dict[str, str]) -> None:
    """client_credentials and password give a token that sends."""

    def run() -> requests.Response:
        service = Service(party.base_url, **grant)
        return service.post("message/", json=service.message("processChatMessage", messageText="Hi"))

    answer = await asyncio.to_thread(run)
    assert (answer.status_code, sorted(answer.json())) == (200, ["instanceId", "messageId"])


@pytest.mark.parametrize(
    "shape",
    [
        lambda raw: (None, raw),
        lambda raw: (None, raw, "application/json"),
        lambda raw: ("message.json", raw, "application/json"),
    ],
    ids=["field", "typed field", "file"],
)
async def test_file_is_sent_in_each_shape(party: Party, shape: Callable[[str], Any]) -> None:
    """The JSON part may be a field, a field with a type, or a file."""

    def run() -> requests.Response:
        service = Service(party.base_url)
        raw = json.dumps(service.message("attachmentMessage", messageText=""))
        with (MEDIA / "photo.jpeg").open("rb") as picture:
            files = {"attachment": ("Grüße.jpeg", picture, "image/jpeg"), "message": shape(raw)}
            return service.post("media", files=files)

    assert (await asyncio.to_thread(run)).status_code == 200


async def test_conversation_from_question_to_signature(party: Party) -> None:
    """Ask, be answered, get a file, have a document signed, and download both."""
    service = await asyncio.to_thread(Service, party.base_url)
    received = party.receiver.bodies

    def ask() -> Any:
        choices = [{"text": "Yes"}, {"text": "No"}]
        body = {**service.message("choiceRequest", messageText="?", choices=choices), "instanceId": "q1"}
        return service.post("message", json=body).json()

    await asyncio.to_thread(ask)
    await party.play("choose", index=1)
    answer = json.loads(received[-1])["message"]
    assert (answer["content"]["messageContent"], answer["instanceId"]) == ({"messageText": "No"}, "q1")

    await party.play("send-attachment", fixture="photo.jpeg")
    media = json.loads(received[-1])["message"]["content"]["mediaContent"]
    picture = await asyncio.to_thread(service.download, media["mediaId"])
    assert (picture.headers["Content-Type"], picture.content) == ("image/jpeg", (MEDIA / "photo.jpeg").read_bytes())

    def request_signature() -> Any:
        with (MEDIA / "agreement.pdf").open("rb") as document:
            files = {"signatureFile": ("Agreement.pdf", document, "application/pdf")}
            url = f"{party.receiver.url}/signed?id=7"
            return service.post(
                "signature", files=files, data={"signatureData": json.dumps({**SIGNATURE, "callbackUrl": url})}
            )

    sent = (await asyncio.to_thread(request_signature)).json()
    await party.play("sign")
    result = json.loads(received[-1])["message"]
    signed = await asyncio.to_thread(service.download, result["content"]["mediaContent"]["mediaId"])
    assert (party.receiver.targets[-1], result["messageId"]) == ("/signed?id=7", sent["messageId"])
    assert (signed.content[:5], len(signed.content)) == (b"%PDF-", result["content"]["mediaContent"]["fileSize"])


async def test_upload_is_streamed(party: Party) -> None:
    """A body of unknown length, in chunks, is taken as well."""

    def run() -> requests.Response:
        service = Service(party.base_url)
        raw = json.dumps(service.message("attachmentMessage", messageText=""))
        files = {"attachment": ("a.bin", io.BytesIO(b"x" * 3_000_000)), "message": (None, raw)}
        form = requests.Request("POST", f"{service.users}/john/media", files=files).prepare()
        assert isinstance(form.body, bytes)
        pieces = iter([form.body[at : at + 65_536] for at in range(0, len(form.body), 65_536)])
        headers = {"Content-Type": form.headers["Content-Type"]}
        return service.session.post(str(form.url), data=pieces, headers=headers, timeout=20)

    assert (await asyncio.to_thread(run)).status_code == 200
