"""Weavy at a desk: users with tokens, asked without a network, and the hub's sessions without a socket."""

from __future__ import annotations

from typing import Any, Final

from desk import Answer, Desk
from multidict import CIMultiDict

from chatsim.apis.weavy import API
from chatsim.core.effects import Listen, Push, Send, Unlisten
from chatsim.core.http import Request
from chatsim.core.pipeline import Outcome, begin
from chatsim.core.realtime import Connection, Encoder, connect
from chatsim.wire import signalr

KEY: Final = "wys_simulator"


class WeavyDesk:
    """The documented world of Weavy. `do` acts as a user, every answer free of bugs; `hubs` are the open sessions."""

    def __init__(self, **options: Any) -> None:
        self.desk = Desk([API], **options)
        self.hubs: list[Hub] = []
        self._tokens: dict[str, str] = {}

    def ask(self, method: str, target: str, body: Any = b"", **options: Any) -> Answer:
        """Send a request; what it causes is told to the open sessions."""
        answer = self.desk.ask(method, target, body, **options)
        assert answer.bug == ""
        self.tell(answer.effects)
        return answer

    def token(self, uid: str, **body: Any) -> str:
        """A new access token."""
        token: str = self.ask("POST", f"/api/users/{uid}/tokens", body, token=KEY).data["access_token"]
        return token

    def do(self, uid: str, method: str, target: str, body: Any = b"", **options: Any) -> Answer:
        """Act as a user."""
        if uid not in self._tokens:
            self._tokens[uid] = self.token(uid)
        return self.ask(method, target, body, token=self._tokens[uid], **options)

    def get(self, uid: str, target: str) -> Any:
        """What a user sees; anything but a 200 fails the test."""
        answer = self.do(uid, "GET", target)
        assert answer.status == 200, answer.data
        return answer.data

    def ids(self, uid: str, query: str = "") -> list[int]:
        """The conversations of a user's list."""
        return [one["id"] for one in self.get(uid, f"/api/conversations?{query}")["data"]]

    def chat(self, uid: str, *members: int, name: str | None = None) -> int:
        """A new conversation."""
        body = {"members": members} if name is None else {"members": members, "name": name}
        number: int = self.do(uid, "POST", "/api/conversations", body).data["id"]
        return number

    def write(self, uid: str, conversation: int, text: str = "Hello!") -> int:
        """A new message."""
        number: int = self.do(uid, "POST", f"/api/apps/{conversation}/messages", {"text": text}).data["id"]
        return number

    def hub(self, uid: str, *names: str) -> Hub:
        """Connect a user to the hub and subscribe to these names."""
        hub = Hub(self, self.token(uid))
        for name in names:
            hub.invoke("Subscribe", name)
        return hub

    def tell(self, effects: Any) -> None:
        """Carry out pushes."""
        for push in effects:
            if isinstance(push, Push):
                for hub in self.hubs:
                    hub.push(push)


class Hub:
    """One connection to the hub as its client sees it: `heard` are the events, `said` all other messages."""

    def __init__(
        self,
        desk: WeavyDesk,
        token: str,
        query: str = "",
        handshake: signalr.Handshake = signalr.Handshake("json", 1),  # noqa: B008 - a frozen value
    ) -> None:
        self.desk = desk
        self.codec = signalr.Connection(signalr.Role.CLIENT)
        self.heard: list[tuple[str, Any]] = []
        self.said: list[signalr.Event] = []
        self.closed: list[Any] = []
        headers = CIMultiDict({"Authorization": f"Bearer {token}"})
        request = Request(method="GET", path="/hubs/rtm", query=query, headers=headers, host="localhost:8080")
        plan = begin(desk.desk.simulator, desk.desk.world, request)
        opened = connect(plan, desk.desk.simulator.apis["weavy"].sockets[0])
        self.refused = opened.status if isinstance(opened, Outcome) else 0
        if isinstance(opened, Connection):
            self.connection = opened
            desk.hubs.append(self)
            self.take(opened.opened())
            self.send(handshake)

    def send(self, event: signalr.Event) -> None:
        """Send one record."""
        self.raw(self.codec.send(event))

    def raw(self, data: bytes) -> None:
        """Send bytes."""
        self.take(self.connection.received(data.decode()))

    def invoke(self, method: str, *arguments: Any) -> Any:
        """Call a method and give its completion."""
        self.send(signalr.Invocation(method, arguments, "1"))
        return next(event for event in reversed(self.said) if isinstance(event, signalr.Completion))

    def push(self, push: Push) -> None:
        """Hear of a push, where its topic is listened to."""
        if push.topic in self.connection.topics:
            raw = Encoder(push).bytes(self.connection.base_url)
            self.take(list(self.connection.session.pushed(push, raw)))

    def leave(self) -> None:
        """The connection ends."""
        self.desk.hubs.remove(self)
        self.take(self.connection.closed(1006))

    def take(self, effects: list[Any]) -> None:
        """Read what the server sends and does."""
        for effect in effects:
            match effect:
                case Send():
                    assert isinstance(effect.data, str)
                    self.codec.feed(effect.data.encode())
                    self._read()
                case Listen():
                    self.connection.topics[effect.topic] = None
                case Unlisten():
                    self.connection.topics.pop(effect.topic, None)
                case Push():
                    self.desk.tell([effect])
                case _:
                    self.closed.append(effect)

    def _read(self) -> None:
        for event in self.codec.events():
            if isinstance(event, signalr.Invocation):
                self.heard.append((event.target, event.arguments[0]))
            else:
                self.said.append(event)
