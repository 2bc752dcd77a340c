"""Weavy for a user with 10,000 conversations of ten messages each: the list, a new room, a read mark."""

import json
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.scenarios import Request, Scenario

CONVERSATIONS: Final = "/api/conversations"
KEY: Final = "wys_simulator"
COUNT: Final = 10_000
MESSAGES: Final = 10


def busy(base_url: str) -> dict[str, str]:
    """Fill the world with conversations; the headers of the user who is in all of them."""
    connection = HTTPConnection(urlsplit(base_url).netloc, timeout=10)

    def ask(method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        connection.request(method, path, json.dumps(body), {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        told = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {told.decode()}")
        return json.loads(told)

    for number in range(2, 2 + COUNT):
        messages = [{"uid": "dora", "text": f"Gate {gate}, in five minutes."} for gate in range(MESSAGES)]
        room = {"type": "room", "name": f"Trip {number}", "members": ["alice", "dora"], "messages": messages}
        ask("PUT", f"/_sim/worlds/default/weavy/conversations/{number}", room, {})
    token = ask("POST", "/api/users/alice/tokens", {}, {"Authorization": f"Bearer {KEY}"})["access_token"]
    connection.close()
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def list_conversations(base_url: str) -> Request:
    """The first page, as every client asks for it."""
    return Request(method="GET", path=f"{CONVERSATIONS}?top=25", headers=busy(base_url))


def create_conversation(base_url: str) -> Request:
    """Another room of three."""
    return Request(method="POST", path=CONVERSATIONS, headers=busy(base_url), body='{"members": [4, 14]}')


def mark_conversation(base_url: str) -> Request:
    """The documented conversation is read."""
    return Request(method="PUT", path=f"{CONVERSATIONS}/1/mark", headers=busy(base_url))


SCENARIOS: Final = [
    Scenario(title="Weavy: list 25 of 10,000", prepare=list_conversations, targets={"bare handler": 0.25}),
    Scenario(title="Weavy: create a room", prepare=create_conversation, targets={"bare handler": 0.35}),
    Scenario(title="Weavy: mark as read", prepare=mark_conversation, targets={"bare handler": 0.35}),
]
