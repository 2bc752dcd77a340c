"""What a test sets up: users, keys and conversations, and the documented world."""

from typing import Any

import pytest
from weavy_desk import KEY, WeavyDesk

from chatsim.core.errors import ApiError
from chatsim.core.inner import collection_call
from chatsim.core.pipeline import begin


def collection(weavy: WeavyDesk, path: str, act: str, body: Any = None, **params: str) -> Any:
    """Use a collection: `put`, `get`, `delete` or `list`."""
    simulator, world = weavy.desk.simulator, weavy.desk.world
    api = simulator.apis["weavy"]
    found = next(one for one in api.collections if one.path.startswith(path))
    outer = begin(simulator, world, simulator.own_request).call
    outer.body, outer.params = body, params
    call = collection_call(simulator, world, api, found, outer)
    return getattr(found, act)(world.state("weavy"), call)


def test_the_documented_world(weavy: WeavyDesk) -> None:
    """Users 1, 4 and 14, and conversation 1 with a message that user 1 has not read (A16)."""
    assert [one["id"] for one in collection(weavy, "users", "list")] == [1, 4, 14]
    (shown,) = collection(weavy, "conversations", "list")
    assert (shown["id"], shown["message_count"], shown["messages"][0]["id"]) == (1, 1, 1)
    assert weavy.get("alice", "/api/conversations/badge")["rooms"] == 1


def test_a_world_of_ones_own() -> None:
    """A fixture has the bodies of the collections, by their names."""
    fixture = {
        "users": {"ann": {"is_admin": True, "tags": ["x"]}, "ben": {"id": 7}},
        "keys": {"mine": {}, "not-mine": {"allowed": False}},
        "conversations": {
            "5": {"type": "private", "members": ["ben", "ann"], "messages": [{"uid": "ann", "text": "a"}]}
        },
    }
    weavy = WeavyDesk()
    weavy.desk.make_world("own", fixture={"weavy": fixture})
    answers = [weavy.ask("GET", "/api/conversations/5", token=key, world="own") for key in ("mine", "not-mine")]
    assert [answer.status for answer in answers] == [200, 401]
    assert [member["id"] for member in answers[0].data["members"]] == [7, 1]


def test_a_user_is_set_up_with_a_number(weavy: WeavyDesk) -> None:
    """Made, then changed."""
    made = [collection(weavy, "users", "put", body, uid="olga")[0] for body in ({"id": 20, "name": "O"}, {"name": "P"})]
    shown = collection(weavy, "users", "get", uid="20")
    assert (made, shown["uid"], shown["name"]) == ([True, False], "olga", "P")
    assert weavy.get("paul", "/api/user")["id"] == 21


@pytest.mark.parametrize(
    ("uid", "body", "status"), [("olga", {"id": 4}, 409), ("dora", {"id": 9}, 409), ("two words", {}, 400)]
)
def test_a_user_that_cannot_be_set_up(weavy: WeavyDesk, uid: str, body: dict[str, Any], status: int) -> None:
    """A number that is another's, another number for a user, an identifier that cannot be."""
    with pytest.raises(ApiError) as refused:
        collection(weavy, "users", "put", body, uid=uid)
    assert refused.value.status == status


def test_a_deleted_user_is_locked_out(weavy: WeavyDesk) -> None:
    """Tokens end, what was written stays, and putting brings the user back."""
    token = weavy.token("dora")
    assert [collection(weavy, "users", "delete", uid="dora") for _ in range(2)] == [True, False]
    assert weavy.ask("GET", "/api/user", token=token).status == 401
    assert weavy.get("alice", "/api/conversations/1")["last_message"]["created_by"]["uid"] == "dora"
    assert weavy.do("alice", "POST", "/api/conversations", {"members": [4]}).status == 400
    collection(weavy, "users", "put", {}, uid="dora")
    assert weavy.do("dora", "GET", "/api/user").status == 200


def test_a_key_is_refused_and_forgotten(weavy: WeavyDesk) -> None:
    """What is set up beats what the world would accept."""
    statuses = []
    for act, body in (("put", {"allowed": False}), ("put", {}), ("delete", None)):
        collection(weavy, "keys", act, body, key=KEY)
        statuses.append(weavy.ask("GET", "/api/users", token=KEY).status)
    assert statuses == [401, 200, 200]
    assert (collection(weavy, "keys", "get", key=KEY), collection(weavy, "keys", "list")) == (None, [])


def test_keys_are_shown(weavy: WeavyDesk) -> None:
    """One and all."""
    collection(weavy, "keys", "put", None, key="k")
    shown = {"key": "k", "allowed": True}
    assert (collection(weavy, "keys", "get", key="k"), collection(weavy, "keys", "list")) == (shown, [shown])


def test_a_conversation_is_set_up(weavy: WeavyDesk) -> None:
    """With number, maker, members and messages."""
    body = {
        "type": "contextual", "uid": "invoice-7", "name": "Invoice", "created_by": "dora", "members": ["alice", "dora"],
        "tags": ["t"], "description": "d", "messages": [{"uid": "dora", "text": "a"}, {"uid": "alice", "text": "b"}],
    }  # fmt: skip
    made, shown = collection(weavy, "conversations", "put", body, id="12")
    assert (made, shown["created_by_id"], shown["message_count"], shown["tags"]) == (True, 4, 2, ["t"])
    assert collection(weavy, "conversations", "get", id="12") == shown
    assert weavy.chat("alice", 4) == 13


BAD: list[tuple[str, dict[str, Any], int]] = [
    ("x", {"type": "room", "members": ["alice"]}, 400),
    ("0", {"type": "room", "members": ["alice"]}, 400),
    ("1", {"type": "room", "members": ["alice"]}, 409),
    ("3", {"type": "room", "members": ["olga"]}, 400),
    ("3", {"type": "private", "members": ["alice"]}, 400),
    ("3", {"type": "private", "members": ["dora", "DORA"]}, 400),
    ("3", {"type": "private", "members": ["alice", "nils"]}, 409),
    ("3", {"type": "contextual", "members": ["alice"]}, 409),
    ("3", {"type": "room", "members": ["alice"], "messages": [{"uid": "olga", "text": "x"}]}, 400),
]


@pytest.mark.parametrize(("number", "body", "status"), BAD)
def test_a_conversation_that_cannot_be_set_up(weavy: WeavyDesk, number: str, body: dict[str, Any], status: int) -> None:
    """Nothing is made."""
    weavy.chat("alice", 14)
    with pytest.raises(ApiError) as refused:
        collection(weavy, "conversations", "put", body, id=number)
    assert (refused.value.status, len(collection(weavy, "conversations", "list"))) == (status, 2)


@pytest.mark.parametrize("number", ["9", "x"])
def test_what_is_not_there_is_not_shown(weavy: WeavyDesk, number: str) -> None:
    """Neither an unknown number nor none."""
    assert collection(weavy, "conversations", "get", id=number) is None


def test_a_picture_needs_no_token(weavy: WeavyDesk) -> None:
    """`<img>` sends none; a name is drawn as initials, its signs escaped."""
    weavy.ask("PUT", "/api/users/dora", {"name": "<D & co"}, token=KEY)
    for path, initials in (("users/4", "&lt;&amp;"), ("conversations/1", "RC")):
        picture = weavy.ask("GET", f"/api/{path}/avatar.svg")
        assert (picture.status, picture.headers["Content-Type"]) == (200, "image/svg+xml")
        assert f">{initials}</text>" in picture.body.decode()


@pytest.mark.parametrize("path", ["users/9", "users/x", "conversations/9"])
def test_a_picture_of_nobody(weavy: WeavyDesk, path: str) -> None:
    """404."""
    assert weavy.ask("GET", f"/api/{path}/avatar.svg").status == 404


def test_an_address_follows_the_base_of_the_caller(weavy: WeavyDesk) -> None:
    """Pictures are where the caller came from."""
    seen = weavy.do("alice", "GET", "/api/conversations/1", host="127.0.0.1:9").data
    assert seen["avatar_url"] == "http://127.0.0.1:9/api/conversations/1/avatar.svg"


def test_a_public_address_beats_the_callers() -> None:
    """In answers and in events."""
    weavy = WeavyDesk(public_url="https://chat.example")
    hub = weavy.hub("alice", "app_created")
    weavy.chat("dora", 1)
    addresses = [weavy.get("alice", "/api/user")["avatar_url"], hub.heard[0][1]["app"]["avatar_url"]]
    assert addresses == [f"https://chat.example/api/users/{number}/avatar.svg" for number in (1, 4)]
