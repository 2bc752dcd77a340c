"""What the tokens say."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256

import jwt
import pytest
from desk import NOON, Desk
from tokendesk import accounts, add_client, add_user, by_client, by_password, claims, oidc, post, token_desk

from chatsim.core.simulator import ServerOptions

SECOND = NOON // 10**9
ISSUER = "http://localhost:8080/auth/realms/woven"


def test_access_token_of_a_client(desk: Desk) -> None:
    """Everything a service account's token says, with both spellings of the client's id."""
    add_client(desk, "App")
    said = claims(by_client(desk, client_id="App")["access_token"])
    assert len(said.pop("jti")) == 36
    assert said.pop("sub") == accounts(desk).realms["woven"].clients["App"].sub
    assert said == {
        "exp": SECOND + 300,
        "iat": SECOND,
        "iss": ISSUER,
        "aud": "account",
        "typ": "Bearer",
        "azp": "App",
        "acr": "1",
        "allowed-origins": ["/*"],
        "realm_access": {"roles": ["default-roles-woven", "offline_access", "uma_authorization"]},
        "resource_access": {"account": {"roles": ["manage-account", "manage-account-links", "view-profile"]}},
        "scope": "profile email",
        "email_verified": False,
        "preferred_username": "service-account-app",
        "clientId": "App",
        "client_id": "App",
        "clientHost": "127.0.0.1",
        "clientAddress": "127.0.0.1",
    }


def test_access_token_of_a_user(desk: Desk) -> None:
    """The user's names, address and own roles, and the session; nothing of a service account."""
    user = add_user(desk, email="ann@x.org", email_verified=True, first_name="Ann", last_name="Lee", roles=["boss"])
    answer = by_password(desk)
    said = claims(answer["access_token"])
    assert (said["sub"], said["sid"], said["azp"]) == (user.sub, answer["session_state"], "app")
    assert (said["name"], said["given_name"], said["family_name"]) == ("Ann Lee", "Ann", "Lee")
    assert (said["preferred_username"], said["email"], said["email_verified"]) == ("ann", "ann@x.org", True)
    assert said["realm_access"]["roles"][-1] == "boss"
    assert not {"clientId", "client_id", "clientHost", "clientAddress"} & said.keys()


def test_names_that_nobody_set_are_left_out(desk: Desk) -> None:
    """A user made by a first contact has a name to log in with and no other."""
    said = claims(by_password(desk)["access_token"])
    assert not {"name", "given_name", "family_name", "email"} & said.keys()


def test_a_name_that_is_an_address_is_one(desk: Desk) -> None:
    """As KOBIL's users have it."""
    assert claims(by_password(desk, username="Ann@X.org")["access_token"])["email"] == "ann@x.org"


def test_refresh_token(desk: Desk) -> None:
    """Signed with another algorithm and an inner key, for the issuer itself."""
    answer = by_password(desk)
    said = claims(answer["refresh_token"])
    assert (said["typ"], said["aud"], said["azp"], said["sid"]) == ("Refresh", ISSUER, "app", answer["session_state"])
    assert said["exp"] - said["iat"] == 1800
    assert jwt.get_unverified_header(answer["refresh_token"])["alg"] == "HS512"


def test_id_token_of_a_user(desk: Desk) -> None:
    """For the client, bound to the access token, with the time of the login."""
    answer = by_password(desk, scope="openid")
    said = claims(answer["id_token"])
    half = sha256(answer["access_token"].encode()).digest()[:16]
    assert said["at_hash"] == urlsafe_b64encode(half).rstrip(b"=").decode()
    assert (said["typ"], said["aud"], said["azp"], said["auth_time"]) == ("ID", "app", "app", SECOND)
    assert said["sub"] == claims(answer["access_token"])["sub"]


def test_id_token_of_a_client_has_no_login(desk: Desk) -> None:
    """There was none, and no session."""
    said = claims(by_client(desk, scope="openid")["id_token"])
    assert not {"auth_time", "sid"} & said.keys()


def test_auth_time_stays_when_refreshed(desk: Desk) -> None:
    """It is the login's, not the refresh's."""
    token = by_password(desk, scope="openid")["refresh_token"]
    desk.time += 60 * 10**9
    form = {"grant_type": "refresh_token", "client_id": "app", "client_secret": "s3cret", "refresh_token": token}
    said = claims(post(desk, "token", form).data["id_token"])
    assert (said["auth_time"], said["iat"]) == (SECOND, SECOND + 60)


def test_head_names_the_key(desk: Desk) -> None:
    """RS256, JWT, and the id that the list of keys has."""
    keys = desk.ask("GET", oidc("certs")).data["keys"]
    head = jwt.get_unverified_header(by_client(desk)["access_token"])
    assert head == {"alg": "RS256", "typ": "JWT", "kid": keys[0]["kid"]}


@pytest.mark.parametrize(
    ("host", "path", "issuer"),
    [
        ("localhost:8080", "/auth/realms/woven", "http://localhost:8080/auth/realms/woven"),
        ("127.0.0.1:8080", "/auth/realms/woven", "http://127.0.0.1:8080/auth/realms/woven"),
        ("keycloak", "/realms/woven", "http://keycloak/realms/woven"),
        ("keycloak", "/auth/realms/my%20realm", "http://keycloak/auth/realms/my%20realm"),
    ],
)
def test_the_issuer_follows_the_clients_host(desk: Desk, host: str, path: str, issuer: str) -> None:
    """Discovery and token agree, and the token is accepted under any of the names."""
    found = desk.ask("GET", f"{path}/.well-known/openid-configuration", host=host)
    form = b"grant_type=client_credentials&client_id=app&client_secret=s3cret"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    token = desk.ask("POST", f"{path}/protocol/openid-connect/token", form, headers=headers, host=host)
    access = token.data["access_token"]
    assert claims(access)["iss"] == found.data["issuer"] == issuer
    assert accounts(desk).verify(access, None, desk.time).azp == "app"


def test_a_public_url_fixes_the_issuer() -> None:
    """Whatever host the client uses."""
    desk = token_desk(public_url="https://sim.example/")
    assert ServerOptions().public_url is None
    assert claims(by_client(desk)["access_token"])["iss"] == "https://sim.example/auth/realms/woven"


@pytest.mark.parametrize(("realm", "world", "life"), [(None, {}, 300), (None, {"lifespan": 60}, 60), (7, {}, 7)])
def test_life_span(desk: Desk, realm: int | None, world: dict[str, int], life: int) -> None:
    """The realm's own, else the world's setting, else five minutes."""
    accounts(desk).add_realm("woven").access_token_lifespan_s = realm
    if world:
        desk.world.settings["keycloak.access_token_lifespan_s"] = world["lifespan"]
    answer = by_client(desk)
    said = claims(answer["access_token"])
    assert said["exp"] - said["iat"] == answer["expires_in"] == life


def test_refresh_life_span(desk: Desk) -> None:
    """The realm's own before the world's setting."""
    desk.world.settings["keycloak.refresh_token_lifespan_s"] = 90
    assert by_password(desk)["refresh_expires_in"] == 90
    accounts(desk).add_realm("woven").refresh_token_lifespan_s = 30
    assert by_password(desk)["refresh_expires_in"] == 30


def test_not_before_is_told(desk: Desk) -> None:
    """In the answer of the token endpoint."""
    accounts(desk).add_realm("woven").not_before = 5
    assert by_client(desk)["not-before-policy"] == 5
