"""Which client is calling: by header, by body, or both."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from desk import Answer, Desk
from tokendesk import WRONG, accounts, add_client, basic, claims, post, said, token_desk

GRANT = {"grant_type": "client_credentials"}
LISTED: dict[str, Any] = {"accounts": "listed"}


def ask(headers: dict[str, str], **form: str) -> Answer:
    """Ask a world of listed accounts, where `app` has the secret `s3cret`, for a token."""
    desk = token_desk(**LISTED)
    add_client(desk)
    add_client(desk, "off", enabled=False)
    return post(desk, "token", {**GRANT, **form}, headers=headers)


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        ({}, {"client_id": "app", "client_secret": "s3cret"}),
        (basic("app", "s3cret"), {}),
        (basic("app", "s3cret"), {"client_id": "app"}),
        ({"Authorization": basic("app", "s3cret")["Authorization"].replace("Basic", "bAsIc ")}, {}),
        ({"Authorization": "Basic " + b64encode(b"app:s3cret").decode().rstrip("=")}, {}),
        (basic("app", "wrong"), {"client_secret": "s3cret"}),
        (basic("else", "s3cret"), {"client_id": "app"}),
        (basic("else", "wrong"), {"client_id": "app", "client_secret": "s3cret"}),
        ({"Authorization": "Bearer rubbish"}, {"client_id": "app", "client_secret": "s3cret"}),
        ({"Authorization": "Negotiate x"}, {"client_id": "app", "client_secret": "s3cret"}),
    ],
)
def test_accepted(headers: dict[str, str], form: dict[str, str]) -> None:
    """Header or body will do, the body wins member by member, and with a client_id there any header is passed over."""
    answer = ask(headers, **form)
    assert (answer.status, answer.bug) == (200, "")
    assert claims(answer.data["access_token"])["azp"] == "app"


@pytest.mark.parametrize(
    ("headers", "form", "refusal"),
    [
        ({}, {}, (400, "invalid_client", "Missing client_id parameter")),
        ({}, {"client_secret": "s3cret"}, (400, "invalid_client", "Missing client_id parameter")),
        ({}, {"client_id": "else", "client_secret": "x"}, (401, "invalid_client", WRONG["error_description"])),
        ({}, {"client_id": "", "client_secret": "x"}, (401, "invalid_client", WRONG["error_description"])),
        ({}, {"client_id": "off", "client_secret": "s3cret"}, (401, "invalid_client", WRONG["error_description"])),
        ({}, {"client_id": "app"}, (401, *WRONG.values())),
        ({}, {"client_id": "app", "client_secret": ""}, (401, *WRONG.values())),
        ({}, {"client_id": "app", "client_secret": "S3CRET"}, (401, *WRONG.values())),
        (basic("app", "s3cret"), {"client_secret": ""}, (401, *WRONG.values())),
        (basic("app", "s3cret"), {"client_id": ""}, (401, "invalid_client", WRONG["error_description"])),
        (basic("app", "s3cret"), {"client_secret": "wrong"}, (401, *WRONG.values())),
        ({"Authorization": "Bearer x"}, {"client_id": "app"}, (401, *WRONG.values())),
    ],
)
def test_refused(headers: dict[str, str], form: dict[str, str], refusal: tuple[int, str, str]) -> None:
    """Empty is not missing; no JSON refusal has a challenge, which would hide the error from openid-client 6."""
    answer = ask(headers, **form)
    assert said(answer) == refusal
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize(
    "header", ["Bearer x", "Basic", "Basic ???", "Basic YXBw", "Basic /w==", "Negotiate YXBw", "x"]
)
def test_unreadable_header_alone_is_challenged(header: str) -> None:
    """Nothing names a client: 401 with a challenge and no body."""
    answer = ask({"Authorization": header}, client_secret="s3cret")
    assert (answer.status, answer.body, answer.bug) == (401, b"", "")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="woven"'


def test_a_challenge_names_any_realm_safely(desk: Desk) -> None:
    """Quotes are escaped and letters that no header can hold are replaced."""
    realm = accounts(desk).add_realm('a"é')
    answer = post(desk, "token", GRANT, "a%22%C3%A9", headers={"Authorization": "Basic"})
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="a\\"?"'
    assert realm.clients == {}


def test_a_challenge_stays_on_one_line(desk: Desk) -> None:
    """A realm's name can hold line breaks and control characters, a header cannot."""
    answer = post(desk, "token", GRANT, "a%0D%0Ab%7F", headers={"Authorization": "Basic"})
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="a??b?"'


@pytest.mark.parametrize("secret", ["s e+c", "a%2Bb", "ü&=:;", "a+b/c=="])
def test_basic_raw_and_form_encoded(secret: str) -> None:
    """openid-client form-encodes before base64, most others do not; both get in."""
    from urllib.parse import quote_plus

    for client_id, given in (("my app", secret), ("my+app", quote_plus(secret))):
        desk = token_desk(**LISTED)
        add_client(desk, "my app", secret=secret)
        assert post(desk, "token", GRANT, headers=basic(client_id, given)).status == 200


@pytest.mark.parametrize(
    ("given", "kept"), [("a+b/c==", "a+b/c=="), ("a%2Bb%2Fc%3D%3D", "a+b/c=="), ("plain", "plain")]
)
def test_which_reading_of_a_header_is_kept(desk: Desk, given: str, kept: str) -> None:
    """At first contact percent-escapes are decoded, a lone plus is meant as one."""
    assert post(desk, "token", GRANT, headers=basic("app", given)).status == 200
    assert accounts(desk).realms["woven"].clients["app"].secret == kept


def test_secrets_that_are_no_utf8_keep_apart(desk: Desk) -> None:
    """Escapes in a Basic header that stand for no text are taken as they are: one is kept, another is wrong."""
    statuses = [post(desk, "token", GRANT, headers=basic("app", given)).status for given in ("%FF", "%FE")]
    assert statuses == [200, 401]


def test_public_client_needs_no_secret() -> None:
    """Whatever secret it sends is not looked at."""
    desk = token_desk(**LISTED)
    add_client(desk, "web", secret=None, public=True)
    form = {"grant_type": "password", "client_id": "web", "username": "nobody"}
    for more in ({}, {"client_secret": ""}, {"client_secret": "x"}):
        assert said(post(desk, "token", {**form, **more}))[2] == "Invalid user credentials"


def test_confidential_client_without_a_secret_cannot_authenticate() -> None:
    """Where accounts are listed nothing given can be right."""
    desk = token_desk(**LISTED)
    add_client(desk, secret=None)
    assert said(post(desk, "token", {**GRANT, "client_id": "app", "client_secret": "x"})) == (401, *WRONG.values())


def test_the_journal_names_the_client() -> None:
    """Also where the secret was wrong."""
    entry = ask({}, client_id="app", client_secret="wrong").outcome.plan.call.entry
    assert entry.principal == "app"
