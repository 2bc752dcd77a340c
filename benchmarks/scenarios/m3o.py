"""The documented M3O calls: a message sent, and a history of fifty messages read."""

import json
from typing import Final
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from benchmarks.scenarios import Request, Scenario

CHAT: Final = "bed4f0f0-da12-46d2-90d2-17ae1714a214"
HEADERS: Final = {"Content-Type": "application/json", "Authorization": "Bearer key", "Micro-Namespace": "benchmark"}


def send_message(_base_url: str) -> Request:
    """A message to the documented chat."""
    body = {"chat_id": CHAT, "user_id": "John", "subject": "Hello", "text": "Hey Barry"}
    return Request(method="POST", path="/chat/Send", headers=HEADERS, body=json.dumps(body))


def history(base_url: str) -> Request:
    """The documented chat's history, after it was filled with fifty messages."""
    sending = send_message(base_url)
    for _ in range(50):
        call = HttpRequest(base_url + sending.path, data=sending.body.encode(), headers=HEADERS, method="POST")  # noqa: S310 - our own loopback URL
        with urlopen(call, timeout=10):  # noqa: S310 - the same
            pass
    return Request(method="POST", path="/chat/History", headers=HEADERS, body=json.dumps({"chat_id": CHAT}))


SCENARIOS: Final = [
    Scenario(title="M3O: chat/Send", prepare=send_message, targets={"bare handler": 0.45}),
    Scenario(title="M3O: chat/History of fifty messages", prepare=history, targets={"bare handler": 0.4}),
]
