"""Ending a session: by a client, or by a browser."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from desk import Answer, Desk
from tokendesk import accounts, add_client, by_client, by_password, introspected, oidc, post, refreshed, said

TARGET = "https://app.example/bye"


def log_out(desk: Desk, token: str | None, **more: str) -> Answer:
    """Log out as the client `app`."""
    given = {} if token is None else {"refresh_token": token}
    return post(desk, "logout", {"client_id": "app", "client_secret": "s3cret", **given, **more})


def browse(desk: Desk, **query: str) -> Answer:
    """Log out as a browser."""
    answer = desk.ask("GET", oidc("logout") + "?" + "&".join(f"{name}={quote(one)}" for name, one in query.items()))
    assert answer.bug == ""
    return answer


def test_by_refresh_token(desk: Desk) -> None:
    """204; the server knows, a server that checks tokens by itself does not."""
    tokens = by_password(desk)
    answer = log_out(desk, tokens["refresh_token"])
    assert (answer.status, answer.body, answer.bug) == (204, b"", "")
    assert said(refreshed(desk, tokens["refresh_token"])) == (400, "invalid_grant", "Session not active")
    for kind in ("access_token", "refresh_token"):
        assert introspected(desk, tokens[kind]).data == {"active": False}
    assert accounts(desk).verify(tokens["access_token"], "woven", desk.time).username == "ann"


def test_again(desk: Desk) -> None:
    """A session that is gone already is no error."""
    token = by_password(desk)["refresh_token"]
    assert [log_out(desk, token).status, log_out(desk, token).status] == [204, 204]


def test_by_an_expired_refresh_token(desk: Desk) -> None:
    """It still ends its session."""
    tokens = by_password(desk)
    desk.time += 1000 * 10**9
    newer = refreshed(desk, tokens["refresh_token"]).data
    desk.time += 1000 * 10**9
    assert log_out(desk, tokens["refresh_token"]).status == 204
    assert said(refreshed(desk, newer["refresh_token"]))[2] == "Session not active"


@pytest.mark.parametrize("kind", ["access_token", "id_token"])
def test_by_another_token(desk: Desk, kind: str) -> None:
    """Only a refresh token will do."""
    token = by_password(desk, scope="openid")[kind]
    assert said(log_out(desk, token)) == (400, "invalid_grant", "Invalid refresh token")


def test_refused(desk: Desk) -> None:
    """Missing, rubbish, another client's, wrong secret."""
    token = by_password(desk)["refresh_token"]
    add_client(desk, "other")
    unmatched = "Invalid refresh token. Token client and authorized client don't match"
    assert said(log_out(desk, None)) == (400, "invalid_request", "No refresh token")
    assert said(log_out(desk, "x")) == (400, "invalid_grant", "Invalid refresh token")
    assert said(log_out(desk, token, client_id="other")) == (400, "invalid_grant", unmatched)
    assert said(log_out(desk, token, client_secret="x"))[:2] == (401, "unauthorized_client")
    assert refreshed(desk, token).status == 200


def test_browser_with_an_identity_token(desk: Desk) -> None:
    """The session ends and the browser goes on, with its state."""
    tokens = by_password(desk, scope="openid")
    answer = browse(desk, post_logout_redirect_uri=TARGET, id_token_hint=tokens["id_token"], state="a b&c")
    assert (answer.status, answer.headers["Location"]) == (302, TARGET + "?state=a%20b%26c")
    assert said(refreshed(desk, tokens["refresh_token"]))[2] == "Session not active"


def test_browser_with_an_expired_identity_token(desk: Desk) -> None:
    """It only hints at the session."""
    tokens = by_password(desk, scope="openid")
    desk.time += 600 * 10**9
    by_client(desk)
    assert browse(desk, post_logout_redirect_uri=TARGET, id_token_hint=tokens["id_token"]).status == 302
    assert said(refreshed(desk, tokens["refresh_token"]))[2] == "Session not active"


@pytest.mark.parametrize(
    ("target", "state", "location"),
    [
        (TARGET, None, TARGET),
        (TARGET + "?x=1", "s", TARGET + "?x=1&state=s"),
        ("http://é.example/a%20b", None, "http://%C3%A9.example/a%20b"),
    ],
)
def test_browser_with_a_client_id(desk: Desk, target: str, state: str | None, location: str) -> None:
    """It goes on, but no session ends, since it had none."""
    tokens = by_password(desk)
    more = {} if state is None else {"state": state}
    answer = browse(desk, post_logout_redirect_uri=target, client_id="app", **more)
    assert (answer.status, answer.headers["Location"]) == (302, location)
    assert refreshed(desk, tokens["refresh_token"]).status == 200


def test_browser_refused(desk: Desk) -> None:
    """A page with status 400, and nothing ends."""
    tokens = by_password(desk, scope="openid")
    hint = {"id_token_hint": tokens["id_token"]}
    for query, text in [
        ({"redirect_uri": TARGET, **hint}, "Invalid redirect uri"),
        ({"post_logout_redirect_uri": TARGET}, "Missing parameters: id_token_hint"),
        ({"post_logout_redirect_uri": "javascript:alert(1)", **hint}, "Invalid redirect uri"),
        ({"post_logout_redirect_uri": "https://x\r\nSet-Cookie: a", **hint}, "Invalid redirect uri"),
        ({"post_logout_redirect_uri": "http://[", **hint}, "Invalid redirect uri"),
        ({"post_logout_redirect_uri": TARGET, "client_id": "else"}, "Invalid parameter: client_id"),
        ({"client_id": "else", **hint}, "Invalid parameter: client_id"),
        ({"id_token_hint": "x"}, "Invalid parameter: id_token_hint"),
        ({"id_token_hint": tokens["access_token"]}, "Invalid parameter: id_token_hint"),
    ]:
        answer = browse(desk, **query)
        assert (answer.status, text in answer.body.decode()) == (400, True), query
        assert answer.headers["Content-Type"] == "text/html;charset=utf-8"
    assert refreshed(desk, tokens["refresh_token"]).status == 200


def test_browser_that_stays(desk: Desk) -> None:
    """Without a target it is told, or asked."""
    tokens = by_password(desk, scope="openid")
    assert b"Do you want to log out?" in browse(desk).body
    assert b"You are logged out" in browse(desk, id_token_hint=tokens["id_token"]).body


def test_a_clients_identity_token_has_no_session(desk: Desk) -> None:
    """The browser goes on all the same."""
    hint = by_client(desk, scope="openid")["id_token"]
    assert browse(desk, post_logout_redirect_uri=TARGET, id_token_hint=hint).status == 302


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_login_page(desk: Desk, method: str) -> None:
    """It is there, says that it is not simulated, and what to do instead."""
    accounts(desk).add_realm("woven")
    answer = desk.ask(method, oidc("auth") + "?client_id=app&response_type=code")
    assert (answer.status, answer.bug, answer.headers["Content-Type"]) == (400, "", "text/html;charset=utf-8")
    assert b"We are sorry" in answer.body
    assert b"grant_type password" in answer.body


@pytest.mark.parametrize("path", ["/auth/realms/woven/account", "/realms/woven/protocol/openid-connect"])
def test_addresses_that_are_no_pages(desk: Desk, path: str) -> None:
    """The realm's description names them, so a person may try them."""
    accounts(desk).add_realm("woven")
    answer = desk.ask("GET", path)
    assert (answer.status, answer.bug) == (400, "")
    assert b"nothing to see here" in answer.body
