"""Conversations as apps: contextual chats, names, members, the bin, stars."""

from typing import Any

import pytest
from weavy_desk import KEY, WeavyDesk

CONTEXTUAL = "d65dd4bc-418e-403c-9f56-f9cf4da931ed"


def members(weavy: WeavyDesk, number: int = 1) -> list[int]:
    """The members of a conversation."""
    page = weavy.ask("GET", f"/api/apps/{number}/members?top=1000", token=KEY).data
    return [one["id"] for one in page["data"]]


# --- contextual chats


def test_a_contextual_chat_is_made_once(weavy: WeavyDesk) -> None:
    """The same uid finds it again; who asks becomes a member."""
    body = {"app": {"uid": "invoice-7", "type": CONTEXTUAL, "name": "Invoice 7"}}
    made, found = (weavy.do(uid, "POST", "/api/apps/init", body).data for uid in ("alice", "dora"))
    assert (made["id"], made["uid"], made["type"], made["display_name"]) == (2, "invoice-7", CONTEXTUAL, "Invoice 7")
    assert (found["id"], members(weavy, 2)) == (2, [1, 4])


def test_a_key_names_the_member(weavy: WeavyDesk) -> None:
    """With or without a user, who is made where there is none."""
    for user in ({}, {"user": {"uid": "olga"}}):
        assert weavy.ask("POST", "/api/apps/init", {"app": {"uid": "a"}, **user}, token=KEY).status == 200
    assert members(weavy, 2) == [15]


@pytest.mark.parametrize(
    "app", [{}, {"uid": "7"}, {"uid": "a b"}, {"uid": "a", "type": "files"}, {"uid": "a", "name": "x" * 257}]
)
def test_a_contextual_chat_that_cannot_be(weavy: WeavyDesk, app: dict[str, str]) -> None:
    """A bad uid, name, or another kind of app than a chat."""
    assert weavy.do("alice", "POST", "/api/apps/init", {"app": app}).status == 400


def test_a_trashed_contextual_chat_is_not_made_again(weavy: WeavyDesk) -> None:
    """Its uid is taken while it is in the bin."""
    body = {"app": {"uid": "a"}}
    weavy.do("alice", "POST", "/api/apps/init", body)
    weavy.do("alice", "POST", "/api/apps/2/trash")
    assert weavy.do("alice", "POST", "/api/apps/init", body).status == 404


# --- change


def test_a_room_is_renamed(weavy: WeavyDesk) -> None:
    """204; null clears the name, what is not known is ignored, what is left out stays."""
    seen = []
    for body in ({"type": "ChatRoom", "name": "Film club", "description": "Mondays"}, {"name": None}):
        assert weavy.do("alice", "PATCH", "/api/apps/1", body).status == 204
        seen.append(weavy.get("alice", "/api/conversations/1"))
    assert [one["display_name"] for one in seen] == ["Film club", "Dora Dale, Nils Norman"]
    assert ("name" in seen[1], seen[1]["description"], seen[1]["modified_by_id"]) == (False, "Mondays", 1)


def test_tags_and_metadata(weavy: WeavyDesk) -> None:
    """Kept as they came, left out when empty."""
    weavy.do("alice", "PATCH", "/api/apps/1", {"tags": ["a"], "metadata": {"avatar_url": "mine"}})
    seen = weavy.get("alice", "/api/apps/1")
    assert (seen["tags"], seen["metadata"]) == (["a"], {"avatar_url": "mine"})
    weavy.do("alice", "PATCH", "/api/apps/1", {"tags": [], "metadata": None})
    assert not {"tags", "metadata"} & weavy.get("alice", "/api/apps/1").keys()


def test_the_bin(weavy: WeavyDesk) -> None:
    """Trashed for all members, restored by any of them."""
    assert weavy.do("alice", "POST", "/api/apps/1/trash").data["is_trashed"] is True
    assert weavy.ids("dora") == []
    assert weavy.do("nils", "POST", "/api/apps/1/restore").data["is_trashed"] is False
    assert weavy.ids("dora") == [1]


def test_a_star_is_personal(weavy: WeavyDesk) -> None:
    """For the caller alone, and taken away again."""
    assert weavy.do("alice", "POST", "/api/apps/1/stars").status == 204
    assert [weavy.get(uid, "/api/conversations/1")["is_starred"] for uid in ("alice", "dora")] == [True, False]
    assert weavy.do("alice", "DELETE", "/api/apps/1/stars").status == 204
    assert weavy.get("alice", "/api/apps/1")["is_starred"] is False


# --- members

CHANGES: list[tuple[str, str, Any, list[int]]] = [
    ("POST", "", [15, 16], [1, 4, 14, 15, 16]),
    ("POST", "/", [15, 15, 4], [1, 4, 14, 15]),
    ("PUT", "/15", b"", [1, 4, 14, 15]),
    ("DELETE", "/14", b"", [1, 4]),
    ("DELETE", "/4,14", [4, 14], [1]),
    ("DELETE", "", [14, 99], [1, 4]),
    ("DELETE", "/1", [1], [4, 14]),
]


@pytest.mark.parametrize(("method", "path", "body", "left"), CHANGES)
def test_members_come_and_go(weavy: WeavyDesk, method: str, path: str, body: Any, left: list[int]) -> None:
    """By list, by path, with commas in the path; repeats and strangers change nothing."""
    for uid in ("olga", "paul"):
        weavy.token(uid)
    answer = weavy.do("alice", method, f"/api/apps/1/members{path}", body)
    assert (answer.status, answer.body, members(weavy)) == (200, b"", left)


def test_an_unknown_user_cannot_join(weavy: WeavyDesk) -> None:
    """Nobody is added where one is unknown."""
    assert weavy.do("alice", "POST", "/api/apps/1/members", [4, 99]).status == 400


def test_a_private_chat_keeps_its_members(weavy: WeavyDesk) -> None:
    """Neither more nor fewer."""
    number = weavy.chat("alice", 4)
    changes = [("POST", "", [14]), ("DELETE", "/4", b"")]
    assert [weavy.do("alice", m, f"/api/apps/{number}/members{p}", b).status for m, p, b in changes] == [400, 400]


def test_who_left_sees_it_no_more(weavy: WeavyDesk) -> None:
    """Neither list nor conversation."""
    weavy.do("dora", "DELETE", "/api/apps/1/members/4")
    assert (weavy.ids("dora"), weavy.do("dora", "GET", "/api/conversations/1").status) == ([], 404)


def test_members_are_searched(weavy: WeavyDesk) -> None:
    """By name, with the number of all that fit."""
    found = weavy.get("alice", "/api/apps/1/members?q=nor&top=1")
    assert ([one["uid"] for one in found["data"]], found["count"]) == (["nils"], 1)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("PATCH", ""), ("POST", "/trash"), ("POST", "/stars"), ("GET", "/members"), ("GET", "/messages")],
)
def test_strangers_find_no_app(weavy: WeavyDesk, method: str, path: str) -> None:
    """404 on every path below it."""
    number = weavy.chat("dora", 14)
    body: Any = {} if method == "PATCH" else b""
    assert weavy.do("alice", method, f"/api/apps/{number}{path}", body).status == 404
