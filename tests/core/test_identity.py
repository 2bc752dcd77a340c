"""Accounts, sessions and issued tokens of one world."""

from __future__ import annotations

from typing import Any

import jwt
import msgspec
import pytest

from chatsim.core.accounts import IdentityState, TokenKind
from chatsim.core.identity import Claims, Identity, realm_of
from chatsim.core.ids import Ids
from chatsim.core.tokens import TokenRefused

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND


def world(name: str = "a") -> Identity:
    """The identity of a fresh world with the client `app` and the user `ann` in realm `woven`."""
    identity = Identity(Ids("seed", name))
    identity.add_client("woven", identity.new_client("woven", "app"))
    identity.add_user("woven", identity.new_user("woven", "Ann@Example.org"))
    return identity


def issue(
    identity: Identity, kind: TokenKind = "access", realm: str = "woven", sid: str | None = None, **claims: Any
) -> str:
    """Issue a token for the client `app` that lives 300 s."""
    base = {"exp": NOW // SECOND + 300, "iat": NOW // SECOND, "iss": f"http://x/auth/realms/{realm}", "azp": "app"}
    return identity.issue({**base, **claims}, kind=kind, realm=realm, client_id="app", sid=sid, now=NOW)


def refusal(identity: Identity, token: str, realm: str | None = "woven", now: int = NOW) -> str:
    """Verify a token that is refused, and say why."""
    with pytest.raises(TokenRefused) as caught:
        identity.verify(token, realm, now)
    return caught.value.kind


def test_claims_of_an_accepted_token() -> None:
    """What the token says is at hand, what it does not say is empty."""
    identity = world()
    claims = identity.verify(issue(identity, sub="s", scope="profile email", preferred_username="ann"), "woven", NOW)
    assert (claims.sub, claims.azp, claims.client_id, claims.username) == ("s", "app", "app", "ann")
    assert (claims.realm, claims.scope, claims.email, claims.sid) == ("woven", "profile email", "", "")
    assert claims.raw["iat"] == NOW // SECOND


def test_any_realm_will_do_if_none_is_asked() -> None:
    """Without a realm the token's own is told."""
    identity = world()
    assert identity.verify(issue(identity, realm="tenant"), None, NOW).realm == "tenant"


def test_a_token_is_accepted_until_it_expires() -> None:
    """The last nanosecond counts, for a first look and for a remembered token."""
    identity = world()
    token = issue(identity)
    end = NOW + 300 * SECOND
    assert isinstance(identity.verify(token, "woven", end - 1), Claims)
    assert refusal(identity, token, now=end) == "expired"
    assert refusal(world_with_same_tokens(identity), token, now=end) == "expired"


def world_with_same_tokens(identity: Identity) -> Identity:
    """A copy that has looked at no token yet."""
    other = world()
    other.restore(identity.state)
    return other


def test_another_realm_is_foreign_even_when_remembered() -> None:
    """A token of `woven` is none of `tenant`."""
    identity = world()
    token = issue(identity)
    assert refusal(identity, token, "tenant") == "foreign"
    assert refusal(identity, token, "tenant") == "foreign"


def test_another_world_is_foreign() -> None:
    """Same seed, same key, same claims: still not issued here."""
    assert refusal(world("b"), issue(world("a"))) == "foreign"


def test_a_token_from_before_a_reset_is_foreign() -> None:
    """The numbers begin anew, so the id is on record again, but with another end."""
    before, after = world(), world()
    old = issue(before, sub="old")
    new = issue(after, sub="new")
    options: Any = {"verify_signature": False}
    assert jwt.decode(old, options=options)["jti"] == jwt.decode(new, options=options)["jti"]
    assert refusal(after, old) == "foreign"


def test_an_issuer_of_another_realm_is_foreign() -> None:
    """The realm in `iss` must be the one the token was issued for."""
    identity = world()
    assert refusal(identity, issue(identity, iss="http://x/auth/realms/other"), None) == "foreign"


@pytest.mark.parametrize(("token", "kind"), [("", "malformed"), ("a.b.c", "malformed"), ("é", "malformed")])
def test_rubbish_is_malformed(token: str, kind: str) -> None:
    """What is no token is refused as none."""
    assert refusal(world(), token) == kind


@pytest.mark.parametrize("kind", ["refresh", "id"])
def test_only_access_tokens_open_doors(kind: TokenKind) -> None:
    """A refresh token has no signature that others can check; an identity token is for the client alone."""
    identity = world()
    assert refusal(identity, issue(identity, kind)) == {"refresh": "signature", "id": "foreign"}[kind]


def test_revoked_tokens_are_foreign() -> None:
    """Also one that was accepted a moment ago."""
    identity = world()
    token = issue(identity)
    identity.verify(token, "woven", NOW)
    identity.revoke(identity.look_up(token, "woven", NOW)[1])
    assert refusal(identity, token) == "foreign"


def test_not_before_refuses_older_tokens() -> None:
    """A realm's `not_before` after the token's `iat` takes it back."""
    identity = world()
    token = issue(identity)
    identity.state.realms["woven"].not_before = NOW // SECOND + 1
    assert refusal(identity, token) == "foreign"


def test_expire_marks_those_issued_only() -> None:
    """Remembered ones end too, those issued afterwards live."""
    identity = world()
    old = issue(identity)
    identity.verify(old, "woven", NOW)
    assert identity.expire({"access"}) == 1
    assert refusal(identity, old) == "expired"
    assert identity.verify(issue(identity), "woven", NOW).azp == "app"


@pytest.mark.parametrize("choice", [{"realm": "other"}, {"client_id": "other"}])
def test_expire_leaves_others_alone(choice: dict[str, str]) -> None:
    """Only the tokens of that realm or client are marked."""
    identity = world()
    token = issue(identity)
    assert identity.expire({"access"}, **choice) == 0
    assert identity.verify(token, "woven", NOW).azp == "app"


def test_expire_by_kind() -> None:
    """Access tokens can end while refresh tokens go on."""
    identity = world()
    refresh = issue(identity, "refresh")
    identity.expire({"access", "id"})
    assert identity.look_up(refresh, "woven", NOW)[1].kind == "refresh"


def test_rotation_ends_the_old_key() -> None:
    """The old id is gone from the list and its tokens count no more."""
    identity = world()
    token = issue(identity)
    old = identity.jwks()[0]["kid"]
    new = identity.rotate()
    assert refusal(identity, token) == "signature"
    assert [key["kid"] for key in identity.jwks() if key["use"] == "sig"] == [new]
    assert new != old


def test_rotation_may_keep_the_old_keys() -> None:
    """Up to three generations stand in the list, the current one first."""
    identity = world()
    token = issue(identity)
    newest = [identity.rotate(keep_old=True), identity.rotate(keep_old=True)][-1]
    assert identity.verify(token, "woven", NOW).azp == "app"
    assert identity.jwks()[0]["kid"] == newest
    identity.rotate(keep_old=True)
    assert refusal(identity, token) == "signature"
    assert len(identity.jwks()) == 4


def test_refresh_tokens_outlive_a_rotation() -> None:
    """They are signed with an inner key that clients never see."""
    identity = world()
    refresh = issue(identity, "refresh")
    identity.rotate()
    assert identity.look_up(refresh, "woven", NOW)[0]["azp"] == "app"


@pytest.mark.parametrize("kind", ["access", "refresh", "id"])
def test_look_up_of_another_realm(kind: TokenKind) -> None:
    """The server of one realm knows no token of another; a refresh key is the realm's own."""
    identity = world()
    with pytest.raises(TokenRefused) as caught:
        identity.look_up(issue(identity, kind), "tenant", NOW)
    assert caught.value.kind == {"access": "foreign", "id": "foreign", "refresh": "signature"}[kind]


def test_expired_tokens_leave_the_record() -> None:
    """Issuing sweeps out what has expired, and sessions with their last refresh token."""
    identity = world()
    session = identity.new_session("woven", "s", "app", NOW)
    issue(identity, "refresh", sid=session.sid)
    later = NOW + 300 * SECOND
    identity.issue({"exp": later // SECOND + 9}, kind="access", realm="woven", client_id="app", sid=None, now=later)
    assert len(identity.state.issued) == 1
    assert identity.state.sessions == {}


def test_a_session_lasts_as_long_as_its_last_refresh_token() -> None:
    """The first token's end does not end it."""
    identity = world()
    session = identity.new_session("woven", "s", "app", NOW)
    issue(identity, "refresh", sid=session.sid)
    issue(identity, "refresh", sid=session.sid, exp=NOW // SECOND + 900)
    issued = identity.look_up(issue(identity, sid=session.sid), "woven", NOW)[1]
    identity.issue({"exp": 2**40}, kind="access", realm="woven", client_id="app", sid=None, now=NOW + 400 * SECOND)
    assert identity.session_active(issued)


def test_log_out_ends_the_session_but_no_access_token() -> None:
    """The token server says no, a server that checks by itself cannot know."""
    identity = world()
    session = identity.new_session("woven", "s", "app", NOW)
    token = issue(identity, sid=session.sid)
    identity.end_session(session.sid)
    assert not identity.session_active(identity.look_up(token, "woven", NOW)[1])
    assert identity.verify(token, "woven", NOW).azp == "app"


def test_an_expired_refresh_token_is_on_record_while_its_session_lives() -> None:
    """It opens nothing, but a log-out by it still finds the session."""
    identity = world()
    session = identity.new_session("woven", "s", "app", NOW)
    old = issue(identity, "refresh", sid=session.sid)
    issue(identity, "refresh", sid=session.sid, exp=NOW // SECOND + 900)
    later = NOW + 400 * SECOND
    identity.issue({"exp": 2**40}, kind="access", realm="woven", client_id="app", sid=None, now=later)
    with pytest.raises(TokenRefused, match="not active"):
        identity.look_up(old, "woven", later)
    assert identity.look_up(old, "woven", later, expired_too=True)[1].sid == session.sid


def test_ending_a_users_sessions_at_one_client() -> None:
    """The user's sessions at another client and the other users' go on."""
    identity = world()
    first, _, other, someone = (
        identity.new_session("woven", sub, client, NOW)
        for sub, client in (("s", "app"), ("s", "app"), ("s", "web"), ("t", "app"))
    )
    identity.end_sessions_of(first)
    assert list(identity.state.sessions) == [other.sid, someone.sid]


def test_a_token_without_exp_never_expires() -> None:
    """An expiry of null, as a test may mint it, is far away."""
    identity = world()
    token = issue(identity, exp=None)
    assert identity.verify(token, "woven", NOW * 10).exp == 253_402_300_799


def test_public_client_is_told() -> None:
    """A change of the client is seen at once."""
    identity = world()
    token = issue(identity)
    assert not identity.verify(token, "woven", NOW).public
    client = identity.new_client("woven", "app")
    client.public = True
    identity.add_client("woven", client)
    assert identity.verify(token, "woven", NOW).public


@pytest.mark.parametrize("name", ["ann@example.org", "ANN@example.org", "Ann@Example.org"])
def test_users_are_found_in_any_case(name: str) -> None:
    """User names and addresses have no case."""
    found = world().find_user("woven", name)
    assert found is not None
    assert found.username == "ann@example.org"


def test_users_are_found_by_address() -> None:
    """A changed address is found, the former one is not."""
    identity = world()
    bob = identity.new_user("woven", "bob")
    bob.email = "Bob@example.org"
    identity.add_user("woven", bob)
    assert identity.find_user("woven", "bob@EXAMPLE.org") is bob
    changed = identity.new_user("woven", "bob")
    identity.add_user("woven", changed)
    assert identity.find_user("woven", "bob@example.org") is None
    assert identity.find_user("tenant", "bob") is None


def test_subs_are_stable_and_known() -> None:
    """The `sub` of a name is the same in every world of the seed, and known once the account exists."""
    identity = world()
    ann = identity.find_user("woven", "ann@example.org")
    assert ann is not None
    assert ann.sub == world("b").new_user("woven", "ann@example.org").sub
    assert identity.is_sub("woven", ann.sub)
    assert identity.is_sub("woven", identity.realms["woven"].clients["app"].sub)
    assert not identity.is_sub("tenant", ann.sub)
    assert not identity.is_sub("woven", "ann@example.org")
    assert identity.user_by_sub("woven", ann.sub) is ann
    assert identity.user_by_sub("tenant", ann.sub) is None


def test_state_survives_being_written_out() -> None:
    """Everything is there after JSON: accounts, records, sessions, keys."""
    identity = world()
    session = identity.new_session("woven", "s", "app", NOW)
    token, refresh = issue(identity, sid=session.sid), issue(identity, "refresh", sid=session.sid)
    identity.rotate(keep_old=True)
    copy = world()
    copy.restore(msgspec.json.decode(msgspec.json.encode(identity.state), type=IdentityState))
    assert copy.state == identity.state
    assert copy.verify(token, "woven", NOW) == identity.verify(token, "woven", NOW)
    assert copy.look_up(refresh, "woven", NOW)[1].sid == session.sid
    assert copy.find_user("woven", "ann@example.org") == identity.find_user("woven", "ann@example.org")


def test_memory_of_verified_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is emptied when full, and every token is still accepted."""
    monkeypatch.setattr("chatsim.core.identity._CACHED", 2)
    identity = world()
    tokens = [issue(identity, nr=nr) for nr in range(5)]
    assert [identity.verify(token, "woven", NOW).raw["nr"] for token in tokens] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("issuer", "realm"),
    [
        ("http://x:8080/auth/realms/woven", "woven"),
        ("https://x/realms/a", "a"),
        ("https://x/realms/a%20b", "a b"),
        ("woven", ""),
        ("", ""),
    ],
)
def test_realm_of_issuer(issuer: str, realm: str) -> None:
    """The realm is the end of the issuer, with or without `/auth`."""
    assert realm_of(issuer) == realm
