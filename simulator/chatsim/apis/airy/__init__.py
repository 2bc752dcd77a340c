"""Airy Core's chat plugin: HTTP and STOMP over WebSocket for visitors, the core API's part of it for agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chatsim.apis.airy import delivery, setup
from chatsim.apis.airy.auth import authenticate, refuse_foreign_origins, seen
from chatsim.apis.airy.errors import CORS_REFUSED, worded
from chatsim.apis.airy.populate import populate
from chatsim.apis.airy.quirks import QUIRKS
from chatsim.apis.airy.routes import ROUTES, SOCKETS
from chatsim.apis.airy.ties import TIES
from chatsim.apis.airy.tokens import problem_of_secret
from chatsim.core.api import NOTHING, Api, Call, Collection, Trigger, decode_json
from chatsim.core.cors import Cors
from chatsim.core.errors import UnsupportedMediaType
from chatsim.core.routing import Territory
from chatsim.core.settings import Setting

if TYPE_CHECKING:
    from chatsim.core.errors import ApiError
    from chatsim.core.http import Body, Reply
    from chatsim.core.world import World

HOUR_S: Final = 3600


def decode(call: Call, body: Body) -> Any:
    """JSON, said to be so. [guess] The framework reads no other content type, and none at all where there is no body.

    Raises:
        UnsupportedMediaType: the body is called something else. Malformed: it is not JSON.
    """
    kind = call.request.content_type
    if body.raw and kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise UnsupportedMediaType(f"Content-Type must be application/json, not {kind or 'missing'}")
    return decode_json(call, body)


def render(error: ApiError, call: Call) -> Reply:
    """The answer that tells of `error` what the caller may know."""
    return worded(seen(error, call), call)


def allowed_origins(world: World) -> list[str]:
    """The patterns of `airy.allowed_origins`."""
    patterns: list[str] = world.setting("airy.allowed_origins")
    return patterns


API: Final = Api(
    name="airy",
    title="Airy chat plugin",
    document="Airy Core, Chat Plugin endpoints",
    emulates="Airy Core 0.57.0-alpha",
    territory=tuple(Territory(path) for path in sorted({f"/{one.path.split('/')[1]}" for one in (*ROUTES, *SOCKETS)})),
    routes=ROUTES,
    sockets=SOCKETS,
    ties=TIES,
    state=setup.build,
    admit=refuse_foreign_origins,
    authenticate=authenticate,
    decode=decode,
    render=render,
    # The service echoes the origin, lets credentials through and refuses others with a text.
    cors=Cors(
        methods=("GET", "POST"),
        echo=True,
        credentials=True,
        status=200,
        vary="Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
        origins=allowed_origins,
        refused=CORS_REFUSED,
    ),
    replies={
        400: "error",
        401: NOTHING,
        403: "error",
        404: "error",
        408: "error",
        413: "error",
        415: "error",
        417: "error",
        500: "error",
    },
    # Nothing, or the text about origins.
    bare=(403,),
    timers={"auto_reply": delivery.auto_reply, "retry_message": delivery.retry_message},
    tolerances={"stomp-command": "the first STOMP frame is STOMP instead of CONNECT"},
    settings=(
        Setting(
            name="airy.system_token",
            type="str",
            default="airy-system-token",
            title="What agents send as bearer token; empty: agents need none",
        ),
        Setting(
            name="airy.jwt_secret",
            type="str",
            title="Key of the visitors' tokens in base64; each world has its own where it is not set",
            check=problem_of_secret,
        ),
        Setting(
            name="airy.token_lifetime_s", type="int", default=HOUR_S, least=0, title="How long an auth token is good"
        ),
        Setting(
            name="airy.resume_token_lifetime_s",
            type="int",
            default=7 * 24 * HOUR_S,
            least=0,
            title="How long a resume token is good",
        ),
        Setting(
            name="airy.heartbeat_s",
            type="float",
            default=30,
            least=0,
            title="Seconds between STOMP heart-beats that the server offers and asks for; 0: none",
        ),
        Setting(
            name="airy.allowed_origins",
            type="list",
            default=["*"],
            title="Patterns of the origins whose pages may call; empty: no other origin may",
        ),
        Setting(
            name="airy.auto_reply",
            type="str",
            default="off",
            title="An agent answers each visitor's message a second later: off, echo, or this text",
        ),
    ),
    quirks=QUIRKS,
    collections=(
        Collection(
            path="channels/{channel_id}",
            title="Channels",
            schema="sim-channels",
            shows="channel",
            put=setup.put_channel,
            get=setup.get_channel,
            delete=setup.delete_channel,
            list=setup.list_channels,
        ),
        Collection(
            path="conversations/{conversation_id}",
            title="Conversations with their messages",
            schema="sim-conversations",
            put=setup.put_conversation,
            get=setup.get_conversation,
            delete=setup.delete_conversation,
            list=setup.list_conversations,
        ),
    ),
    triggers=(
        Trigger(name="agent-message", title="An agent answers", schema="sim-agent-message", run=setup.agent_message),
    ),
    schemas=(
        "queue-message",
        "resume-token",
        "stomp-connect",
        "stomp-connected",
        "stomp-subscribe",
        "stomp-unsubscribe",
        "stomp-message",
        "stomp-receipt",
        "stomp-error",
    ),
    environment={
        "AIRY_URL": lambda world, base_url: base_url,
        "AIRY_SYSTEM_TOKEN": lambda world, base_url: world.setting("airy.system_token") or "",
    },
    populate=populate,
    sample="""curl {base_url}/chatplugin.authenticate -H 'Content-Type: application/json' \\
  -d '{"channel_id": "09816fe0-7950-40cb-bf60-adfa0d6d0679"}'""",
)
