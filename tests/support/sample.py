"""A small API of our own that uses every part of the core: tests of the core need no real one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chatsim.control.problems import render
from chatsim.core.api import BINARY, NOTHING, Api, Call, Route, Socket
from chatsim.core.auth import Principal
from chatsim.core.effects import Close, Effect, Later, Listen, Push, Send
from chatsim.core.errors import ApiError, Conflict, Unauthorized
from chatsim.core.http import File, Reply
from chatsim.core.media import Blob
from chatsim.core.quirks import Quirk
from chatsim.core.routing import Territory
from chatsim.core.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatsim.core.world import World


@dataclass(slots=True)
class Rooms:
    """How often each room was greeted."""

    greeted: dict[str, int] = field(default_factory=dict)


def start(world: World, fixture: Mapping[str, Any], now: int) -> Rooms:
    """Begin with nobody greeted."""
    return Rooms()


def authenticate(state: Rooms, call: Call) -> Principal:
    """Accept `Bearer good`."""
    if call.request.headers.get("Authorization") != "Bearer good":
        raise Unauthorized("send Authorization: Bearer good")
    return Principal(id="good")


def show_room(state: Rooms, call: Call) -> Reply:
    """Echo the room's name; `#` breaks the contract, `!` raises, `%` refuses."""
    room = call.params["room"]
    if room == "!":
        raise RuntimeError("a planted mistake")
    if room == "busy":
        raise Conflict("the room is busy")
    if room == "#":
        return Reply(body={"status": "not ok", "version": room})
    return Reply(body={"status": "ok", "version": room})


def greet(state: Rooms, call: Call) -> Reply:
    """Count the greeting, tell the listeners, remind them after five seconds."""
    room = call.params["room"]
    state.greeted[room] = state.greeted.get(room, 0) + 1
    reminder = Later(operation="remind", args={"room": room}, after_s=5)
    told = Push(topic=room, event="greeted", body={"room": room, "count": state.greeted[room]})
    return Reply(body={"status": "ok", "version": room}, effects=(told, reminder))


def remind(state: Rooms, call: Call) -> Reply:
    """Tell the listeners again."""
    room = call.body["room"]
    return Reply(body={}, effects=(Push(topic=room, event="reminded", body={"room": room}),))


def leave(state: Rooms, call: Call) -> Reply:
    """Answer nothing; tolerate the header `X-Loose`."""
    if "X-Loose" in call.request.headers:
        call.tolerate("loose", "the header X-Loose is not documented")
    return Reply(status=204)


def download(state: Rooms, call: Call) -> Reply:
    """Answer bytes; of the room `store` such as were stored."""
    if call.params["room"] == "store":
        return Reply(body=File(blob=Blob.of(b"0123456789"), content_type="text/plain"))
    return Reply(body=b"\x00\x01", content_type="application/octet-stream")


class Ears:
    """A session that listens to its room, and shouts back what it hears; `bye` closes, `boom` breaks."""

    group = ""
    beat_s = 0.0

    def __init__(self, room: str) -> None:
        self._room = room

    def opened(self, call: Call) -> Iterable[Effect]:
        return (Listen(self._room), Send("welcome"))

    def received(self, call: Call, data: str | bytes) -> Iterable[Effect]:
        call.entry.command = "SHOUT"
        if data == "":
            call.silent = True
            return ()
        if data == "bye":
            return (Close(code=4000, reason="as you wish"),)
        if data == "boom":
            raise RuntimeError("a planted mistake")
        return (Push(topic=self._room, event="shouted", body={"said": data}),)

    def pushed(self, push: Push, raw: bytes) -> Iterable[Effect]:
        return (Send(raw.decode()),)

    def beat(self, idle_s: float) -> Iterable[Effect]:
        return ()

    def closed(self, call: Call) -> Iterable[Effect]:
        return ()


def listen(state: Rooms, call: Call) -> Ears:
    """Open a session; the room `full` has no place."""
    if call.params["room"] == "full":
        raise ApiError("no place", status=503)
    return Ears(call.params["room"])


HEALTH = "_sim/health"

SAMPLE = Api(
    name="sample",
    title="Sample",
    document="none",
    emulates="nothing",
    territory=(Territory("/sample"),),
    routes=(
        Route(method="GET", path="/sample/{room}", operation=show_room, replies={200: HEALTH}, auth=False, slash=True),
        Route(method="POST", path="/sample/{room}", operation=greet, body=HEALTH, replies={200: HEALTH}, limit=1000),
        Route(method="DELETE", path="/sample/{room}", operation=leave, replies={204: NOTHING}),
        Route(method="GET", path="/sample/{room}/file", operation=download, replies={200: BINARY}, auth=False),
    ),
    sockets=(Socket(path="/sample/{room}/ears", open=listen, auth=False, protocols=("two", "one")),),
    render=render,
    state=start,
    authenticate=authenticate,
    replies=dict.fromkeys((400, 401, 404, 405, 408, 409, 413, 417, 422, 500, 503), "_sim/problem"),
    timers={"remind": remind},
    tolerances={"loose": "an undocumented header"},
    settings=(Setting(name="sample.greeting", type="str", default="hello", title="What is said."),),
    quirks=(
        Quirk(
            name="sample.mood",
            title="How it speaks",
            values={"calm": "as documented", "wild": "as measured"},
            document="calm",
            service="wild",
            source="[guess] made up",
        ),
    ),
    errors={"busy": lambda: Conflict("the room is busy")},
)
