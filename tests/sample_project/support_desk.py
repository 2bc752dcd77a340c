"""The program that this project tests: tells residents of Woven City, and answers users of a KOBIL SuperApp.

It knows nothing of the simulator; its address is all that differs from production.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

PROJECT = "7d3f5c1e-2b64-4c7a-9f08-5b1e6a2d9c40"


class SupportDesk:
    """A backend with one account at each service."""

    def __init__(self, url: str, service: str, secret: str) -> None:
        self._url = url
        self._service = service
        self._secret = secret

    def notify(self, resident: str, message: str) -> None:
        """Tell a resident of Woven City.

        Raises:
            urllib.error.HTTPError: it was refused.
        """
        body = {"message": message, "woven_ids": [resident], "project_id": PROJECT}
        self._post("/mini-app-runtime/v1/chat", "woven", body)

    def handle(self, callback: dict[str, Any]) -> None:
        """Answer what a KOBIL user wrote: thank for a text, greet at the beginning."""
        content, user = callback["message"]["content"], callback["message"]["from"]
        said = content["messageContent"]["messageText"]
        reply = f"Thank you for: {said}" if content["messageType"] == "processChatMessage" else "How can we help?"
        body = {
            "serviceUuid": self._service,
            "messageType": "processChatMessage",
            "version": 3,
            "messageContent": {"messageText": reply},
        }
        tenant = user["ecoId"]
        self._post(f"/auth/realms/{tenant}/mpower/v1/users/{quote(user['userId'])}/message", tenant, body)

    def _post(self, path: str, realm: str, body: dict[str, Any]) -> None:
        form = {"grant_type": "client_credentials", "client_id": self._service, "client_secret": self._secret}
        token = self._send(f"/auth/realms/{realm}/protocol/openid-connect/token", urlencode(form).encode(), {})
        headers = {"Authorization": f"Bearer {token['access_token']}", "Content-Type": "application/json"}
        self._send(path, json.dumps(body).encode(), headers)

    def _send(self, path: str, body: bytes, headers: dict[str, str]) -> Any:
        with urlopen(Request(self._url + path, body, headers)) as answer:  # noqa: S310 - the address is http
            return json.loads(answer.read() or b"null")
