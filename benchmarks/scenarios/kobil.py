"""KOBIL's message endpoint: token checked, service matched, body validated, message kept, journal written."""

import json
from typing import Any, Final
from urllib.parse import urlencode
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from benchmarks.scenarios import Request, Scenario

SERVICE: Final = "fc6478a7-320f-40ca-9f90-4e3d2443f293"
PATH: Final = "/auth/realms/flutter/mpower/v1/users/44444444444/message"
MESSAGE: Final[dict[str, Any]] = {
    "serviceUuid": SERVICE,
    "messageType": "choiceRequest",
    "version": 3,
    "messageContent": {"messageText": "Would you like to continue?", "choices": [{"text": "Yes"}, {"text": "No"}]},
}


def token(base_url: str) -> str:
    """An access token of the documented service."""
    form = {"grant_type": "client_credentials", "client_id": SERVICE, "client_secret": "a secret"}
    url = f"{base_url}/auth/realms/flutter/protocol/openid-connect/token"
    with urlopen(HttpRequest(url, data=urlencode(form).encode()), timeout=10) as answer:  # noqa: S310 - our own loopback URL
        got: str = json.load(answer)["access_token"]
    return got


def send_message(base_url: str) -> Request:
    """A choice for the documented user, with a token got beforehand."""
    return Request(
        method="POST",
        path=PATH,
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token(base_url)}"},
        body=json.dumps(MESSAGE),
    )


SCENARIOS: Final = [Scenario(title="KOBIL: message", prepare=send_message, targets={"bare handler": 0.45})]
