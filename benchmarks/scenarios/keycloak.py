"""Tokens of the client-credentials grant."""

from typing import Final
from urllib.parse import urlencode

from benchmarks.scenarios import Request, Scenario

TOKEN_PATH: Final = "/auth/realms/woven/protocol/openid-connect/token"
FORM: Final = {"client_id": "benchmark", "client_secret": "not-a-secret", "grant_type": "client_credentials"}


def token_request(_base_url: str) -> Request:
    """The first contact of a client that nobody set up."""
    return Request(
        method="POST",
        path=TOKEN_PATH,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode(FORM),
    )


SCENARIOS: Final = [Scenario(title="Keycloak: token by client_credentials", prepare=token_request)]
