"""Users: made by a token, by PUT and by POST; found, listed, picked."""

from typing import Any

import pytest
from weavy_desk import KEY, WeavyDesk


def names(answer: Any) -> list[str]:
    """The identifiers on a page."""
    return [one["uid"] for one in answer["data"]]


def test_a_token_makes_its_user(weavy: WeavyDesk) -> None:
    """The first token of an unknown identifier is its beginning."""
    seen = weavy.get("olga", "/api/user")
    assert (seen["id"], seen["uid"], seen["display_name"], "name" in seen) == (15, "olga", "olga", False)


def test_nobody_gets_a_token_that_is_good_for_nothing(weavy: WeavyDesk) -> None:
    """A user in the bin or suspended gets none, and one again when that is over."""
    alice = "/_sim/worlds/default/weavy/users/alice"
    seen = []
    for method, path, body in (
        ("DELETE", alice, b""),
        ("PUT", alice, {}),
        ("PUT", "/api/users/alice", {"is_suspended": True}),
        ("PUT", "/api/users/alice", {"is_suspended": False}),
    ):
        assert weavy.ask(method, path, body, token=KEY).status < 300
        seen.append(weavy.ask("POST", "/api/users/alice/tokens", token=KEY).status)
    assert seen == [403, 200, 403, 200]


def test_a_token_lives_an_hour_where_nothing_is_said(weavy: WeavyDesk) -> None:
    """The answer says for how long."""
    minted = weavy.ask("POST", "/api/users/alice/tokens", token=KEY).data
    assert (minted["expires_in"], minted["access_token"][:4]) == (3600, "wyu_")


def test_putting_makes_then_changes(weavy: WeavyDesk) -> None:
    """201, then 200; what is left out stays, null clears."""
    made = weavy.ask("PUT", "/api/users/olga", {"name": "Olga O.", "email": "olga@weavy.example"}, token=KEY)
    changed = weavy.ask("PUT", "/api/users/OLGA", {"email": None, "tags": ["x"]}, token=KEY)
    assert (made.status, changed.status, changed.data["id"]) == (201, 200, made.data["id"])
    assert (changed.data["display_name"], "email" in changed.data, changed.data["tags"]) == ("Olga O.", False, ["x"])
    assert "modified_at" in changed.data


def test_posting_makes_a_user_once(weavy: WeavyDesk) -> None:
    """A taken identifier is a 400, in any case of letters."""
    answers = [weavy.ask("POST", "/api/users", {"uid": uid}, token=KEY) for uid in ("olga", "Olga")]
    assert [answer.status for answer in answers] == [201, 400]


@pytest.mark.parametrize("uid", ["", "two words", "123", "x" * 129])
def test_an_identifier_that_cannot_be(weavy: WeavyDesk, uid: str) -> None:
    """White space and plain numbers are refused."""
    assert weavy.ask("POST", "/api/users", {"uid": uid}, token=KEY).status == 400


@pytest.mark.parametrize("uid", ["123", "two%20words"])
def test_an_identifier_in_a_path_that_cannot_be(weavy: WeavyDesk, uid: str) -> None:
    """The same where the path names it."""
    assert weavy.ask("POST", f"/api/users/{uid}/tokens", token=KEY).status == 400


@pytest.mark.parametrize(("name", "status"), [("dora", 200), ("4", 200), ("DORA", 200), ("9", 404), ("zed", 404)])
def test_a_user_is_found_by_number_and_identifier(weavy: WeavyDesk, name: str, status: int) -> None:
    """Both name the same user."""
    assert weavy.do("alice", "GET", f"/api/users/{name}").status == status


LISTS = [
    ("", ["alice", "dora", "nils"]),
    ("q=dale", ["dora"]),
    ("q=NILS@", ["nils"]),
    ("orderBy=id+desc&top=2", ["nils", "dora"]),
    ("order_by=name+desc&skip=1", ["dora", "alice"]),
    ("tag=none", []),
    ("suspended=true", []),
    ("trashed=true", []),
]


@pytest.mark.parametrize(("query", "found"), LISTS)
def test_users_are_listed(weavy: WeavyDesk, query: str, found: list[str]) -> None:
    """By display name unless another order is asked for."""
    assert names(weavy.get("alice", f"/api/users?{query}")) == found


def test_a_picker_finds_users(weavy: WeavyDesk) -> None:
    """`*` finds all, and with an app each says whether it is a member."""
    number = weavy.chat("alice", 4)
    found = weavy.get("alice", f"/api/users/autocomplete?q=*&id={number}")
    assert [(one["uid"], one["is_member"]) for one in found["data"]] == [
        ("alice", True),
        ("dora", True),
        ("nils", False),
    ]


def test_a_picker_shows_five(weavy: WeavyDesk) -> None:
    """Unless more are asked for."""
    for number in range(5):
        weavy.token(f"extra{number}")
    tops = [len(weavy.get("alice", f"/api/users/autocomplete?{query}")["data"]) for query in ("q=", "q=&top=25")]
    assert tops == [5, 8]


def test_a_picker_tells_nothing_of_foreign_apps(weavy: WeavyDesk) -> None:
    """404 for an app that the caller is not in."""
    number = weavy.chat("dora", 14)
    assert weavy.do("alice", "GET", f"/api/users/autocomplete?id={number}").status == 404


def test_presence_follows_the_hub(weavy: WeavyDesk) -> None:
    """Active with a connection, away without."""
    seen = [weavy.get("alice", "/api/users/dora")["presence"]]
    hub = weavy.hub("dora")
    seen.append(weavy.get("alice", "/api/users/dora")["presence"])
    hub.leave()
    seen.append(weavy.get("alice", "/api/users/dora")["presence"])
    assert seen == ["away", "active", "away"]
