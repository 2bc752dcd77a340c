"""The token server in front of KOBIL and Woven: Keycloak's OAuth endpoints, without its browser login and admin API."""

from __future__ import annotations

from typing import Final

from chatsim.apis.keycloak.errors import FAULTS, render
from chatsim.apis.keycloak.quirks import QUIRKS
from chatsim.apis.keycloak.realms import admit
from chatsim.apis.keycloak.routes import ROUTES
from chatsim.apis.keycloak.setup import COLLECTIONS, TRIGGERS, state
from chatsim.core.api import Api
from chatsim.core.cors import Cors
from chatsim.core.routing import Territory
from chatsim.core.settings import Setting

PLAIN: Final = (400, 404, 405, 408, 413, 415, 417, 500)

API: Final = Api(
    name="keycloak",
    title="Keycloak",
    document="RFC 6749, OpenID Connect Discovery 1.0, and Keycloak's own source",
    emulates="Keycloak under /auth, as of 2023 to 2025",
    territory=(Territory("/auth"), Territory("/realms")),
    routes=ROUTES,
    render=render,
    state=state,
    admit=admit,
    replies=dict.fromkeys(PLAIN, "error"),
    bare=PLAIN,
    errors=FAULTS,
    # Which origins a client has is not simulated: all are allowed, and with credentials, so each is echoed.
    cors=Cors(
        methods=("GET", "HEAD", "OPTIONS", "POST"),
        headers=("Origin", "Accept", "X-Requested-With", "Content-Type", "Authorization", "DPoP"),
        echo=True,
        credentials=True,
        max_age=3600,
        status=200,
        any_options=True,
    ),
    settings=(
        Setting(
            name="keycloak.access_token_lifespan_s",
            type="int",
            title="How long access and identity tokens live, where the realm does not say",
            default=300,
            least=1,
        ),
        Setting(
            name="keycloak.refresh_token_lifespan_s",
            type="int",
            title="How long refresh tokens live, where the realm does not say",
            default=1800,
            least=1,
        ),
    ),
    quirks=QUIRKS,
    environment={"KEYCLOAK_URL": lambda world, base_url: f"{base_url}/auth"},
    collections=COLLECTIONS,
    triggers=TRIGGERS,
    sample=(
        "curl {base_url}/auth/realms/woven/protocol/openid-connect/token"
        " -d grant_type=client_credentials -d client_id=my-app -d client_secret=my-secret"
    ),
)
