"""Who is let in, and where: tokens, keys, times, strangers."""

import pytest
from weavy_desk import KEY, WeavyDesk

UNAUTHORIZED = {"type": "https://tools.ietf.org/html/rfc7235#section-3.1", "title": "Unauthorized", "status": 401}
USER_ONLY = [
    ("POST", "/api/conversations"),
    ("GET", "/api/conversations"),
    ("GET", "/api/conversations/badge"),
    ("PUT", "/api/conversations/1/mark"),
    ("DELETE", "/api/conversations/1/mark"),
    ("PUT", "/api/conversations/1/pin"),
    ("DELETE", "/api/conversations/1/pin"),
    ("GET", "/api/user"),
    ("POST", "/api/apps/1/messages"),
    ("PUT", "/api/apps/1/messages/typing"),
    ("POST", "/api/apps/1/stars"),
    ("POST", "/hubs/rtm/negotiate"),
]
KEY_ONLY = [
    ("POST", "/api/users/alice/tokens"),
    ("DELETE", "/api/users/alice/tokens"),
    ("PUT", "/api/users/alice"),
    ("POST", "/api/users"),
]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer wyu_unknown", "Basic d3lz", "wys_simulator"])
def test_without_a_good_credential_nobody_gets_in(weavy: WeavyDesk, header: str | None) -> None:
    """401 with a challenge."""
    answer = weavy.ask("GET", "/api/conversations", headers={} if header is None else {"Authorization": header})
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert {name: answer.data[name] for name in UNAUTHORIZED} == UNAUTHORIZED


@pytest.mark.parametrize(("method", "path"), USER_ONLY)
def test_a_key_is_nobody(weavy: WeavyDesk, method: str, path: str) -> None:
    """403 where a user is needed (A13)."""
    assert weavy.ask(method, path, token=KEY).status == 403


@pytest.mark.parametrize(("method", "path"), KEY_ONLY)
def test_a_user_is_no_server(weavy: WeavyDesk, method: str, path: str) -> None:
    """403 where a key is needed."""
    assert weavy.do("alice", method, path).status == 403


def test_a_token_expires_on_the_worlds_clock(weavy: WeavyDesk) -> None:
    """Good until the second before, 401 from then on."""
    token = weavy.token("alice", expires_in=60)
    seen = []
    for _ in range(2):
        weavy.desk.move(30)
        seen.append(weavy.ask("GET", "/api/user", token=token).status)
    assert seen == [200, 401]


def test_revoking_ends_every_token_of_one_user(weavy: WeavyDesk) -> None:
    """Alice's two tokens end, dora's does not."""
    tokens = [weavy.token("alice"), weavy.token("alice"), weavy.token("dora")]
    assert weavy.ask("DELETE", "/api/users/alice/tokens", token=KEY).status == 200
    assert [weavy.ask("GET", "/api/user", token=token).status for token in tokens] == [401, 401, 200]


def test_tokens_are_different_every_time_and_in_every_world(weavy: WeavyDesk) -> None:
    """Same seed, same time: a token of one world is no good in another."""
    weavy.desk.make_world("b")
    ours, theirs = (weavy.ask("POST", "/api/users/alice/tokens", token=KEY, world=w) for w in ("default", "b"))
    assert ours.data["access_token"] != theirs.data["access_token"]
    assert weavy.ask("GET", "/api/user", token=ours.data["access_token"], world="b").status == 401


@pytest.mark.parametrize(
    ("options", "key", "status"),
    [
        ({}, "wys_simulator", 200),
        ({}, "wys_any", 200),
        ({}, "any", 401),
        ({"accounts": "listed"}, "wys_simulator", 200),
        ({"accounts": "listed"}, "wys_any", 401),
        ({"accounts": "listed", "settings": {"weavy.api_keys": ["own"]}}, "own", 200),
    ],
)
def test_a_key_is_listed_or_looks_like_one(weavy: WeavyDesk, options: dict[str, object], key: str, status: int) -> None:
    """Open accounts take every key of the service's form, listed ones what was set up."""
    weavy.desk.make_world("w", **options)
    assert weavy.ask("GET", "/api/users", token=key, world="w").status == status


def test_paths_have_any_case_and_a_slash(weavy: WeavyDesk) -> None:
    """As ASP.NET routes them."""
    paths = ["/api/conversations/", "/API/Conversations", "/Api/cOnversations/1/", "/api/Conversations/BADGE"]
    assert [weavy.do("alice", "GET", path).status for path in paths] == [200] * 4


@pytest.mark.parametrize("path", ["/api", "/api/nothing", "/hubs/other", "/api/conversations/1/2/3"])
def test_a_path_that_is_none(weavy: WeavyDesk, path: str) -> None:
    """404 in the service's words."""
    answer = weavy.ask("GET", path)
    assert (answer.status, answer.data["type"]) == (404, "https://tools.ietf.org/html/rfc7231#section-6.5.4")
    assert answer.headers["Content-Type"] == "application/json"


def test_a_method_that_is_none(weavy: WeavyDesk) -> None:
    """405 says which there are."""
    answer = weavy.do("alice", "PATCH", "/api/conversations")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST, GET")


def test_other_origins_may_call_with_credentials(weavy: WeavyDesk) -> None:
    """SignalR's client sends credentials: the origin is echoed, on refusals too."""
    origin = {"Origin": "http://app.example"}
    answers = [
        weavy.ask("GET", "/api/user", headers=origin),
        weavy.ask(
            "OPTIONS",
            "/hubs/rtm/negotiate",
            headers={
                **origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,x-requested-with,x-signalr-user-agent",
            },
        ),
    ]
    assert [answer.status for answer in answers] == [401, 204]
    assert {answer.headers["Access-Control-Allow-Origin"] for answer in answers} == {"http://app.example"}
    assert {answer.headers["Access-Control-Allow-Credentials"] for answer in answers} == {"true"}
    assert answers[1].headers["Access-Control-Allow-Headers"] == "authorization,x-requested-with,x-signalr-user-agent"
