"""What a test sets up, and the triggers."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from desk import Desk
from tokendesk import (
    accounts,
    add_client,
    by_client,
    by_password,
    claims,
    introspected,
    oidc,
    post,
    refreshed,
    said,
    setup,
    token_desk,
    trigger,
)

from chatsim.core.snapshot import read, restore, take
from chatsim.core.tokens import TokenRefused

REALMS, CLIENTS, USERS = "realms/{realm}", "realms/{realm}/clients/{client_id}", "realms/{realm}/users/{username}"


def path(collection: str, **params: str) -> str:
    """The path of one thing, or without its own name that of all."""
    named = collection if collection.count("{") == len(params) else collection.rpartition("/")[0]
    return named.format(**{name: quote(value, safe="") for name, value in params.items()})


def put(desk: Desk, collection: str, body: Any, **params: str) -> tuple[bool, Any]:
    """Set something up; whether it was made, and what it is."""
    answer = setup(desk, "PUT", path(collection, **params), body)
    assert answer.status in (200, 201), answer.body
    return answer.status == 201, answer.data


def get(desk: Desk, collection: str, **params: str) -> Any:
    """Look at one thing; None where it is not there."""
    answer = setup(desk, "GET", path(collection, **params))
    return answer.data if answer.status == 200 else None


def remove(desk: Desk, collection: str, **params: str) -> bool:
    """Take something away; whether it was there."""
    return setup(desk, "DELETE", path(collection, **params)).status == 204


def every(desk: Desk, collection: str, **params: str) -> list[Any]:
    """Look at all."""
    items: list[Any] = setup(desk, "GET", path(collection, **params)).data["items"]
    return items


def test_realm(desk: Desk) -> None:
    """Made once, then changed; what is left out is as in a new realm."""
    shown = {
        "realm": "woven",
        "enabled": True,
        "access_token_lifespan_s": 2,
        "refresh_token_lifespan_s": None,
        "revoke_refresh_token": False,
        "not_before": 0,
    }
    assert put(desk, REALMS, {"access_token_lifespan_s": 2}, realm="woven") == (True, shown)
    assert put(desk, REALMS, {}, realm="woven") == (False, {**shown, "access_token_lifespan_s": None})
    assert get(desk, REALMS, realm="woven") == every(desk, REALMS)[0]
    assert get(desk, REALMS, realm="else") is None


def test_a_realm_keeps_its_accounts_when_changed(desk: Desk) -> None:
    """Only what it says of itself is replaced; a `not_before` is felt at once."""
    token = by_client(desk)["access_token"]
    accounts(desk).verify(token, "woven", desk.time)
    put(desk, REALMS, {"not_before": desk.time // 10**9 + 1}, realm="woven")
    assert list(accounts(desk).realms["woven"].clients) == ["app"]
    with pytest.raises(TokenRefused):
        accounts(desk).verify(token, "woven", desk.time)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"secret": "s3cret"}, (False, True)),
        ({}, (True, False)),
        ({"public": False}, (False, True)),
        ({"public": True, "secret": "x"}, (True, False)),
        ({"secret": "x", "service_account": False}, (False, False)),
    ],
)
def test_client(desk: Desk, body: dict[str, Any], kind: tuple[bool, bool]) -> None:
    """Public without a secret, with a service account where it is not public, unless told otherwise."""
    made, shown = put(desk, CLIENTS, body, realm="woven", client_id="app")
    assert (made, (shown["public"], shown["service_account"])) == (True, kind)
    assert shown["secret"] == body.get("secret")
    assert get(desk, CLIENTS, realm="woven", client_id="app") == every(desk, CLIENTS, realm="woven")[0] == shown
    assert put(desk, CLIENTS, body, realm="woven", client_id="app")[0] is False


def test_client_as_documented(desk: Desk) -> None:
    """What is set up works in a world of listed accounts, and nothing else does."""
    desk = token_desk(accounts="listed")
    put(desk, CLIENTS, {"secret": "s3cret", "direct_access_grants": False}, realm="woven", client_id="app")
    assert by_client(desk)["expires_in"] == 300
    form = {"grant_type": "password", "client_id": "app", "client_secret": "s3cret", "username": "ann"}
    assert said(post(desk, "token", form))[2] == "Client not allowed for direct access grants"


def test_user(desk: Desk) -> None:
    """Name in lower case, address from the name where it is one, stable `sub`."""
    made, shown = put(desk, USERS, {"password": "pw", "roles": ["boss"]}, realm="woven", username="Ann@X.org")
    assert (made, shown["username"], shown["email"], shown["roles"]) == (True, "ann@x.org", "ann@x.org", ["boss"])
    assert put(desk, USERS, {"email": None}, realm="woven", username="ann@x.org") == (
        False,
        {**shown, "email": None, "password": None, "roles": []},
    )
    assert get(desk, USERS, realm="woven", username="ANN@x.org") == every(desk, USERS, realm="woven")[0]


def test_nothing_there(desk: Desk) -> None:
    """Looking makes nothing, and there is nothing to take away."""
    assert every(desk, REALMS) == every(desk, CLIENTS, realm="x") == every(desk, USERS, realm="x") == []
    assert get(desk, CLIENTS, realm="x", client_id="y") is get(desk, USERS, realm="x", username="y") is None
    assert not remove(desk, REALMS, realm="x")
    assert not remove(desk, CLIENTS, realm="x", client_id="y")
    assert not remove(desk, USERS, realm="x", username="y")


def test_a_deleted_realm_takes_everything_with_it(desk: Desk) -> None:
    """Made again it knows none of the old tokens."""
    tokens = by_password(desk)
    assert remove(desk, REALMS, realm="woven")
    by_password(desk)
    assert introspected(desk, tokens["access_token"]).data == {"active": False}
    assert said(refreshed(desk, tokens["refresh_token"]))[2] == "Invalid refresh token"


def test_a_deleted_client_takes_its_sessions_with_it(desk: Desk) -> None:
    """Made again it cannot refresh the old ones."""
    tokens = by_password(desk)
    assert remove(desk, CLIENTS, realm="woven", client_id="app")
    add_client(desk)
    assert said(refreshed(desk, tokens["refresh_token"]))[2] == "Session not active"


def test_a_deleted_user_takes_the_sessions_along(desk: Desk) -> None:
    """And is found no more by the address."""
    put(desk, USERS, {"password": "pw", "email": "ann@x.org"}, realm="woven", username="ann")
    tokens = by_password(desk)
    assert remove(desk, USERS, realm="woven", username="Ann")
    assert accounts(desk).find_user("woven", "ann@x.org") is None
    assert said(refreshed(desk, tokens["refresh_token"]))[2] == "Session not active"


@pytest.mark.parametrize(
    ("collection", "body"),
    [
        (REALMS, {"access_token_lifespan_s": 0}),
        (REALMS, {"realm": "x"}),
        (CLIENTS, {"secret": ""}),
        (CLIENTS, {"public": "yes"}),
        (USERS, {"email": "ann"}),
        (USERS, {"roles": ["a", "a"]}),
        (USERS, []),
    ],
)
def test_wrong_bodies_make_nothing(desk: Desk, collection: str, body: Any) -> None:
    """They are refused with the place of the mistake."""
    names = {"realm": "woven", "client_id": "app", "username": "ann"}
    named = collection.format(**names)
    answer = setup(desk, "PUT", named, body)
    assert (answer.status, len(answer.data["errors"])) == (422, 1)
    assert accounts(desk).realms == {}


def test_clients_are_pointed_here(desk: Desk) -> None:
    """The variable that the control API gives for this server."""
    variables = desk.ask("GET", "/_sim/worlds/default/env").data
    assert variables["KEYCLOAK_URL"] == "http://localhost:8080/auth"


@pytest.mark.parametrize("act", [{"error": "invalid_grant"}, {"status": 503}])
def test_planned_faults(desk: Desk, act: dict[str, Any]) -> None:
    """One refresh is refused, the next works: a fault can tell a grant by its form."""
    token = by_password(desk)["refresh_token"]
    fault = {"match": {"api": "keycloak", "body": {"grant_type": "refresh_token"}}, "act": act}
    assert desk.ask("POST", "/_sim/worlds/default/faults", fault).status == 201
    by_client(desk)
    assert refreshed(desk, token).status == act.get("status", 400)
    assert refreshed(desk, token).status == 200


def test_fixture() -> None:
    """A person's file sets up the same things."""
    realm = {
        "access_token_lifespan_s": 9,
        "clients": {"app": {"secret": "s3cret"}},
        "users": {"ann": {"password": "pw"}},
    }
    desk = token_desk(accounts="listed", fixture={"keycloak": {"realms": {"woven": realm}}})
    assert (by_client(desk)["expires_in"], by_password(desk)["expires_in"]) == (9, 9)


def test_what_a_fixture_brought_stays_deleted() -> None:
    """Also after the world was written out and read back."""
    desk = token_desk(accounts="listed", fixture={"keycloak": {"realms": {"woven": {"clients": {"app": {}}}}}})
    desk.world.state("keycloak")
    assert remove(desk, CLIENTS, realm="woven", client_id="app")
    restore(desk.world, read(desk.simulator, take(desk.world)))
    desk.world.state("keycloak")
    assert every(desk, CLIENTS, realm="woven") == []


# Triggers


def test_expire_tokens(desk: Desk) -> None:
    """Access and identity tokens end, so that a client can show that it refreshes."""
    tokens = by_password(desk, scope="openid")
    assert trigger(desk, "expire-tokens", {})["expired"] == 2
    assert introspected(desk, tokens["access_token"]).data == {"active": False}
    assert refreshed(desk, tokens["refresh_token"]).status == 200


def test_expire_refresh_tokens_too(desk: Desk) -> None:
    """Where it is asked for, and only those of the realm."""
    here, there = by_password(desk), by_password(desk, "tenant")
    trigger(desk, "expire-tokens", {"realm": "woven", "refresh_tokens": True})
    assert said(refreshed(desk, here["refresh_token"]))[2] == "Token is not active"
    assert refreshed(desk, there["refresh_token"], "tenant").status == 200


def test_expire_tokens_of_a_client(desk: Desk) -> None:
    """Others live on."""
    by_client(desk)
    by_client(desk, client_id="other")
    assert trigger(desk, "expire-tokens", {"client_id": "other"})["expired"] == 1


@pytest.mark.parametrize(("keep", "active"), [(False, False), (True, True)])
def test_rotate_keys(desk: Desk, keep: bool, active: bool) -> None:
    """The new key signs and is listed; the old one is gone, or kept beside it."""
    old = by_client(desk)["access_token"]
    kid = trigger(desk, "rotate-keys", {"keep_old": keep})["kid"]
    keys = [key["kid"] for key in desk.ask("GET", oidc("certs")).data["keys"] if key["use"] == "sig"]
    assert (keys[0], len(keys)) == (kid, 1 + keep)
    assert introspected(desk, old).data["active"] is active
    assert introspected(desk, by_client(desk)["access_token"]).data["active"] is True


def test_mint_any_claims(desk: Desk) -> None:
    """Put over what a token of the client would say; null leaves one out; nothing comes into being."""
    given = {"scope": "boss", "acr": None, "x": {"y": [1]}, "exp": desk.time // 10**9 + 9, "jti": "mine"}
    token = trigger(desk, "mint", {"realm": "woven", "client_id": "app", "claims": given})["token"]
    said_by = claims(token)
    assert (said_by["scope"], said_by["x"], said_by["jti"]) == ("boss", {"y": [1]}, "mine")
    assert "acr" not in said_by
    assert accounts(desk).realms == {}
    accepted = accounts(desk).verify(token, "woven", desk.time)
    assert (accepted.azp, accepted.scope, accepted.public) == ("app", "boss", False)


@pytest.mark.parametrize(
    ("given", "kind"),
    [({"exp": 1}, "expired"), ({"nbf": 2**40}, "expired"), ({"iss": "https://x/auth/realms/else"}, "foreign")],
)
def test_mint_bad_tokens(desk: Desk, given: dict[str, Any], kind: str) -> None:
    """For a client that must be refused."""
    token = trigger(desk, "mint", {"realm": "woven", "client_id": "app", "claims": given})["token"]
    with pytest.raises(TokenRefused) as caught:
        accounts(desk).verify(token, "woven", desk.time)
    assert caught.value.kind == kind


def test_mint_for_a_user(desk: Desk) -> None:
    """A known one, with names, or one made up."""
    put(desk, USERS, {"first_name": "Ann"}, realm="woven", username="ann")
    known = trigger(desk, "mint", {"realm": "woven", "client_id": "app", "username": "Ann"})["token"]
    made_up = trigger(desk, "mint", {"realm": "woven", "client_id": "app", "username": "bob"})["token"]
    assert (claims(known)["given_name"], claims(made_up)["preferred_username"]) == ("Ann", "bob")


def test_mint_a_token_without_an_end(desk: Desk) -> None:
    """An `exp` of null is left out, and the token lives for ever."""
    body = {"realm": "woven", "client_id": "app", "claims": {"exp": None}}
    token = trigger(desk, "mint", body)["token"]
    assert "exp" not in claims(token)
    assert accounts(desk).verify(token, "woven", desk.time * 2).azp == "app"


def test_mint_other_kinds(desk: Desk) -> None:
    """A refresh token brings its session, so it can be used; an identity token is for the client."""
    by_password(desk)
    body = {"realm": "woven", "client_id": "app", "username": "ann"}
    refresh = trigger(desk, "mint", {**body, "kind": "refresh"})["token"]
    assert refreshed(desk, refresh).status == 200
    assert claims(trigger(desk, "mint", {**body, "kind": "id"})["token"])["aud"] == "app"


def test_lifespans_may_have_a_point(desk: Desk) -> None:
    """60.0 is an integer in JSON: a snapshot keeps it as one."""
    world = "/_sim/worlds/default"
    desk.ask("PUT", f"{world}/keycloak/realms/woven", {"access_token_lifespan_s": 60.0})
    assert desk.ask("PUT", f"{world}/snapshot", desk.ask("GET", f"{world}/snapshot").data).status == 200
