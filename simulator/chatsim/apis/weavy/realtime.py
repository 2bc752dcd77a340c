"""The hub `/hubs/rtm`: negotiation, and one session for each connection. Events go out under subscribed names."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from chatsim.apis.weavy.access import me
from chatsim.apis.weavy.events import ONLINE, online, topic
from chatsim.apis.weavy.records import User
from chatsim.apis.weavy.state import Weavy
from chatsim.core.api import Call
from chatsim.core.effects import Close, Effect, Listen, Push, Send, Unlisten
from chatsim.core.errors import NotFound
from chatsim.core.http import Reply
from chatsim.wire import signalr

NEGOTIATED_LIMIT: Final = 10_000
SUBSCRIPTIONS_LIMIT: Final = 10_000
NAME_LIMIT: Final = 256
SILENCE_S: Final = 30.0
"""ASP.NET Core's ClientTimeoutInterval: a client that says nothing for so long is taken for gone."""


def negotiate(state: Weavy, call: Call) -> Reply:
    """Give out a connection token. Only WebSockets are offered, so that no client tries another transport."""
    me(call)
    version = 1 if ("negotiateVersion", "1") in call.query else 0
    connection_id = call.ids.secret_token("weavy-connection", 16)
    token = call.ids.secret_token("weavy-connection", 16) if version else connection_id
    if len(state.negotiated) >= NEGOTIATED_LIMIT:
        del state.negotiated[next(iter(state.negotiated))]
    state.negotiated[token] = None
    body = {
        "negotiateVersion": version,
        "connectionId": connection_id,
        **({"connectionToken": token} if version else {}),
        "availableTransports": [{"transport": "WebSockets", "transferFormats": ["Text", "Binary"]}],
    }
    return Reply(body=body)


def connect(state: Weavy, call: Call) -> "Session":
    """Open a connection: with the token of a negotiation, or with none where the client skips it."""
    user = me(call)
    token = dict(call.query).get("id")
    if token is not None:
        if token not in state.negotiated:
            raise NotFound("no connection with that id; POST /hubs/rtm/negotiate gives one")
        del state.negotiated[token]
    return Session(state, user, call.socket)


class Session:
    """One connection of a user: its codec and the names that it subscribed to."""

    group = ""
    beat_s = signalr.PING_INTERVAL_S

    def __init__(self, state: Weavy, user: User, socket: str) -> None:
        self._state = state
        self._user = user
        self._socket = socket
        self._codec = signalr.Connection(signalr.Role.SERVER)
        self._names: dict[str, None] = {}

    def opened(self, call: Call) -> Iterable[Effect]:
        """Nothing is said before the client's handshake."""
        return ()

    def received(self, call: Call, data: str | bytes) -> Iterable[Effect]:
        """Records may be cut anywhere; all that are complete by now are answered."""
        self._follow(call.state(call.api.name))
        call.silent = True
        self._codec.feed(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
        effects: list[Effect] = []
        try:
            for event in self._codec.events():
                effects += self._answer(call, event)
        except signalr.ProtocolError as broken:
            effects += self._broken(call, str(broken))
        return effects

    def pushed(self, push: Push, raw: bytes) -> Iterable[Effect]:
        """An event, under the name that was subscribed to."""
        if self._codec.sending is not signalr.Phase.OPEN:
            return ()
        name = push.topic.partition(" ")[2]
        return (_send(self._codec, signalr.Invocation(name, (msgspec.Raw(raw),))),)

    def beat(self, idle_s: float) -> Iterable[Effect]:
        """A ping every 15 s of real time; who said nothing for 30 s is gone."""
        if idle_s > SILENCE_S:
            return (Close(abort=True),)
        return (_send(self._codec, signalr.Ping()),) if self._codec.sending is signalr.Phase.OPEN else ()

    def closed(self, call: Call) -> Iterable[Effect]:
        """Forget what hung on the connection; the others hear who is still there."""
        for name in self._names:
            self._forget(name)
        if not self._state.depart(self._user, self._socket):
            return ()
        return online(self._state, sorted(self._state.online))

    def _answer(self, call: Call, event: signalr.Event) -> Iterator[Effect]:
        match event:
            case signalr.Handshake():
                yield from self._shake_hands(call, event)
            case signalr.Invocation():
                yield from self._invoke(call, event)
            case signalr.StreamInvocation():
                error = f"Unknown hub method '{event.target}'"
                yield _send(self._codec, signalr.Completion(event.invocation_id, error=error))
            case signalr.Close():
                yield Close(code=1000)
            case _:  # pings, and answers to questions that this hub never asks
                return

    def _shake_hands(self, call: Call, event: signalr.Handshake) -> Iterator[Effect]:
        _name_frame(call, "handshake")
        refusal = event.refusal()
        yield _send(self._codec, signalr.HandshakeReply(refusal))
        if refusal is not None:
            yield Close(code=1000)
            return
        if self._state.arrive(self._user, self._socket):
            yield from online(self._state, self._user.id)

    def _invoke(self, call: Call, event: signalr.Invocation) -> Iterator[Effect]:
        _name_frame(call, " ".join([event.target, *map(str, event.arguments[:1])])[:NAME_LIMIT])
        effects, error = self._subscriptions(event)
        yield from effects
        if event.invocation_id is not None:
            yield _send(self._codec, signalr.Completion(event.invocation_id, error=error))
        # Presence comes as changes; a newcomer needs to know where they start from.
        if ONLINE in event.arguments and any(isinstance(effect, Listen) for effect in effects):
            yield _send(self._codec, signalr.Invocation(ONLINE, (sorted(self._state.online),)))

    def _subscriptions(self, event: signalr.Invocation) -> tuple[list[Effect], str | None]:
        """The hub's two methods; an error where the call is neither."""
        if event.target.lower() not in ("subscribe", "unsubscribe"):
            return [], f"Unknown hub method '{event.target}'"
        match event.arguments:
            case (str(name),) if 0 < len(name) <= NAME_LIMIT:
                pass
            case _:
                return [], f"Failed to invoke '{event.target}' due to an error on the server. Send one name."
        listened = topic(self._user, name)
        if event.target.lower() == "unsubscribe":
            if self._names.pop(name, self) is self:
                return [], None
            self._forget(name)
            return [Unlisten(listened)], None
        if len(self._names) >= SUBSCRIPTIONS_LIMIT:
            return [], f"A connection has at most {SUBSCRIPTIONS_LIMIT} subscriptions."
        self._names[name] = None
        self._remember(name)
        return [Listen(listened)], None

    def _broken(self, call: Call, reason: str) -> Iterator[Effect]:
        _name_frame(call, "broken")
        call.note("signalr", reason)
        if self._codec.sending is signalr.Phase.OPENING and self._codec.receiving is signalr.Phase.CLOSED:
            yield _send(self._codec, signalr.HandshakeReply(reason))
        elif self._codec.sending is signalr.Phase.OPEN:
            yield _send(self._codec, signalr.Close(f"Connection closed with an error. {reason}"))
        yield Close(code=1000)

    def _remember(self, name: str) -> None:
        self._state.listening.setdefault(topic(self._user, name), set()).add(self._socket)

    def _forget(self, name: str) -> None:
        listened = topic(self._user, name)
        sockets = self._state.listening.get(listened, set())
        sockets.discard(self._socket)
        if not sockets:
            self._state.listening.pop(listened, None)

    def _follow(self, state: Weavy) -> None:
        """A restored world has another state: tell it what this connection listens to."""
        if state is self._state:
            return
        self._state = state
        self._user = state.users.get(self._user.id, self._user)
        if self._codec.sending is signalr.Phase.OPEN:
            state.arrive(self._user, self._socket)
        for name in self._names:
            self._remember(name)


def _send(codec: signalr.Connection, event: signalr.Event) -> Send:
    return Send(codec.send(event).decode())


def _name_frame(call: Call, command: str) -> None:
    """Name the entry of a WebSocket message after its records; a client sends several at once."""
    call.silent = False
    call.entry.command = f"{call.entry.command}, {command}" if call.entry.command else command
