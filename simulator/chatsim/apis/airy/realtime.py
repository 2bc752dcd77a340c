"""`/ws.chatplugin`: STOMP frames in, a conversation's messages out, as the service's broker does it.

[source] marks what was read in the broker's code; the STOMP rules themselves are in `wire/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from chatsim.apis.airy.auth import visitor
from chatsim.apis.airy.delivery import topic
from chatsim.apis.airy.errors import Bare
from chatsim.apis.airy.state import Airy, Tail
from chatsim.apis.airy.tokens import Visitor
from chatsim.core.effects import Close, Effect, Listen, Push, Send, Unlisten
from chatsim.core.errors import Invalid
from chatsim.wire.stomp import MAX_FRAME, Frame, HeartBeat, PeerFault
from chatsim.wire.stomp_session import OutOfTurn, ServerSession, State, message_head, message_tail

if TYPE_CHECKING:
    from chatsim.core.api import Call

QUEUE: Final = "/user/queue/message"
PROTOCOL_ERROR: Final = 1002
NO_CONNECT: Final = 4500
FIRST_FRAME_WITHIN_S: Final = 60.0
SILENCE_FACTOR: Final = 3

# What the broker's channel says of an interceptor's refusal; front ends look for the 401 in it.
UNAUTHORIZED: Final = (
    "Failed to send message to ExecutorSubscribableChannel[clientInboundChannel]; nested exception is "
    "org.springframework.web.server.ResponseStatusException: 401 UNAUTHORIZED"
)
SESSION_CLOSED: Final = "Session closed."
NO_BODY: Final = (("content-length", "0"),)


class ChatPlugin:
    """One visitor's connection. `visitor` is known from the handshake's header or from CONNECT."""

    __slots__ = ("_airy", "_heads", "_sent", "_stomp", "_told_ago_s", "beat_s", "group", "visitor")

    def __init__(self, airy: Airy, call: Call, visitor: Visitor | None) -> None:
        interval_ms = round(call.setting("airy.heartbeat_s") * 1000)
        self._airy = airy
        self._stomp = ServerSession(heart_beat=(interval_ms, interval_ms))
        self._heads: dict[str, bytes | None] = {}
        self._sent = 0
        self._told_ago_s = 0.0
        self.beat_s = FIRST_FRAME_WITHIN_S
        self.group = call.socket
        self.visitor = visitor

    def opened(self, call: Call) -> Iterable[Effect]:
        """The handshake is done; nothing is said before CONNECT."""
        return ()

    def received(self, call: Call, data: str | bytes) -> Iterable[Effect]:
        """Take the frames of one WebSocket message; how they are cut into messages does not matter."""
        octets = data.encode() if isinstance(data, str) else data
        effects: list[Effect] = []
        commands: list[str] = []
        try:
            for event in self._stomp.receive(octets):
                if isinstance(event, HeartBeat):
                    effects += self._heart_beat()
                else:
                    commands.append(event.command)
                    effects += self._frame(call, event)
        except OutOfTurn as fault:
            call.note("out_of_turn", fault.message)
            # [source] The interceptor asks every frame for a user, and only CONNECT brings one.
            connected = self._stomp.state is not State.WAITING
            effects += self._error(fault.message if connected else UNAUTHORIZED)
        except PeerFault as fault:
            call.note("stomp", fault.message)
            effects += self._error(fault.message, fault.headers)
        call.entry.command = " ".join(commands)
        call.silent = not commands and not effects
        return effects

    def overlong(self, call: Call) -> Iterable[Effect]:
        """Refuse a WebSocket message that is too long to be taken apart, as any frame that is too long."""
        text = f"Frame larger than the limit of {MAX_FRAME} octets"
        call.note("stomp", f"{text}: the WebSocket message was not read")
        return self._error(text)

    def pushed(self, push: Push, raw: bytes) -> Iterable[Effect]:
        """Write a message once for every subscription to the queue."""
        stomp, tail = self._stomp, self._airy.tail
        if stomp.state is not State.CONNECTED:  # it is about to be closed
            return ()
        if tail.raw is not raw or tail.version != stomp.version:
            octets = message_tail("application/json", raw, stomp.version)
            tail = self._airy.tail = Tail(raw, stomp.version, octets)
        self._told_ago_s = 0.0
        effects = []
        for head in self._heads.values():
            if head is not None:
                effects.append(Send(stomp.message(head, self._sent, tail.octets), None, True))
                self._sent += 1
        return effects

    def beat(self, idle_s: float) -> Iterable[Effect]:
        """Send a heart-beat where one is due, and close a connection that has been silent for too long.

        [source] The client may be silent three times as long as was agreed; and 60 s before its CONNECT.
        """
        beats, state = self._stomp.beats, self._stomp.state
        if state is State.CLOSED:
            return ()
        if state is State.WAITING:
            return (Close(code=NO_CONNECT, reason="no CONNECT"),) if idle_s >= FIRST_FRAME_WITHIN_S else ()
        if beats.from_client_ms and idle_s * 1000 > SILENCE_FACTOR * beats.from_client_ms:
            return self._error(SESSION_CLOSED)
        self._told_ago_s += self.beat_s
        if beats.to_client_ms and (self._told_ago_s + self.beat_s) * 1000 > beats.to_client_ms:
            self._told_ago_s = 0.0
            return (Send("\n"),)
        return ()

    def closed(self, call: Call) -> Iterable[Effect]:
        """The connection is gone; subscriptions go with it."""
        return ()

    def _heart_beat(self) -> Iterable[Effect]:
        # [source] A newline before CONNECT is a message without a user, like any other frame.
        return self._error(UNAUTHORIZED) if self._stomp.state is State.WAITING else ()

    def _frame(self, call: Call, frame: Frame) -> Iterable[Effect]:
        self._hold_to_schema(call, frame)
        handle = self._HANDLERS.get(frame.command)
        if handle is None:
            call.note("ignored", f"{frame.command} has no handler here: visitors write by POST /chatplugin.send")
            effects: Iterable[Effect] = ()
        else:
            effects = handle(self, call, frame)
        if frame.command != "DISCONNECT" and frame.get("receipt") is not None:
            # [source] The broker acknowledges DISCONNECT alone; an answer here would hide a client's mistake.
            call.note("receipt", f"the receipt header of {frame.command} is not answered, only that of DISCONNECT")
        return effects

    def _hold_to_schema(self, call: Call, frame: Frame) -> None:
        """Note in the journal how a frame's headers break the contract; the service takes them in silence."""
        name = SCHEMAS.get(frame.command)
        if name is None:
            return
        schema = call.world.simulator.schemas.get(name)
        headers = dict(reversed(frame.headers))
        if not schema.accepts(headers):
            call.entry.violations = (*call.entry.violations, *schema.explain(headers))

    def _connect(self, call: Call, frame: Frame) -> Iterator[Effect]:
        refusal = self._refusal(call, frame)
        if refusal or self.visitor is None:
            call.note("unauthorized", refusal or "CONNECT has no Authorization header, nor had the handshake")
            yield from self._error(UNAUTHORIZED)
            return
        beats = self._stomp.beats
        waits = [ms for ms in (beats.to_client_ms, beats.from_client_ms) if ms]
        self.beat_s = min(waits, default=0) / 1000
        self._told_ago_s = 0.0
        yield Send(self._stomp.accept(_user_name(self.visitor.conversation_id)).decode())

    def _refusal(self, call: Call, frame: Frame) -> str:
        """Why CONNECT is refused, empty if it is not; a good token makes its visitor the connection's."""
        if frame.command == "STOMP":
            if call.quirk("airy.stomp-command") == "refused":
                return "the service takes CONNECT alone, not STOMP"
            try:
                call.tolerate("stomp-command", "STOMP instead of CONNECT: the service takes CONNECT alone")
            except Invalid as refused:
                return refused.message
        header = frame.get("Authorization")
        if header is None:
            return ""
        try:
            call.principal = visitor(self._airy, call.world, header, call.now)
        except Bare as refused:
            return refused.message
        self.visitor = call.principal.data
        return ""

    def _subscribe(self, call: Call, frame: Frame) -> Iterator[Effect]:
        name, destination = frame.get("id"), frame.get("destination")
        if name is None or destination is None or name in self._heads:
            call.note("subscription", "a subscription without id or destination, or with an id in use, is ignored")
            return
        if destination != QUEUE:
            call.note("destination", f"{destination} stays quiet; messages come on {QUEUE}")
            self._heads[name] = None
            return
        self._heads[name] = message_head(name, destination, f"{self.group}-", self._stomp.version)
        assert self.visitor is not None
        yield Listen(topic(self.visitor.conversation_id))

    def _unsubscribe(self, call: Call, frame: Frame) -> Iterator[Effect]:
        was_listening = self._heads.pop(frame.get("id") or "", None) is not None
        if was_listening and not any(self._heads.values()):
            assert self.visitor is not None
            yield Unlisten(topic(self.visitor.conversation_id))

    def _disconnect(self, call: Call, frame: Frame) -> Iterator[Effect]:
        receipt = frame.get("receipt")
        if receipt is None:
            yield from self._error(SESSION_CLOSED)
        else:  # [source] The socket is left for the client to close.
            yield Send(self._stomp.receipt(receipt).decode())

    def _error(self, message: str, headers: tuple[tuple[str, str], ...] = ()) -> tuple[Effect, ...]:
        error = self._stomp.error(message, headers=(*headers, *NO_BODY))
        return (Send(error.decode()), Close(code=PROTOCOL_ERROR))

    _HANDLERS: ClassVar[Mapping[str, Callable[[ChatPlugin, Call, Frame], Iterable[Effect]]]] = {
        "CONNECT": _connect,
        "STOMP": _connect,
        "SUBSCRIBE": _subscribe,
        "UNSUBSCRIBE": _unsubscribe,
        "DISCONNECT": _disconnect,
    }


SCHEMAS: Final[Mapping[str, str]] = {
    "CONNECT": "airy/stomp-connect",
    "STOMP": "airy/stomp-connect",
    "SUBSCRIBE": "airy/stomp-subscribe",
    "UNSUBSCRIBE": "airy/stomp-unsubscribe",
}


def chat_plugin(airy: Airy, call: Call) -> ChatPlugin:
    """Open a visitor's connection; an Authorization header of the handshake may name the visitor already."""
    return ChatPlugin(airy, call, call.principal.data if call.principal else None)


def _user_name(name: str) -> tuple[tuple[str, str], ...]:
    """The header of CONNECTED that names the user; an agent may have made up an id that no header can carry."""
    carried = name.encode("utf-8", "replace").decode() == name and not any(octet in name for octet in "\n\r\0")
    return (("user-name", name),) if carried else ()
