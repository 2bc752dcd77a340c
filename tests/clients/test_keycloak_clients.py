"""Client libraries as they come from PyPI, over http and over TLS, against the running token server."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import jwt
import pytest
from aiohttp import web
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from desk import serve
from keycloak import KeycloakOpenID
from keycloak.exceptions import KeycloakAuthenticationError, KeycloakPostError
from oauthlib.oauth2 import BackendApplicationClient, LegacyApplicationClient
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError, UnauthorizedClientError
from requests_oauthlib import OAuth2Session

from chatsim.core.simulator import Simulator
from chatsim.server import tls

OIDC = "/auth/realms/woven/protocol/openid-connect"
Result = TypeVar("Result")


class Place(NamedTuple):
    """Where the token server answers."""

    url: str
    simulator: Simulator

    @property
    def token(self) -> str:
        """The token endpoint."""
        return self.url + OIDC + "/token"


class Counting(web.Server):
    """Knows whether any connection is left."""

    def __init__(self, handle: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> None:
        super().__init__(handle)
        self.left = 0
        self.idle = asyncio.Event()
        self.idle.set()

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """One more."""
        super().connection_made(handler, transport)
        self.left += 1
        self.idle.clear()

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        """One less."""
        super().connection_lost(handler, exc)
        self.left -= 1
        if not self.left:
            self.idle.set()


@pytest.fixture(params=["http", "https"])
async def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    """A simulator on a free port. What the clients need of it stands in the environment, so their code is as ever:
    whom to trust, and for requests-oauthlib, which refuses plain http, that it may.
    """
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with serve() as served:
        if request.param == "http":
            monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
            yield Place(served.base_url, served.simulator)
            return
        identity = tls.identity(tmp_path, [], datetime.now(UTC))
        for variable in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
            monkeypatch.setenv(variable, str(tmp_path / "ca.crt"))
        listener = Counting(served.server.handle)
        runner = web.ServerRunner(listener)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=identity.context).start()
        port = runner.addresses[0][1]
        try:
            yield Place(f"https://127.0.0.1:{port}", served.simulator)
        finally:
            # A TLS connection ends only when both sides say so: first the clients let go of theirs.
            gc.collect()
            try:
                await asyncio.wait_for(listener.idle.wait(), 10)
            finally:
                await runner.cleanup()


async def use(client: Callable[[Place], Result], place: Place) -> Result:
    """Run a blocking client beside the server."""
    return await asyncio.wait_for(asyncio.to_thread(client, place), 30)


def python_keycloak(place: Place) -> KeycloakOpenID:
    """The library's client, for a service with a secret."""
    return KeycloakOpenID(
        server_url=place.url + "/auth/",
        realm_name="woven",
        client_id="app",
        client_secret_key="s3cret",
    )


def authlib(place: Place, **more: Any) -> AuthlibSession:
    """The library's session."""
    return AuthlibSession("app", "s3cret", token_endpoint=place.token, **more)


async def test_python_keycloak_reads_discovery_and_keys(place: Place) -> None:
    """The well-known document, the list of keys and the realm's own public key."""

    def client(place: Place) -> None:
        keycloak = python_keycloak(place)
        assert keycloak.well_known()["issuer"] == place.url + "/auth/realms/woven"
        keys: Any = keycloak.certs()
        assert [key["use"] for key in keys["keys"]] == ["sig", "enc"]
        assert keycloak.public_key().startswith("MIIB")

    await use(client, place)


async def test_python_keycloak_serves_a_client(place: Place) -> None:
    """client_credentials with its empty parameters and its scope, decoded with the served key, introspected."""

    def client(place: Place) -> None:
        keycloak = python_keycloak(place)
        token = keycloak.token(grant_type="client_credentials")
        assert keycloak.decode_token(token["access_token"], check_claims={"azp": "app"})["azp"] == "app"
        assert keycloak.introspect(token["access_token"])["active"] is True
        person: Any = keycloak.userinfo(token["access_token"])
        assert person["preferred_username"] == "service-account-app"

    await use(client, place)


async def test_python_keycloak_logs_a_user_in_and_out(place: Place) -> None:
    """password, refresh, log-out; afterwards the session is gone."""

    def client(place: Place) -> None:
        keycloak = python_keycloak(place)
        token = keycloak.token("ann", "pw")
        refreshed = keycloak.refresh_token(token["refresh_token"])
        assert refreshed["session_state"] == token["session_state"]
        keycloak.logout(refreshed["refresh_token"])
        assert keycloak.introspect(refreshed["access_token"]) == {"active": False}
        with pytest.raises(KeycloakPostError, match="Session not active"):
            keycloak.refresh_token(token["refresh_token"])

    await use(client, place)


async def test_python_keycloak_tells_wrong_credentials(place: Place) -> None:
    """A wrong password and a wrong secret are authentication errors: their status matters."""

    def client(place: Place) -> None:
        keycloak = python_keycloak(place)
        keycloak.token("ann", "pw")
        with pytest.raises(KeycloakAuthenticationError, match="Invalid user credentials"):
            keycloak.token("ann", "wrong")
        keycloak.client_secret_key = "wrong"
        with pytest.raises(KeycloakAuthenticationError, match="unauthorized_client"):
            keycloak.token(grant_type="client_credentials")

    await use(client, place)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_authlib_gets_refreshes_and_revokes(place: Place, method: str) -> None:
    """By header and by body."""

    def client(place: Place) -> None:
        session = authlib(place, token_endpoint_auth_method=method)
        assert session.fetch_token(grant_type="client_credentials")["expires_in"] == 300
        token = session.fetch_token(username="ann", password="pw")
        refreshed = session.refresh_token(refresh_token=token["refresh_token"])
        assert refreshed["session_state"] == token["session_state"]
        introspection = session.introspect_token(place.token + "/introspect", token=refreshed["access_token"])
        assert introspection.json()["username"] == "ann"
        assert session.revoke_token(place.url + OIDC + "/revoke", token=refreshed["refresh_token"]).status_code == 200
        with pytest.raises(OAuthError, match="Session not active"):
            session.refresh_token(refresh_token=token["refresh_token"])

    await use(client, place)


async def test_authlib_tells_a_wrong_secret(place: Place) -> None:
    """With error and description, as the server worded them."""

    def client(place: Place) -> None:
        authlib(place).fetch_token(grant_type="client_credentials")
        wrong = authlib(place)
        wrong.client_secret = "wrong"
        with pytest.raises(OAuthError) as caught:
            wrong.fetch_token(grant_type="client_credentials")
        assert caught.value.error == "unauthorized_client"
        assert caught.value.description == "Invalid client or Invalid client credentials"

    await use(client, place)


async def test_requests_oauthlib_serves_a_client(place: Place) -> None:
    """By Basic, its default, then with the token at a protected address."""

    def client(place: Place) -> None:
        session = OAuth2Session(client=BackendApplicationClient("app"))
        token = session.fetch_token(place.token, client_secret="s3cret")
        assert token["token_type"] == "Bearer"
        assert session.get(place.url + OIDC + "/userinfo").json()["preferred_username"] == "service-account-app"
        with pytest.raises(UnauthorizedClientError, match="Invalid client or Invalid client credentials"):
            session.fetch_token(place.token, client_secret="wrong")

    await use(client, place)


async def test_requests_oauthlib_logs_a_user_in(place: Place) -> None:
    """password and refresh; a wrong password is an invalid grant."""

    def client(place: Place) -> None:
        session = OAuth2Session(client=LegacyApplicationClient("app"))
        about: dict[str, Any] = {"client_id": "app", "client_secret": "s3cret"}
        token = session.fetch_token(place.token, username="ann", password="pw", **about)
        assert session.refresh_token(place.token, token["refresh_token"], **about)["expires_in"] == 300
        with pytest.raises(InvalidGrantError, match="Invalid user credentials"):
            session.fetch_token(place.token, username="ann", password="wrong", **about)

    await use(client, place)


async def test_pyjwt_finds_the_served_key(place: Place) -> None:
    """By its id, also after a rotation, with every check of its own switched on."""

    def client(place: Place) -> None:
        keys = jwt.PyJWKClient(place.url + OIDC + "/certs", cooldown_duration=0)
        for _ in range(2):
            token = authlib(place).fetch_token(grant_type="client_credentials")["access_token"]
            said = jwt.decode(
                token,
                keys.get_signing_key_from_jwt(token),
                algorithms=["RS256"],
                audience="account",
                issuer=place.url + "/auth/realms/woven",
            )
            assert said["azp"] == "app"
            place.simulator.worlds["default"].identity.rotate()

    await use(client, place)
