"""The Weavy Conversations API of 2023 (server 16.0.2 to 17.1.0), and around it what a real Messenger needs."""

from typing import Final

from chatsim.apis.weavy import autoreply, setup
from chatsim.apis.weavy.access import authenticate
from chatsim.apis.weavy.bodies import decode_body
from chatsim.apis.weavy.errors import render
from chatsim.apis.weavy.populate import populate
from chatsim.apis.weavy.quirks import QUIRKS
from chatsim.apis.weavy.routes import ROUTES, SOCKETS
from chatsim.apis.weavy.ties import TIES
from chatsim.apis.weavy.tolerances import TOLERANCES
from chatsim.core.api import Api, Trigger
from chatsim.core.cors import Cors
from chatsim.core.errors import NotFound, Unauthorized
from chatsim.core.routing import Territory
from chatsim.core.settings import Setting

SETTINGS: Final = (
    Setting(
        name="weavy.api_keys",
        type="list",
        default=["wys_simulator"],
        title="API keys that are accepted; with open accounts every other key that begins with wys_ is too",
    ),
    Setting(
        name="weavy.auto_reply",
        type="str",
        default="off",
        title="What the other party answers a second later: off, echo, or a text",
    ),
)

API: Final = Api(
    name="weavy",
    title="Weavy Conversations",
    document="weavy.txt",
    emulates="Weavy Server 17.1.0, as uikit-react 17.0.3 and 18.0.2 use it",
    territory=(Territory("/api", ignore_case=True), Territory("/hubs", ignore_case=True)),
    routes=ROUTES,
    sockets=SOCKETS,
    ties=TIES,
    state=setup.build,
    authenticate=authenticate,
    decode=decode_body,
    render=render,
    # "You must specify the origin and allow credentials": SignalR's client sends them with every request.
    cors=Cors(echo=True, credentials=True),
    replies=dict.fromkeys((400, 401, 403, 404, 405, 408, 413, 415, 417, 500, 501, 503), "problem"),
    errors={"unauthorized": Unauthorized, "not_found": NotFound},
    timers={"auto_reply": autoreply.run_auto_reply},
    tolerances=TOLERANCES,
    settings=SETTINGS,
    quirks=QUIRKS,
    collections=setup.COLLECTIONS,
    triggers=(
        Trigger(
            name="post-message",
            title="A member of a conversation writes a message",
            schema="sim-post-message",
            run=autoreply.post_message,
        ),
    ),
    schemas=("event",),
    environment={
        "WEAVY_SERVER": lambda world, base_url: base_url,
        "WEAVY_APIKEY": lambda world, base_url: next(iter(world.setting("weavy.api_keys")), ""),
    },
    populate=populate,
    sample="curl {base_url}/api/users/alice/tokens -X POST -H 'Authorization: Bearer wys_simulator'",
)
