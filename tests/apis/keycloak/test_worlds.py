"""Worlds keep apart: nothing that one issued is worth anything in another."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from desk import Desk
from tokendesk import (
    accounts,
    by_client,
    by_password,
    claims,
    introspected,
    oidc,
    post,
    refreshed,
    said,
    token_desk,
    trigger,
)

from chatsim.core.identity import Identity
from chatsim.core.snapshot import read, restore, take
from chatsim.core.tokens import TokenRefused

KINDS = ("access_token", "refresh_token", "id_token")
APP = {"client_id": "app", "client_secret": "s3cret"}


@pytest.fixture
def two() -> Desk:
    """Worlds a and b of the same seed, where the same client and user got the same tokens at the same time."""
    desk = token_desk()
    for name in "ab":
        desk.make_world(name)
    return desk


def written(identity: Identity) -> bytes:
    """All that an identity holds."""
    return msgspec.json.encode(identity.state)


def userinfo(desk: Desk, token: str) -> int:
    """Present a token to user information of world b."""
    return desk.ask("GET", oidc("userinfo"), token=token, world="b").status


def verify(desk: Desk, token: str) -> str:
    """Present a token to the servers behind the token server in world b."""
    with pytest.raises(TokenRefused) as caught:
        accounts(desk, "b").verify(token, "woven", desk.time)
    return caught.value.kind


def hint(desk: Desk, token: str) -> int:
    """Present a token as the hint of a browser's log-out in world b."""
    return desk.ask("GET", f"{oidc('logout')}?id_token_hint={token}", world="b").status


PRESENT: dict[str, tuple[Callable[[Desk, str], object], dict[str, object]]] = {
    "userinfo": (userinfo, {"access_token": 401, "refresh_token": 401, "id_token": 401}),
    "verify": (verify, {"access_token": "foreign", "refresh_token": "signature", "id_token": "foreign"}),
    "logout hint": (hint, {"access_token": 400, "refresh_token": 400, "id_token": 400}),
    "introspect": (
        lambda desk, token: introspected(desk, token, world="b").data,
        {kind: {"active": False} for kind in KINDS},
    ),
    "refresh": (
        lambda desk, token: said(refreshed(desk, token, world="b"))[2],
        dict.fromkeys(KINDS, "Invalid refresh token"),
    ),
    "revoke": (
        lambda desk, token: said(post(desk, "revoke", {**APP, "token": token}, world="b"))[2],
        dict.fromkeys(KINDS, "Invalid token"),
    ),
    "logout": (
        lambda desk, token: said(post(desk, "logout", {**APP, "refresh_token": token}, world="b"))[2],
        dict.fromkeys(KINDS, "Invalid refresh token"),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", PRESENT)
def test_a_foreign_token_is_refused_and_changes_nothing(two: Desk, where: str, kind: str) -> None:
    """Though seed, moment, names and signing key are the same."""
    tokens = by_password(two, world="a", scope="openid")
    by_password(two, world="b", scope="openid")
    before = written(accounts(two, "b"))
    present, expected = PRESENT[where]
    assert present(two, tokens[kind]) == expected[kind]
    assert written(accounts(two, "b")) == before


def test_ids_of_tokens_and_sessions_differ(two: Desk) -> None:
    """Who the token is about is the same person, which token it is is not."""
    a, b = (claims(by_password(two, world=name)["access_token"]) for name in "ab")
    assert a["sub"] == b["sub"]
    assert a["jti"] != b["jti"]
    assert a["sid"] != b["sid"]


def test_accounts_are_the_worlds_own(two: Desk) -> None:
    """A client of a is unknown in b, and may have another secret there."""
    by_client(two, world="a")
    assert by_client(two, world="b", client_secret="another")["expires_in"] == 300
    assert accounts(two, "default").realms == {}


def test_triggers_act_on_one_world(two: Desk) -> None:
    """Expiring and rotating in a leave b alone."""
    by_client(two, world="a")
    token = by_client(two, world="b")["access_token"]
    trigger(two, "expire-tokens", {}, world="a")
    trigger(two, "rotate-keys", {}, world="a")
    assert introspected(two, token, world="b").data["active"] is True


def test_a_reset_forgets(desk: Desk) -> None:
    """Also a token that would now have the number of a new one."""
    old = by_client(desk)["access_token"]
    desk.world.reset()
    desk.time += 10**9
    by_client(desk)
    assert introspected(desk, old).data == {"active": False}


def test_a_copy_under_another_name_knows_the_tokens(two: Desk) -> None:
    """A fork goes on where the world was, refresh tokens included."""
    tokens = by_password(two, world="a")
    restore(two.simulator.worlds["b"], read(two.simulator, take(two.simulator.worlds["a"])))
    assert accounts(two, "b").verify(tokens["access_token"], "woven", two.time).username == "ann"
    assert refreshed(two, tokens["refresh_token"], world="b").status == 200


def test_a_restored_world_goes_on(desk: Desk) -> None:
    """Old tokens count, and the next answers are the same bytes."""
    tokens = by_password(desk, scope="openid")
    trigger(desk, "rotate-keys", {"keep_old": True})
    copy = take(desk.world)
    first = [refreshed(desk, tokens["refresh_token"]).body for _ in range(3)]
    restore(desk.world, read(desk.simulator, copy))
    assert [refreshed(desk, tokens["refresh_token"]).body for _ in range(3)] == first
    assert introspected(desk, tokens["access_token"]).data["active"] is True
