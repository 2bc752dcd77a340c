"""A visitor of an Airy chat plugin and the agent, both asking the pipeline without a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desk import Answer, Desk
from multidict import CIMultiDict

from chatsim.core.api import Socket
from chatsim.core.effects import Close, Effect, Elsewhere, Push, Send
from chatsim.core.http import Request
from chatsim.core.pipeline import Outcome, begin
from chatsim.core.realtime import Connection, Encoder, connect
from chatsim.wire.stomp import SERVER_COMMANDS, Frame, Parser

CHANNEL = "09816fe0-7950-40cb-bf60-adfa0d6d0679"
AGENT = "airy-system-token"
QUEUE = "/user/queue/message"


def open_socket(desk: Desk, headers: Mapping[str, str] | None = None, world: str = "default") -> Connection | Outcome:
    """Shake hands at `/ws.chatplugin`."""
    request = Request(method="GET", path="/ws.chatplugin", query="", headers=CIMultiDict(headers or {}))
    plan = begin(desk.simulator, desk.simulator.enter(world), request)
    assert isinstance(plan.route, Socket)
    return connect(plan, plan.route)


def pushed(answer: Answer | Outcome) -> Any:
    """The body of the only push that an answer, or a timer, causes."""
    (push,) = pushes(answer)
    return push.body


def pushes(answer: Answer | Outcome) -> list[Push]:
    """The pushes among the effects, also those that a control call causes in its world."""
    effects = [
        one for effect in answer.effects for one in (effect.effects if isinstance(effect, Elsewhere) else [effect])
    ]
    return [effect for effect in effects if isinstance(effect, Push)]


class Line:
    """One open connection: says frames, hears frames, and undoes the escapes of `version`."""

    def __init__(
        self, desk: Desk, headers: Mapping[str, str] | None = None, world: str = "default", version: str = "1.2"
    ) -> None:
        opened = open_socket(desk, headers, world)
        assert isinstance(opened, Connection)
        self.connection = opened
        self.closed_with: int | None = None
        self.topics: set[str] = set()
        self._parser = Parser(commands=SERVER_COMMANDS)
        self._parser.version = version
        self.take(opened.opened())

    def say(self, data: str | bytes) -> list[Frame]:
        """Send one WebSocket message; what comes back."""
        return self.take(self.connection.received(data))

    def take(self, effects: list[Effect]) -> list[Frame]:
        """The frames among some effects; closing and listening are noted down."""
        heard: list[Frame] = []
        for effect in effects:
            if isinstance(effect, Send):
                data = effect.data.encode() if isinstance(effect.data, str) else effect.data
                heard += [event for event in self._parser.feed(data) if isinstance(event, Frame)]
            elif isinstance(effect, Close):
                self.closed_with = effect.code
            else:
                topic = getattr(effect, "topic", "")
                (self.topics.add if type(effect).__name__ == "Listen" else self.topics.discard)(topic)
        return heard

    def hear(self, answer: Answer) -> list[Frame]:
        """The frames that the pushes of an answer become on this connection."""
        told = [push for push in pushes(answer) if push.topic in self.topics]
        return [frame for push in told for frame in self.take(self.pushed(push))]

    def pushed(self, push: Push) -> list[Effect]:
        """What a push becomes on this connection."""
        raw = Encoder(push).bytes(self.connection.base_url)
        return list(self.connection.session.pushed(push, raw))

    def connect(self, token: str, *headers: str, command: str = "CONNECT") -> list[Frame]:
        """Say CONNECT with a token."""
        lines = [command, f"Authorization:Bearer {token}", "accept-version:1.2,1.1,1.0", *headers]
        return self.say("\n".join([*lines, "", "\0"]))

    def subscribe(self, *, name: str = "sub-0", destination: str = QUEUE) -> list[Frame]:
        """Say SUBSCRIBE."""
        return self.say(f"SUBSCRIBE\nid:{name}\ndestination:{destination}\n\n\0")


class Visitor:
    """A visitor with a token, and what the agent may do to him."""

    def __init__(self, desk: Desk, *, world: str = "default", resume_token: str | None = None) -> None:
        self.desk = desk
        self.world = world
        body = {"channel_id": CHANNEL} | ({"resume_token": resume_token} if resume_token else {})
        answer = self.ask("authenticate", body, token=None)
        assert answer.status == 200
        self.token: str = answer.data["token"]
        self.history: list[Any] = answer.data["messages"]

    def ask(self, call: str, body: Any, token: str | None = "") -> Answer:
        """Call one of the plugin's endpoints."""
        chosen = self.token if token == "" else token
        return self.desk.ask("POST", f"/chatplugin.{call}", body, token=chosen, world=self.world)

    def send(self, text: str) -> Answer:
        """Send a text."""
        return self.ask("send", {"message": {"text": text}})

    def line(self, **options: Any) -> Line:
        """A connection that is connected and subscribed."""
        line = Line(self.desk, world=self.world, **options)
        line.connect(self.token)
        line.subscribe()
        return line

    def agent(self, call: str, body: Any) -> Answer:
        """Call an agent's endpoint with the system token."""
        return self.desk.ask("POST", f"/{call}", body, token=AGENT, world=self.world)
