"""Asks KOBIL without a network: tokens for its services, messages and forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from desk import Answer, Desk
from multidict import CIMultiDict

from chatsim.core.clock import SECOND
from chatsim.core.http import Part, Request
from chatsim.core.inner import run_trigger
from chatsim.core.json import decode, encode
from chatsim.core.media import Blob
from chatsim.core.pipeline import begin

if TYPE_CHECKING:
    from chatsim.core.world import World

SERVICE = "fc6478a7-320f-40ca-9f90-4e3d2443f293"
USERS = "/auth/realms/flutter/mpower/v1/users"
MESSAGE = f"{USERS}/44444444444/message"
SIGNATURE_DATA = {
    "pageNumber": 1,
    "bottomLeftXCoordinate": 59,
    "bottomLeftYCoordinate": 89,
    "topRightXCoordinate": 85,
    "topRightYCoordinate": 96,
    "serviceUuid": SERVICE,
    "messageText": "Please sign here",
}
"""What a signature request says at least."""


class KobilDesk(Desk):
    """A desk that knows how services of KOBIL ask."""

    def token(self, service: str = SERVICE, realm: str = "flutter", world: str = "default", life_s: int = 300) -> str:
        """A token of a service."""
        universe = self.simulator.enter(world)
        return issue(universe, service, realm, universe.clock.now(), life_s)

    def send(self, path: str = MESSAGE, body: Any = None, *, service: str = SERVICE, **ask: Any) -> Answer:
        """Send a message as a service."""
        token = self.token(service, world=ask.get("world", "default"))
        return self.ask("POST", path, text() if body is None else body, token=token, **ask)

    def form(self, path: str, *parts: Part, service: str = SERVICE, **ask: Any) -> Answer:
        """Send a form as a service."""
        headers = {"Content-Type": "multipart/form-data; boundary=x", **ask.pop("headers", {})}
        token = self.token(service, ask.pop("realm", "flutter"), ask.get("world", "default"))
        return self.ask("POST", path, b"", token=token, headers=headers, parts=parts, **ask)

    def act(self, trigger: str, world: str = "default", **body: Any) -> Any:
        """Play the user; the message of the callback that this makes."""
        universe = self.simulator.enter(world)
        request = Request(method="POST", path="/_sim", query="", headers=CIMultiDict())
        outer = begin(self.simulator, universe, request).call
        outer.body = body
        declared = next(one for one in self.simulator.apis["kobil"].triggers if one.name == trigger)
        outcome = run_trigger(self.simulator, universe, self.simulator.apis["kobil"], declared, outer)
        assert outcome.plan.call.entry.bug == ""
        return self.posted(world)[-1]

    def posted(self, world: str = "default") -> list[Any]:
        """The messages of all callbacks so far."""
        outbox = self.simulator.worlds[world].outbox
        return [decode(delivery.body)["message"] for delivery in outbox.deliveries.values()]


def issue(world: World, service: str, realm: str, now: int, life_s: int = 300) -> str:
    """A token as the token endpoint issues it."""
    second = now // SECOND
    claims = {
        "iss": f"http://localhost:8080/auth/realms/{realm}",
        "sub": "6a1b8a3e-1c5e-4a51-8c6b-0b1f4f6f7b10",
        "azp": service,
        "typ": "Bearer",
        "iat": second,
        "exp": second + life_s,
    }
    return world.identity.issue(claims, kind="access", realm=realm, client_id=service, sid=None, now=now)


def text(message: str = "Hi, How are you?", **members: Any) -> dict[str, Any]:
    """A plain text message."""
    return {
        "serviceUuid": SERVICE,
        "messageType": "processChatMessage",
        "version": 3,
        "messageContent": {"messageText": message},
        **members,
    }


def field(name: str, value: Any, content_type: str = "", filename: str | None = None) -> Part:
    """A part whose content is JSON, or bytes as they are."""
    raw = value if isinstance(value, bytes) else encode(value)
    return Part(name=name, filename=filename, content_type=content_type, blob=Blob.of(raw))


def file(name: str, content: bytes, filename: str = "file.jpg", content_type: str = "image/jpeg") -> Part:
    """A part that is a file."""
    return Part(name=name, filename=filename, content_type=content_type, blob=Blob.of(content))
