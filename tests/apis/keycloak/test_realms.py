"""What a realm tells of itself: its key, its services, its keys as a list."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from desk import Desk
from tokendesk import accounts, by_client, oidc, token_desk, trigger

WELL_KNOWN = "/auth/realms/woven/.well-known/openid-configuration"


def test_discovery_names_what_is_served(desk: Desk) -> None:
    """Every address in it has a route, and the issuer has no slash at its end."""
    document = desk.ask("GET", WELL_KNOWN).data
    assert document["issuer"] == "http://localhost:8080/auth/realms/woven"
    for name, address in document.items():
        if name.endswith(("_endpoint", "_uri")):
            path = address.removeprefix("http://localhost:8080")
            assert desk.ask("OPTIONS", path, headers={"Origin": "http://x"}).status == 200
            statuses = {desk.ask(method, path).status for method in ("GET", "POST")}
            assert statuses != {404}, name


@pytest.mark.parametrize(
    "member",
    [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "introspection_endpoint",
        "userinfo_endpoint",
        "end_session_endpoint",
        "jwks_uri",
        "revocation_endpoint",
        "grant_types_supported",
        "response_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
        "token_endpoint_auth_methods_supported",
    ],
)
def test_discovery_has_what_clients_require(desk: Desk, member: str) -> None:
    """None of these may be missing or empty."""
    assert desk.ask("GET", WELL_KNOWN).data[member]


@pytest.mark.parametrize("path", [WELL_KNOWN, oidc("certs"), "/auth/realms/woven"])
def test_answers_keep_their_schema(desk: Desk, path: str) -> None:
    """With a slash at the end too."""
    for one in (path, path + "/", path.removeprefix("/auth")):
        answer = desk.ask("GET", one)
        assert (answer.status, answer.bug, answer.headers["Content-Type"]) == (200, "", "application/json")


def test_discovery_follows_prefix_and_host(desk: Desk) -> None:
    """Without `/auth` in the request there is none in the answer."""
    document = desk.ask("GET", WELL_KNOWN.removeprefix("/auth"), host="kc:1").data
    assert document["token_endpoint"] == "http://kc:1/realms/woven/protocol/openid-connect/token"


def test_a_public_url_fixes_what_a_browser_sees() -> None:
    """Issuer and login page; what a server calls keeps following the request."""
    document = token_desk(public_url="https://sim.example").ask("GET", WELL_KNOWN).data
    assert document["issuer"] == "https://sim.example/auth/realms/woven"
    assert document["authorization_endpoint"].startswith("https://sim.example/auth/")
    assert document["token_endpoint"].startswith("http://localhost:8080/auth/")
    assert document["jwks_uri"].startswith("http://localhost:8080/auth/")


def test_the_listed_key_verifies_a_token(desk: Desk) -> None:
    """A stock library finds the key by its id."""
    token = by_client(desk)["access_token"]
    keys = jwt.PyJWKSet.from_dict(desk.ask("GET", oidc("certs")).data)
    key = keys[jwt.get_unverified_header(token)["kid"]]
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    assert jwt.decode(token, key, algorithms=["RS256"], audience="account", options=options)["azp"] == "app"


def test_the_list_also_has_an_encryption_key(desk: Desk) -> None:
    """So a client must choose by id or use."""
    keys = desk.ask("GET", oidc("certs")).data["keys"]
    assert [(key["use"], key["alg"]) for key in keys] == [("sig", "RS256"), ("enc", "RSA-OAEP")]


def test_realm_information(desk: Desk) -> None:
    """Its public key verifies a token; its services have addresses."""
    said = desk.ask("GET", "/auth/realms/woven").data
    key: Any = load_der_public_key(b64decode(said["public_key"]))
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
    token = by_client(desk)["access_token"]
    assert jwt.decode(token, key, algorithms=["RS256"], options=options)["azp"] == "app"
    assert (said["realm"], said["tokens-not-before"]) == ("woven", 0)
    assert said["token-service"] == "http://localhost:8080" + oidc("")[:-1]
    assert said["account-service"] == "http://localhost:8080/auth/realms/woven/account"


def test_realm_information_after_a_rotation(desk: Desk) -> None:
    """It tells the current key."""
    before = desk.ask("GET", "/auth/realms/woven").data["public_key"]
    trigger(desk, "rotate-keys", {})
    assert desk.ask("GET", "/auth/realms/woven").data["public_key"] != before


def test_head_request(desk: Desk) -> None:
    """HEAD is served wherever GET is."""
    assert desk.ask("HEAD", WELL_KNOWN).status == 200


def test_not_before_of_a_realm(desk: Desk) -> None:
    """As set up."""
    accounts(desk).add_realm("woven").not_before = 9
    assert desk.ask("GET", "/auth/realms/woven").data["tokens-not-before"] == 9
