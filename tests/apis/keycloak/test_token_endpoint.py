"""The token endpoint as a whole: the order of its checks, its headers, and what never depends on the grant."""

from __future__ import annotations

from itertools import combinations
from urllib.parse import urlencode

import pytest
from desk import Answer, Desk
from tokendesk import FORM, accounts, add_client, oidc, post, said, token_desk

ORDER = [
    ("realm missing", 404, "Realm does not exist"),
    ("content type", 415, "HTTP 415 Unsupported Media Type"),
    ("realm off", 403, "Realm not enabled"),
    ("no grant_type", 400, "Missing form parameter: grant_type"),
    ("unknown grant_type", 400, "Unsupported grant_type"),
    ("wrong secret", 401, "Invalid client or Invalid client credentials"),
    ("bearer-only", 400, "Bearer-only not allowed"),
    ("duplicates", 400, "duplicated parameter"),
    ("grant", 400, "Invalid scopes: nonsense"),
]
EXCLUDE_EACH_OTHER = [{"realm missing", "realm off"}, {"no grant_type", "unknown grant_type"}]


def ask(*faults: str) -> Answer:
    """Send a token request that is right but for these faults, to a world of listed accounts."""
    desk = token_desk(accounts="listed")
    for realm in ("woven", "off"):
        add_client(desk, "app", realm)
        add_client(desk, "bearer", realm, bearer_only=True)
    accounts(desk).state.realms["off"].enabled = False
    form = [
        ("client_id", "bearer" if "bearer-only" in faults else "app"),
        ("client_secret", "wrong" if "wrong secret" in faults else "s3cret"),
    ]
    if "no grant_type" not in faults:
        form.append(("grant_type", "code" if "unknown grant_type" in faults else "client_credentials"))
    if "grant" in faults:
        form.append(("scope", "nonsense"))
    if "duplicates" in faults:
        form += [("x", "1"), ("x", "1")]
    realm = "nowhere" if "realm missing" in faults else "off" if "realm off" in faults else "woven"
    kind = "application/json" if "content type" in faults else FORM
    return desk.ask("POST", oidc("token", realm), urlencode(form).encode(), headers={"Content-Type": kind})


def test_without_a_fault_there_is_a_token() -> None:
    """The request that the order is tested with is a good one."""
    assert ask().status == 200


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(a, b, id=f"{a[0]} before {b[0]}")
        for a, b in combinations(ORDER, 2)
        if {a[0], b[0]} not in EXCLUDE_EACH_OTHER
    ],
)
def test_the_earlier_check_answers(first: tuple[str, int, str], second: tuple[str, int, str]) -> None:
    """Of two faults the one that is checked first is told."""
    answer = ask(first[0], second[0])
    assert (answer.status, answer.bug) == (first[1], "")
    assert first[2] in answer.data.values()


@pytest.mark.parametrize("fault", [None, *(row[0] for row in ORDER)])
def test_no_answer_may_be_stored(fault: str | None) -> None:
    """Tokens and refusals alike say so, in the new way and in the old one."""
    headers = ask(*([fault] if fault else [])).headers
    assert (headers["Cache-Control"], headers["Pragma"]) == ("no-store", "no-cache")


@pytest.mark.parametrize("path", ["/auth/realms/woven", "/realms/woven"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_paths(desk: Desk, path: str, slash: str) -> None:
    """With and without `/auth`, with and without a slash at the end."""
    form = b"grant_type=client_credentials&client_id=app&client_secret=s3cret"
    answer = desk.ask("POST", f"{path}/protocol/openid-connect/token{slash}", form, headers={"Content-Type": FORM})
    assert (answer.status, answer.bug) == (200, "")


@pytest.mark.parametrize("kind", [FORM + ";charset=UTF-8", FORM.upper(), FORM + " ; charset=ISO-8859-1"])
def test_form_content_types(desk: Desk, kind: str) -> None:
    """Parameters and case of the content type do not matter."""
    form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "s3cret"}
    assert post(desk, "token", form, headers={"Content-Type": kind}).status == 200


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_other_content_types(desk: Desk, kind: str) -> None:
    """Anything else is 415, also where the body would do."""
    answer = post(desk, "token", {"grant_type": "client_credentials"}, headers={"Content-Type": kind})
    assert said(answer) == (415, "HTTP 415 Unsupported Media Type", "")


def test_no_body_at_all_is_an_empty_form(desk: Desk) -> None:
    """Without body and content type the first thing missing is told."""
    answer = desk.ask("POST", oidc("token"))
    assert said(answer) == (400, "invalid_request", "Missing form parameter: grant_type")


@pytest.mark.parametrize(
    "grant",
    [
        "",
        "authorization_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:openid:params:grant-type:ciba",
        "Password",
    ],
)
def test_grants_that_are_not_served(desk: Desk, grant: str) -> None:
    """Those that a real server knows are unsupported here, and say so; an empty one is not a missing one."""
    answer = post(desk, "token", {"grant_type": grant, "client_id": "app"})
    assert said(answer) == (400, "unsupported_grant_type", "Unsupported grant_type")


def test_python_keycloaks_empty_parameters(desk: Desk) -> None:
    """It sends every parameter it knows, empty where unused, with each grant."""
    form = "username=&password=&client_id=app&grant_type=client_credentials&code=&redirect_uri=&client_secret=s3cret"
    assert post(desk, "token", form + "&scope=openid").status == 200


def test_too_long_a_form_is_refused_by_the_server(desk: Desk) -> None:
    """The route says how much it reads; the rest is the server's work."""
    routes = {route.name: route.limit for route in desk.simulator.apis["keycloak"].routes}
    assert routes["issue_token"] == 256 * 1024


@pytest.mark.parametrize("name", [b"%zz", b"%", b"a%2", b"%ff%fe", b"caf\xe9", b"%ED%A0%80"])
def test_a_malformed_form_makes_no_client(name: bytes) -> None:
    """Though any client may come in an open world."""
    desk = token_desk()
    form = b"grant_type=client_credentials&client_secret=s&client_id=" + name
    answer = desk.ask("POST", oidc("token"), form, headers={"Content-Type": FORM})
    assert (answer.status, answer.data["error"]) == (400, "invalid_request")
    assert answer.data["error_description"].startswith("Malformed form: ")


def test_no_client_has_a_nul_in_its_name(desk: Desk) -> None:
    """Though any client may come in an open world."""
    answer = post(desk, "token", "grant_type=client_credentials&client_id=a%00b&client_secret=s")
    assert said(answer) == (401, "invalid_client", "Invalid client or Invalid client credentials")
    assert "woven" not in accounts(desk).realms


def test_no_user_has_a_nul_in_their_name(desk: Desk) -> None:
    """The client that logs them in is as good as any."""
    form = "grant_type=password&client_id=app&client_secret=s&username=a%00b&password=p"
    answer = post(desk, "token", form)
    assert (answer.status, answer.data["error"]) == (401, "invalid_grant")
