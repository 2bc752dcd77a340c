"""Who may call, and as whom."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from desk import Answer, Desk

from chatsim.apis.m3o import API
from chatsim.apis.m3o.state import Token

BEARER = {"authorization": "Bearer key"}
BASIC = {"authorization": "Basic " + b64encode(b"anybody:key").decode()}


def new(desk: Desk, **headers: str) -> Answer:
    """Make a chat of ann, with these headers."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = desk.ask("POST", "/chat/New", {"user_ids": ["ann"]}, headers=given)
    assert answer.bug == ""
    return answer


def create(desk: Desk, headers: dict[str, str]) -> Answer:
    """Make a group, with these headers."""
    answer = desk.ask("POST", "/v1/chat/Create", {}, headers=headers)
    assert answer.bug == ""
    return answer


def set_up(desk: Desk, **token: Any) -> None:
    """Set up the token `key`."""
    desk.world.state("m3o").tokens["key"] = Token(**token)


def plain(answer: Answer) -> tuple[int, str, bytes]:
    """A refusal in plain text."""
    return answer.status, answer.headers["Content-Type"], answer.body


UNAUTHORIZED = (401, "text/plain; charset=utf-8", b"unauthorized request\n")
FORBIDDEN = (403, "text/plain; charset=utf-8", b"Forbidden request\n")


@pytest.mark.parametrize("authorization", ["Bearer key", "Bearer $yourToken", "Bearer  key"])
def test_any_bearer_token_will_do(desk: Desk, authorization: str) -> None:
    """The document's own call sends the words of its shell."""
    assert new(desk, authorization=authorization).status == 200


@pytest.mark.parametrize("headers", [{}, {"authorization": ""}, {"authorization": "Bearer "}, {"authorization": "key"}])
def test_no_token_is_refused_in_plain_text(desk: Desk, headers: dict[str, str]) -> None:
    """At the documented calls."""
    assert plain(new(desk, **headers)) == UNAUTHORIZED


def test_a_cookie_is_a_token_too(desk: Desk) -> None:
    """For pages of the service itself."""
    assert new(desk, cookie="theme=dark; micro-token=key").status == 200


def test_credentials_are_asked_for_before_anything_else(desk: Desk) -> None:
    """Neither the path nor the body is looked at."""
    for path in ("/chat/Nope", "/chat/New"):
        assert plain(desk.ask("POST", path, b"{")) == UNAUTHORIZED


def test_a_token_that_is_not_allowed(desk: Desk) -> None:
    """Refused as if there were none; on /v1 it is blocked, with the reason."""
    set_up(desk, allowed=False, reason="Monthly usage cap exceeded")
    assert plain(new(desk, **BEARER)) == UNAUTHORIZED
    answer = create(desk, BEARER)
    assert answer.data == {
        "id": "v1.blocked",
        "code": 403,
        "detail": "Request blocked. Monthly usage cap exceeded",
        "status": "Forbidden",
    }


@pytest.mark.parametrize("scopes", [["db"], []])
def test_a_token_without_the_scope(desk: Desk, scopes: list[str]) -> None:
    """Forbidden in both eras, each in its words."""
    set_up(desk, scopes=scopes)
    assert plain(new(desk, **BEARER)) == FORBIDDEN
    answer = create(desk, BEARER)
    assert (answer.status, answer.data["detail"]) == (403, "Request blocked. Insufficient privileges")


@pytest.mark.parametrize("scopes", [["chat"], ["*"], ["db", "chat"]])
def test_a_token_with_the_scope(desk: Desk, scopes: list[str]) -> None:
    """The service's own, or all."""
    set_up(desk, scopes=scopes)
    assert (new(desk, **BEARER).status, create(desk, BEARER).status) == (200, 200)


def test_an_account_belongs_to_a_namespace(desk: Desk) -> None:
    """Asking for another one is as good as no account; asking for none means one's own."""
    set_up(desk, namespace="demo")
    assert plain(new(desk, **BEARER, micro_namespace="other")) == UNAUTHORIZED
    own, named = new(desk, **BEARER), new(desk, **BEARER, micro_namespace="demo")
    assert own.data == named.data


@pytest.mark.parametrize("headers", [BEARER, BASIC, {"sec-websocket-protocol": "key, other"}])
def test_ways_to_send_a_key(desk: Desk, headers: dict[str, str]) -> None:
    """Bearer, the password of Basic, and for browsers a sub-protocol: all are the same owner."""
    create(desk, BEARER)
    answer = desk.ask("POST", "/v1/chat/List", {}, headers=headers)
    assert len(answer.data["groups"]) == 1


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer ", "Basic", "Basic !!!", "Basic a2V5", "Digest key", "Basic " + b64encode(b"\xff").decode()],
)
def test_no_key_is_refused_as_an_object(desk: Desk, authorization: str) -> None:
    """Missing and malformed are the same."""
    answer = create(desk, {"authorization": authorization} if authorization else {})
    assert answer.data == {"id": "v1", "code": 401, "detail": "Unauthorized", "status": "Unauthorized"}


def test_the_door_asks_in_order(desk: Desk) -> None:
    """Block before scope, scope before rate, rate before the service's existence."""
    set_up(desk, allowed=False, scopes=[], calls_per_second=1, calls=5, second=desk.time // 10**9)
    details = []
    for change in ({"allowed": True}, {"scopes": ["*"]}, {"calls_per_second": None}):
        details.append(desk.ask("POST", "/v1/nope/Call", {}, headers=BEARER).data["detail"])
        for name, value in change.items():
            setattr(desk.world.state("m3o").tokens["key"], name, value)
    details.append(desk.ask("POST", "/v1/nope/Call", {}, headers=BEARER).data["detail"])
    assert details == [
        "Request blocked.",
        "Request blocked. Insufficient privileges",
        "Too Many Requests",
        "No such API",
    ]


def test_calls_are_limited_by_the_second(desk: Desk) -> None:
    """Of the world's clock."""
    set_up(desk, calls_per_second=2)
    answers = [create(desk, BEARER) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert (answers[2].data["id"], answers[2].data["status"]) == ("v1.blocked", "Too Many Requests")
    desk.move(1)
    assert create(desk, BEARER).status == 200


def test_keys_of_one_owner_share_groups(desk: Desk) -> None:
    """As the keys of one account do."""
    tokens = desk.world.state("m3o").tokens
    tokens["key"], tokens["other"] = Token(owner="acme"), Token(owner="acme")
    create(desk, BEARER)
    assert len(desk.ask("POST", "/v1/chat/List", {}, token="other").data["groups"]) == 1


def test_listed_accounts(desk: Desk) -> None:
    """Where accounts do not come into being by being used, only tokens that were set up count."""
    closed = Desk(apis=[API], accounts="listed")
    assert plain(new(closed, **BEARER)) == UNAUTHORIZED
    set_up(closed)
    assert new(closed, **BEARER).status == 200


def test_the_journal_does_not_show_the_token(desk: Desk) -> None:
    """Only a hash of it."""
    principal = new(desk, **BEARER).outcome.plan.call.entry.principal
    assert principal.startswith("token-")
    assert "key" not in principal


def issued(desk: Desk, world: str = "default") -> str:
    """An access token that the world's own token server gave somebody of the realm demo, good for a minute."""
    seconds = desk.time // 10**9
    claims = {"iss": "http://localhost/auth/realms/demo", "sub": "ann", "iat": seconds, "exp": seconds + 60}
    identity = desk.simulator.enter(world).identity
    return identity.issue(claims, kind="access", realm="demo", client_id="app", sid=None, now=desk.time)


def test_a_token_of_the_token_server_names_its_namespace(desk: Desk) -> None:
    """The realm is the issuer: no header is needed, and another one is refused."""
    bearer = f"Bearer {issued(desk)}"
    assert new(desk, authorization=bearer).data == new(desk, authorization=bearer, micro_namespace="demo").data
    assert plain(new(desk, authorization=bearer, micro_namespace="other")) == UNAUTHORIZED


def test_its_groups_belong_to_its_subject(desk: Desk) -> None:
    """So they outlive the token."""
    create(desk, {"authorization": f"Bearer {issued(desk)}"})
    assert len(desk.ask("POST", "/v1/chat/List", {}, token=issued(desk)).data["groups"]) == 1


def test_an_expired_token_of_the_token_server(desk: Desk) -> None:
    """Refused in both eras."""
    token = issued(desk)
    desk.time += 61 * 10**9
    assert plain(new(desk, authorization=f"Bearer {token}")) == UNAUTHORIZED
    assert create(desk, {"authorization": f"Bearer {token}"}).status == 401


def test_a_forged_token_of_the_token_server(desk: Desk) -> None:
    """The signature counts."""
    head, payload, signature = issued(desk).split(".")
    forged = ".".join((head, payload, signature[::-1]))
    assert plain(new(desk, authorization=f"Bearer {forged}")) == UNAUTHORIZED


def test_a_token_of_another_world(desk: Desk) -> None:
    """Same keys, same seed: refused all the same."""
    token = issued(desk, "other")
    assert plain(new(desk, authorization=f"Bearer {token}")) == UNAUTHORIZED


def test_a_token_of_a_real_service_is_any_text(desk: Desk) -> None:
    """Its key is not one of ours, so nothing can be said against it."""
    token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"
    assert new(desk, authorization=f"Bearer {token}").status == 200
