"""Whatever is sent, the answer is one of the token server's own, and never a mistake of ours."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import urlencode

import pytest
from desk import Answer, Desk
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokendesk import FORM, by_password, oidc, token_desk

QUICK = settings(max_examples=examples(120), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = st.sampled_from(
    ["grant_type", "client_id", "client_secret", "username", "password", "scope", "refresh_token", "token",
     "token_type_hint", "access_token", "é", ""]
)  # fmt: skip
VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["client_credentials", "password", "refresh_token", "app", "s3cret", "ann", "pw", "openid", "a.b.c"]
    ),
)
FORMS = st.lists(st.tuples(NAMES, VALUES), max_size=8)
ENDPOINTS = ["token", "token/introspect", "revoke", "logout", "userinfo", "auth"]
HEADERS = st.one_of(
    st.none(),
    st.binary(max_size=24).map(lambda raw: "Basic " + b64encode(raw).decode()),
    st.text(max_size=12).map(lambda text: "Basic " + text),
    st.text(max_size=12).map(lambda text: "Bearer " + text),
    st.text(max_size=12),
)

KNOWN = token_desk()
TOKENS = by_password(KNOWN, scope="openid")


def sound(answer: Answer) -> None:
    """Not our mistake, and nothing of Python in it."""
    assert answer.status < 500
    assert answer.bug == ""
    assert b"Traceback" not in answer.body


def send(desk: Desk, endpoint: str, body: bytes, header: str | None, kind: str = FORM) -> None:
    """Send a body with an Authorization header, if any."""
    headers = {"Content-Type": kind, **({} if header is None else {"Authorization": header})}
    sound(desk.ask("POST", oidc(endpoint), body, headers=headers))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@QUICK
@given(form=FORMS, header=HEADERS)
def test_forms(endpoint: str, form: list[tuple[str, str]], header: str | None) -> None:
    """Any parameters with any header, in a world that knows its clients."""
    send(KNOWN, endpoint, urlencode(form, errors="surrogatepass").encode(), header)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@QUICK
@given(body=st.binary(max_size=80))
def test_bytes(endpoint: str, body: bytes) -> None:
    """Bytes that are no form."""
    send(KNOWN, endpoint, body, None)


@QUICK
@given(kind=st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=40))
def test_content_types(kind: str) -> None:
    """Any content type."""
    send(KNOWN, "token", b"grant_type=password", None, kind)


@QUICK
@given(
    token=st.sampled_from(sorted(TOKENS[kind] for kind in ("access_token", "refresh_token", "id_token"))),
    place=st.integers(min_value=0, max_value=2000),
    sign=st.sampled_from("A.-_=é\x00 "),
)
def test_spoilt_tokens(token: str, place: int, sign: str) -> None:
    """A token with one sign changed is refused everywhere, or is the same token to the last character."""
    place %= len(token)
    spoilt = token[:place] + sign + token[place + 1 :]
    if spoilt == token:
        return
    app = {"client_id": "app", "client_secret": "s3cret"}
    body = urlencode({**app, "token": spoilt, "refresh_token": spoilt, "grant_type": "refresh_token"}).encode()
    headers = {"Content-Type": FORM}
    answer = KNOWN.ask("POST", oidc("token/introspect"), body, headers=headers)
    assert (answer.status, answer.data) == (200, {"active": False})
    refreshing = KNOWN.ask("POST", oidc("token"), body, headers=headers)
    assert refreshing.data["error_description"] == "Invalid refresh token"
    assert KNOWN.ask("POST", oidc("logout"), body, headers=headers).status == 400
    assert KNOWN.ask("GET", oidc("userinfo"), token=spoilt).status == 401


@QUICK
@given(path=st.text(max_size=30), query=st.text(max_size=30))
def test_paths_and_queries(path: str, query: str) -> None:
    """Any path below the territory, any query of a log-out."""
    known = len(KNOWN.simulator.worlds)
    sound(KNOWN.ask("GET", f"/auth/{path}".replace("?", "")))
    sound(KNOWN.ask("GET", f"{oidc('logout')}?post_logout_redirect_uri={query}&client_id=app&state={query}"))
    assert len(KNOWN.simulator.worlds) == known
