"""What comes into being by being asked for, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from desk import Desk
from tokendesk import (
    WRONG,
    accounts,
    add_client,
    add_user,
    by_client,
    by_password,
    claims,
    oidc,
    post,
    said,
    token_desk,
)

GRANT = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "s3cret"}


def test_first_contact_needs_no_set_up(desk: Desk) -> None:
    """Realm and client come into being with the first token, and the journal says so."""
    answer = post(desk, "token", GRANT)
    assert (answer.status, answer.notes) == (200, ["client_kept"])
    client = accounts(desk).realms["woven"].clients["app"]
    assert (client.secret, client.public, client.service_account) == ("s3cret", False, True)


def test_a_client_keeps_the_secret_it_came_with(desk: Desk) -> None:
    """Another one afterwards is wrong."""
    by_client(desk)
    assert said(post(desk, "token", {**GRANT, "client_secret": "other"})) == (401, *WRONG.values())
    assert post(desk, "token", GRANT).notes == []


@pytest.mark.parametrize("more", [{}, {"client_secret": ""}])
def test_first_seen_without_a_secret_is_public(desk: Desk, more: dict[str, str]) -> None:
    """It may log people in, but has no service account."""
    login = {"grant_type": "password", "client_id": "web", "username": "ann", "password": "pw", **more}
    assert post(desk, "token", login).notes == ["client_kept", "user_kept"]
    client = accounts(desk).realms["woven"].clients["web"]
    assert (client.public, client.service_account) == (True, False)
    answer = post(desk, "token", {**GRANT, "client_id": "web"})
    assert said(answer)[2] == "Public client not allowed to retrieve service account"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"grant_type": "x"},
        {"grant_type": "client_credentials", "client_id": "new"},
        {**GRANT, "scope": "nonsense"},
        {"grant_type": "password", "client_id": "new", "username": "ann", "password": ""},
        {"grant_type": "password", "client_id": "new", "username": "ann"},
        {"grant_type": "password", "client_id": "new", "username": "", "password": "pw"},
        {"grant_type": "password", "client_id": "new", "username": "service-account-new", "password": "pw"},
        {"grant_type": "refresh_token", "client_id": "new", "refresh_token": "x"},
    ],
)
def test_a_refused_request_makes_nothing(desk: Desk, form: dict[str, str]) -> None:
    """Neither realm nor client nor user."""
    assert post(desk, "token", form).status in (400, 401)
    assert accounts(desk).realms == {}


@pytest.mark.parametrize("path", ["", "/.well-known/openid-configuration", "/protocol/openid-connect/certs"])
def test_a_realm_comes_into_being_by_being_looked_at(desk: Desk, path: str) -> None:
    """By discovery, keys and realm information, and nothing else with it."""
    assert desk.ask("GET", f"/auth/realms/tenant{path}").status == 200
    assert list(accounts(desk).realms) == ["tenant"]


@pytest.mark.parametrize(
    ("method", "endpoint"),
    [
        ("GET", "userinfo"),
        ("POST", "userinfo"),
        ("POST", "token/introspect"),
        ("POST", "revoke"),
        ("POST", "logout"),
        ("GET", "logout"),
        ("GET", "auth"),
    ],
)
def test_other_endpoints_want_a_realm_that_exists(desk: Desk, method: str, endpoint: str) -> None:
    """Even with open accounts."""
    answer = desk.ask(method, oidc(endpoint, "tenant"))
    assert said(answer) == (404, "Realm does not exist", "")
    assert accounts(desk).realms == {}


@pytest.mark.parametrize("endpoint", ["token/introspect", "revoke", "logout"])
def test_only_the_token_endpoint_makes_clients(desk: Desk, endpoint: str) -> None:
    """Elsewhere an unknown client is refused."""
    accounts(desk).add_realm("woven")
    answer = post(desk, endpoint, {"client_id": "app", "client_secret": "s3cret", "token": "x", "refresh_token": "x"})
    assert said(answer)[0] == 401
    assert accounts(desk).realms["woven"].clients == {}


@pytest.mark.parametrize("path", ["", "/.well-known/openid-configuration", "/protocol/openid-connect/certs"])
def test_listed_realms_only(path: str) -> None:
    """Where accounts are listed nothing comes into being."""
    answer = token_desk(accounts="listed").ask("GET", f"/auth/realms/tenant{path}")
    assert said(answer) == (404, "Realm does not exist", "")


def test_listed_clients_only() -> None:
    """An unknown client of a known realm is an unknown client."""
    desk = token_desk(accounts="listed")
    accounts(desk).add_realm("woven")
    assert said(post(desk, "token", GRANT)) == (401, "invalid_client", WRONG["error_description"])


def test_listed_users_only() -> None:
    """An unknown user stays one."""
    desk = token_desk(accounts="listed")
    add_client(desk)
    form = {**GRANT, "grant_type": "password", "username": "ann", "password": "pw"}
    assert said(post(desk, "token", form)) == (401, "invalid_grant", "Invalid user credentials")


def test_a_user_keeps_the_password_first_given(desk: Desk) -> None:
    """Another one afterwards is wrong."""
    by_password(desk)
    form = {**GRANT, "grant_type": "password", "username": "ann", "password": "other"}
    assert said(post(desk, "token", form)) == (401, "invalid_grant", "Invalid user credentials")


def test_a_user_without_a_password_takes_the_first_one(desk: Desk) -> None:
    """As one that another API brought into being."""
    add_user(desk, password=None)
    by_password(desk, password="first")
    form = {**GRANT, "grant_type": "password", "username": "ann", "password": "second"}
    assert post(desk, "token", form).status == 401


def test_a_client_without_a_secret_takes_the_first_one(desk: Desk) -> None:
    """One set up as confidential and no more; what else was set up stays."""
    add_client(desk, secret=None, consent_required=True)
    by_client(desk)
    client = accounts(desk).realms["woven"].clients["app"]
    assert (client.secret, client.consent_required) == ("s3cret", True)


@pytest.mark.parametrize("get", [by_client, by_password])
def test_subs_survive_a_restart(get: Callable[[Desk], dict[str, Any]]) -> None:
    """Another process with the same seed gives the same client and user the same `sub`."""
    first, second = (claims(get(token_desk())["access_token"])["sub"] for _ in range(2))
    assert first == second
