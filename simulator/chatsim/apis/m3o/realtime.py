"""The two streams: Connect of the documented service, both ways, and Join of the later one, to the client only.

And what is no stream but is asked for as one at /v1, whose door takes every call for a stream.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

from chatsim.apis.m3o import chat, explore, groups
from chatsim.apis.m3o.account import Account, front_door
from chatsim.apis.m3o.errors import as_object, bad_request
from chatsim.apis.m3o.gateway import ask_for_exact_name, named
from chatsim.apis.m3o.querystring import query_fields
from chatsim.apis.m3o.state import M3O, Message
from chatsim.core.api import Call, Operation
from chatsim.core.effects import Close, Effect, Listen, Push, Send
from chatsim.core.errors import ApiError, Invalid, Malformed
from chatsim.core.http import JSON
from chatsim.wire.jsonframes import TOO_BIG, JsonFrames, PeerFault, State


def connect(state: M3O, call: Call) -> Connect:
    """Open /chat/Connect. Wrong ids do not refuse the handshake: the stream tells them [source]."""
    return Connect(call)


def join(state: M3O, call: Call) -> Join:
    """Open /v1/chat/Join. The key is looked at when the first frame came, as the real door does [source]."""
    return Join(call)


def unary(operation: Operation, schema: str) -> Callable[[M3O, Call], Unary]:
    """How to open a stream of a method that answers once; `schema` is that of its request."""

    def call_once(state: M3O, call: Call) -> Unary:
        return Unary(call, operation, schema)

    return call_once


def unknown_method(state: M3O, call: Call) -> Missing:
    """Open a stream of a method that the chat service does not have."""
    return Missing(call, explore.unknown_method)


def unknown_api(state: M3O, call: Call) -> Missing:
    """Open a stream of a service that is not on offer."""
    return Missing(call, explore.unknown_api)


def no_api(state: M3O, call: Call) -> Missing:
    """Open a stream at a path that names no service and method."""
    return Missing(call, explore.no_api)


class _Stream(ABC):
    """What both have in common: one JSON value a frame, errors as a frame before the end, no echo to the sender."""

    def __init__(self, call: Call) -> None:
        # All connections of one user get each message once between them. [source]
        self.group = ""
        self.beat_s = 0.0
        kind = call.request.content_type
        limit = 512 if call.quirk("m3o.frame-limit") == "512" else None
        self.frames = JsonFrames(limit=limit, binary=kind not in ("", JSON))

    @property
    def user_id(self) -> str:
        """Who is connected; empty until it is known."""
        return self.group

    def opened(self, call: Call) -> Iterable[Effect]:
        """Nothing is said before the client spoke: its handler is not there yet [run]."""
        return ()

    def received(self, call: Call, data: str | bytes) -> Iterable[Effect]:
        """A frame from the client; after an error nothing is heard any more."""
        if self.frames.state is State.CLOSED:
            return ()
        try:
            return self.take(call, data)
        except ApiError as error:
            return self.failed(call, error)
        except PeerFault as fault:
            self.frames.close()
            return (Close(code=fault.code, reason=fault.message),)

    @abstractmethod
    def take(self, call: Call, data: str | bytes) -> Iterable[Effect]:
        """Act on a frame."""

    def failed(self, call: Call, error: ApiError) -> Iterable[Effect]:
        """Tell an error and close; under a quirk only drop the connection."""
        call.entry.violations = error.violations
        call.note(error.code, error.message)
        if call.quirk("m3o.stream-errors") == "dropped":
            self.frames.close()
            return (Close(abort=True),)
        call.entry.status, shown = as_object(error, call)
        frame = self.frames.send(shown)
        self.frames.close()
        return (Send(frame), Close(code=1000))

    def pushed(self, push: Push, raw: bytes) -> Iterable[Effect]:
        """A message of the chat or group; one's own are not heard, nor anything after an error."""
        if self.frames.state is State.CLOSED or self.speaker(push.body) == self.user_id:
            return ()
        return (Send(self.frame(push.body, raw)),)

    @abstractmethod
    def speaker(self, body: Any) -> str:
        """Who says what is pushed."""

    def frame(self, body: Any, raw: bytes) -> str | bytes:
        """What is pushed as a message of this stream; `raw` is `body` encoded."""
        return self.frames.forward(raw)

    def beat(self, idle_s: float) -> Iterable[Effect]:
        """Never asked for: a frame that is no message would kill the real client."""
        return ()

    def closed(self, call: Call) -> Iterable[Effect]:
        """The others are not told."""
        return ()

    def read(self, data: str | bytes) -> Any:
        """The value in a frame.

        Raises:
            Malformed: it is no JSON. PeerFault: it is too long.
        """
        try:
            return self.frames.receive(data)
        except PeerFault as fault:
            if fault.code == TOO_BIG:
                raise
            raise Malformed(fault.message) from fault


def fields_of(call: Call, value: Any, schema: str) -> dict[str, Any]:
    """The fields of a frame under their proto names.

    Raises:
        Invalid: an unknown name or a wrong type.
    """
    contract = call.world.simulator.schemas.get(call.api.schema(schema))
    fields = named(value, contract)
    if not contract.accepts(fields):
        raise Invalid("the frame has another shape", violations=contract.explain(fields))
    assert isinstance(fields, dict)
    return fields


def _written(sent_at: str | float | None) -> str:
    """What a client says of when, as text: of the first version's clients it is a number, which may be 1e3 or 1.0."""
    return sent_at if isinstance(sent_at, str) else str(int(sent_at)) if sent_at else ""


class Connect(_Stream):
    """One connection to a chat: each frame of the client is said there, messages of others come back."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self.group = call.request.headers.get("User-Id", "")
        self.chat_id = call.request.headers.get("Chat-Id", "")
        self.namespace = Account.of(call).namespace

    def opened(self, call: Call) -> Iterable[Effect]:
        """Look at the ids of the handshake, the user's first."""
        try:
            self._ask_for_ids(call)
        except ApiError as error:
            return self.failed(call, error)
        return (Listen(chat.topic(self.namespace, self.chat_id)),)

    def take(self, call: Call, data: str | bytes) -> Iterable[Effect]:
        """Say it, whatever it lacks: nothing but the shape is looked at [source]."""
        call.entry.command = "message"
        frame = fields_of(call, self.read(data), "connect-frame")
        frame |= {
            "id": self._id(call, frame),
            "client_id": self._client_id(call, frame),
            "chat_id": self.chat_id,
            "user_id": self.user_id,
            "sent_at": _written(frame.get("sent_at")),
        }
        return chat.say(call.state("m3o"), call, self.namespace, Message(chat.members(**frame), call.now))

    def speaker(self, body: Any) -> str:
        """Pushed is the bare message."""
        return str(body.get("user_id", ""))

    def _ask_for_ids(self, call: Call) -> None:
        if not self.user_id:
            raise bad_request("chat.Connect.MissingUserID", "UserID missing in context")
        if not self.chat_id:
            raise bad_request("chat.Connect.MissingChatID", "ChatId missing in context")
        state: M3O = call.state("m3o")
        if self.chat_id not in state.look(self.namespace).chats:
            raise bad_request("chat.Connect.InvalidChatID", "Chat not found with this ID")

    def _id(self, call: Call, frame: dict[str, Any]) -> str:
        given: str = frame.get("id", "")
        return given or (call.ids.uuid("message") if call.quirk("m3o.connect-id") == "assigned" else "")

    def _client_id(self, call: Call, frame: dict[str, Any]) -> str:
        given: str = frame.get("client_id", "")
        return given or (call.ids.uuid("client") if call.quirk("m3o.connect-client-id") == "assigned" else "")


class Join(_Stream):
    """One connection to a group: the client's first frame is the request, then messages of others come."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self.word = "group"

    def take(self, call: Call, data: str | bytes) -> Iterable[Effect]:
        """Let the user in and listen. What else the client sends is not asked for and not heard [source]."""
        if self.user_id:
            call.note("m3o.frame-ignored", "the stream goes to the client only: frames after the first are not read")
            return ()
        call.entry.command = "join"
        state: M3O = call.state("m3o")
        call.principal = front_door(state, call)
        call.body = fields_of(call, self.read(data), "v1-membership")
        group = groups.find_group(state, call, "chat.send", "user_id", unknown="chat.join")
        self.group = call.body["user_id"]
        self.word = groups.word_of(call)
        groups.admit(group, self.user_id)
        return (Listen(groups.topic(Account.of(call).tenant, group.id)),)

    def speaker(self, body: Any) -> str:
        """Pushed is the message in a wrapper."""
        return str(body["message"]["user_id"])

    def frame(self, body: Any, raw: bytes) -> str | bytes:
        """Those who asked for a room get a room_id."""
        if self.word == "group":
            return self.frames.forward(raw)
        return self.frames.send({"message": groups.shown(body["message"], self.word)})


class Unary(_Stream):
    """One call over a WebSocket: the first frame is the request, one frame is the answer, then the end [source].

    The door of /v1 is itself a stream, whatever method is behind it: it reads one message, writes one, and returns.
    """

    def __init__(self, call: Call, operation: Operation, schema: str) -> None:
        super().__init__(call)
        self.operation = operation
        self.schema = schema

    def take(self, call: Call, data: str | bytes) -> Iterable[Effect]:
        """Ask for the key, then for the method, then do it."""
        call.entry.command = "call"
        state: M3O = call.state("m3o")
        call.principal = front_door(state, call)
        ask_for_exact_name(call)
        value = self.read(data)
        if call.request.query:  # the handshake is a GET, of which the query counts and nothing else [source]
            value = query_fields(call.request.query)
        call.body = fields_of(call, value, self.schema)
        reply = self.operation(state, call)
        call.entry.status = reply.status
        frame = self.frames.send(reply.body)
        self.frames.close()
        return (*reply.effects, Send(frame), Close(code=1000))

    def speaker(self, body: Any) -> str:
        """Nobody: it listens to nothing."""
        return ""


class Missing(_Stream):
    """One connection to nothing: a refused upgrade ends the real Node client, so the first frame is refused [run]."""

    def __init__(self, call: Call, refuse: Operation) -> None:
        super().__init__(call)
        self.refuse = refuse

    def take(self, call: Call, data: str | bytes) -> Iterable[Effect]:
        """Ask for the key, then say what is not there."""
        state: M3O = call.state("m3o")
        call.principal = front_door(state, call)
        self.refuse(state, call)
        return ()

    def speaker(self, body: Any) -> str:
        """Nobody: it listens to nothing."""
        return ""
