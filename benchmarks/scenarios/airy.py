"""Airy's chat plugin: a visitor's message, which also begins to be pushed to every socket of its conversation."""

import json
from typing import Final
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from benchmarks.scenarios import Request, Scenario

CHANNEL: Final = "09816fe0-7950-40cb-bf60-adfa0d6d0679"
MESSAGE: Final = {"message": {"text": "Do you have it in blue, and is it in the shop today?"}}


def token(base_url: str) -> str:
    """The auth token of a new visitor of the documented channel."""
    call = HttpRequest(  # noqa: S310 - our own loopback URL
        f"{base_url}/chatplugin.authenticate",
        data=json.dumps({"channel_id": CHANNEL}).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with urlopen(call, timeout=10) as answer:  # noqa: S310 - the same
        found: str = json.load(answer)["token"]
        return found


def send(base_url: str) -> Request:
    """A message of one visitor."""
    return Request(
        method="POST",
        path="/chatplugin.send",
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token(base_url)}"},
        body=json.dumps(MESSAGE),
    )


SCENARIOS: Final = [Scenario(title="Airy: a visitor's message", prepare=send, targets={"bare handler": 0.4})]
