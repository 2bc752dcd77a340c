"""What the gateway says of itself: its version and the services on offer."""

from __future__ import annotations

from typing import Final

from chatsim import __version__
from chatsim.apis.m3o.errors import Refusal, unknown_service
from chatsim.apis.m3o.gateway import answer, raised
from chatsim.apis.m3o.state import M3O
from chatsim.core.api import Call
from chatsim.core.http import Reply

ENDPOINTS: Final = ("Create", "List", "Delete", "History", "Send", "Join", "Invite", "Leave", "Kick")


def version(state: M3O, call: Call) -> Reply:
    """The version of the gateway, which is that of the simulator."""
    return answer(call, {"version": __version__})


def favicon(state: M3O, call: Call) -> Reply:
    """Nothing, for browsers that ask [source]."""
    return Reply()


def index(state: M3O, call: Call) -> Reply:
    """The services on offer: this one."""
    chat = {
        "name": "chat",
        "display_name": "Chat",
        "category": "communications",
        "description": "Real time messaging between the members of groups",
        "icon": "💬",
        "endpoints": [{"name": f"Chat.{name}"} for name in ENDPOINTS],
    }
    return answer(call, {"apis": [chat]})


def unknown_method(state: M3O, call: Call) -> Reply:
    """A method that the chat service does not have; /chat alone means its method Call [source]."""
    method = raised(call.params.get("method", "call"))
    raise unknown_service(f"{raised(call.params.get('endpoint', 'chat'))}.{method}")


def unknown_api(state: M3O, call: Call) -> Reply:
    """A service that is not on offer."""
    raise Refusal("No such API", status=404, code="v1")


def no_api(state: M3O, call: Call) -> Reply:
    """A path too short to name a service and a method; the real door says no more than this [source]."""
    raise Refusal("", status=404, code="v1")


def no_stream(state: M3O, call: Call) -> Reply:
    """A stream asked for by plain HTTP: the chunked form of the real gateway is not made [guess for the text]."""
    raise Refusal("this method is a stream: open it as a WebSocket", status=500, code="go.micro.client")
