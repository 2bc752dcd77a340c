"""The Woven City chat message: token checked, body validated, notification kept, journal written, answer checked."""

import json
from typing import Any, Final
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from benchmarks.scenarios import Contract, Request, Scenario
from benchmarks.scenarios.keycloak import token_request
from chatsim.core import data

PATH: Final = "/mini-app-runtime/v1/chat"
MESSAGE: Final = {
    "project_id": "7d3f5c1e-2b64-4c7a-9f08-5b1e6a2d9c40",
    "message": "The shuttle at gate 3 leaves in five minutes.",
    "woven_ids": ["2b7e1d60-94c3-4f5a-8a1b-6d0c3e9f7a01", "2b7e1d60-94c3-4f5a-8a1b-6d0c3e9f7a02"],
}
REPLY: Final = {"success": True, "data": {"errors": []}, "info": "Chat message processed"}


def send_message(base_url: str) -> Request:
    """A message to two residents, with a token got beforehand."""
    form = token_request(base_url)
    call = HttpRequest(base_url + form.path, data=form.body.encode(), headers=dict(form.headers), method="POST")  # noqa: S310 - our own loopback URL
    with urlopen(call, timeout=10) as answer:  # noqa: S310 - the same
        token = json.load(answer)["access_token"]
    return Request(
        method="POST",
        path=PATH,
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        body=json.dumps(MESSAGE),
    )


def _schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((data.schemas() / "woven" / f"{name}.json").read_text(encoding="utf-8"))
    return {key: value for key, value in schema.items() if not key.startswith("$")}


SCENARIOS: Final = [
    Scenario(
        title="Woven City: chat message",
        prepare=send_message,
        targets={"bare handler": 0.55, "Prism": 4, "WireMock": 2},
        p99=3,
        contract=Contract(
            method="POST",
            path=PATH,
            body_schema=_schema("send-message"),
            reply_schema=_schema("send-message-reply"),
            reply=REPLY,
        ),
    )
]
