"""Collections and triggers as the control API serves them for every API."""

from typing import Any

import pytest
from desk import Desk

from chatsim.control.problems import render
from chatsim.core.api import Api, Call, Collection, Trigger
from chatsim.core.effects import Elsewhere, Push
from chatsim.core.errors import Conflict
from chatsim.core.http import Part, Reply
from chatsim.core.media import Blob
from chatsim.core.routing import Territory

WORLD = "/_sim/worlds/default"
CLIENTS = f"{WORLD}/keycloak/realms/woven/clients"
WHO = {"tenant": "flutter", "service": "shop", "user": "ann"}


def test_a_thing_is_put_looked_at_and_deleted(desk: Desk) -> None:
    """201, then 200 with the object; 204, then 404 that names the PUT."""
    answer = desk.ask("PUT", f"{CLIENTS}/my%2Fbot", {"secret": "s"})
    assert (answer.status, answer.data["client_id"], answer.bug) == (201, "my/bot", "")
    assert desk.ask("PUT", f"{CLIENTS}/my%2Fbot", {"secret": "t"}).status == 200
    assert desk.ask("GET", f"{CLIENTS}/my%2Fbot").data["secret"] == "t"
    assert desk.ask("DELETE", f"{CLIENTS}/my%2Fbot").status == 204
    answer = desk.ask("GET", f"{CLIENTS}/my%2Fbot")
    assert answer.status == 404
    assert f"PUT {CLIENTS}/my%2Fbot" in answer.data["detail"]
    assert desk.ask("DELETE", f"{CLIENTS}/my%2Fbot").status == 404


def test_a_collection_is_listed_in_pieces(desk: Desk) -> None:
    """In the API's order."""
    desk.make_world("a", fixture="empty")
    clients = "/_sim/worlds/a/keycloak/realms/r/clients"
    for name in "xyz":
        assert desk.ask("PUT", f"{clients}/{name}", {"secret": "s"}).status == 201
    first = desk.ask("GET", f"{clients}?limit=2").data
    second = desk.ask("GET", f"{clients}?limit=2&after={first['next']}").data
    assert [one["client_id"] for one in first["items"] + second["items"]] == ["x", "y", "z"]


def test_a_body_is_held_to_the_apis_schema(desk: Desk) -> None:
    """422 with a pointer."""
    answer = desk.ask("PUT", f"{CLIENTS}/bot", {"secrte": "s"})
    assert answer.status == 422
    assert [one["pointer"] for one in answer.data["errors"]] == ["/secrte"]


@pytest.mark.parametrize(
    ("method", "path", "body", "pointers"),
    [
        ("PUT", "woven/projects/p1", {}, ["/project_id"]),
        ("PUT", "airy/channels/shop", {}, ["/channel_id"]),
        ("PUT", "weavy/conversations/x", {"type": "room", "members": ["bear"]}, ["/id"]),
        ("PUT", "weavy/conversations/9", {"type": "room", "members": ["bear", "nobody"]}, ["/members/1"]),
        ("PUT", "weavy/conversations/9", {"type": "private", "members": ["bear"]}, ["/members"]),
        ("PUT", "weavy/users/a%20b", {}, ["/uid"]),
        ("POST", "kobil/open-chat", {}, [""]),
        ("POST", "kobil/send-attachment", {**WHO, "fixture": "no.txt"}, ["/fixture"]),
        ("PUT", "snapshot", {"format": 99}, [""]),
    ],
)
def test_what_no_schema_can_judge_has_a_pointer(
    desk: Desk, method: str, path: str, body: dict[str, Any], pointers: list[str]
) -> None:
    """A parameter of the path is `/name`, what is wrong with no single member the whole body."""
    desk.ask("PUT", f"{WORLD}/weavy/users/bear", {})
    answer = desk.ask(method, f"{WORLD}/{path}", body)
    assert (answer.status, answer.bug) == (422, "")
    assert [one["pointer"] for one in answer.data["errors"]] == pointers


def test_worlds_keep_apart(desk: Desk) -> None:
    """What is set up in one world is in no other."""
    desk.make_world("a")
    desk.ask("PUT", "/_sim/worlds/a/keycloak/realms/woven/clients/bot", {"secret": "s"})
    assert desk.ask("GET", f"{CLIENTS}/bot").status == 404


def _shout(state: None, call: Call) -> Reply:
    """A trigger that pushes what it was told."""
    if call.body.get("token") == "":
        raise Conflict("nothing to shout")
    if call.body.get("token") == "bug":
        raise RuntimeError("broken")
    body = {"message_id": "m1", "base": call.base_url, "file": getattr(call.body.get("file"), "filename", None)}
    return Reply(body=body, effects=(Push(topic="t", event="shouted", body=call.body["token"]),))


def _trigger(name: str, *, multipart: bool = False) -> Trigger:
    return Trigger(name=name, title="Shout", schema="_sim/login", run=_shout, multipart=multipart)


PARROT = Api(
    name="parrot",
    title="Parrot",
    document="none",
    emulates="a bird",
    territory=(Territory("/parrot"),),
    routes=(),
    render=render,
    triggers=(_trigger("shout"), _trigger("send-file", multipart=True)),
    collections=(Collection(path="words", title="Words", list=lambda state, call: [call.base_url]),),
)


@pytest.fixture
def aviary() -> Desk:
    """A simulator with one API that was declared here."""
    return Desk(apis=[PARROT])


def test_a_trigger_acts_as_the_other_party(aviary: Desk) -> None:
    """One journal entry of its own kind; its effects happen in the world, as that API, caused by that entry."""
    aviary.make_world("a")
    answer = aviary.ask("POST", "/_sim/worlds/a/parrot/shout", {"token": "hello"})
    assert (answer.status, answer.bug) == (200, "")
    assert answer.data == {
        "message_id": "m1",
        "base": "http://localhost:8080/w/a",
        "file": None,
        "entry": 1,
        "deliveries": [],
    }
    world = aviary.simulator.worlds["a"]
    push = Push(topic="t", event="shouted", body="hello")
    assert answer.effects == (Elsewhere(world=world, effects=(push,), api="parrot", cause=1),)
    (entry,) = world.journal
    assert (entry.kind, entry.api, entry.operation, entry.body) == ("trigger", "parrot", "shout", {"token": "hello"})


def test_the_entry_of_a_trigger_has_its_body(aviary: Desk) -> None:
    """With its size, so that it can be told from one that was too long to keep."""
    raw = b'{"token":"hello"}'
    aviary.ask("POST", "/_sim/worlds/default/parrot/shout", raw)
    (entry,) = aviary.world.journal
    assert (entry.request_body, entry.request_size) == (raw, len(raw))


def test_a_trigger_that_cannot_act_says_why(aviary: Desk) -> None:
    """The API's refusal as a problem, and an entry."""
    answer = aviary.ask("POST", f"{WORLD}/parrot/shout", {"token": ""})
    assert (answer.status, answer.data["detail"], answer.effects) == (409, "nothing to shout", ())
    assert [entry.status for entry in aviary.world.journal] == [409]


def test_a_broken_trigger_is_a_bug(aviary: Desk) -> None:
    """500 without a traceback; the entry holds it."""
    answer = aviary.ask("POST", f"{WORLD}/parrot/shout", {"token": "bug"})
    assert answer.status == 500
    assert "Traceback" not in answer.body.decode()
    assert ["RuntimeError: broken" in entry.bug for entry in aviary.world.journal] == [True]


def test_a_triggers_body_is_held_to_its_schema(aviary: Desk) -> None:
    """Nothing happens, not even an entry."""
    answer = aviary.ask("POST", f"{WORLD}/parrot/shout", {"tokn": "x"})
    assert answer.status == 422
    assert len(aviary.world.journal) == 0


def _part(name: str, data: bytes, filename: str | None = None) -> Part:
    return Part(name=name, filename=filename, content_type="text/plain", blob=Blob.of(data))


FORM = {"Content-Type": "multipart/form-data; boundary=x"}


def test_a_file_comes_as_a_part_of_a_form(aviary: Desk) -> None:
    """Fields are the body's members, files stay parts."""
    parts = (_part("token", b"x"), _part("file", b"bytes", "a.txt"))
    answer = aviary.ask("POST", f"{WORLD}/parrot/send-file", parts=parts, headers=FORM)
    assert (answer.status, answer.data["file"]) == (200, "a.txt")


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        (None, 400),
        ((), 422),
        ((_part("wait_s", b"soon"),), 400),
        ((_part("wait_s", b"NaN"),), 400),
        ((_part("token", b"\xff"),), 400),
        ((_part("token", b"x"), _part("token", b"y")), 422),
        ((_part("token", b"x"), _part("nonsense", b"bytes", "a.txt")), 422),
        ((_part("token", b"x"), _part("file", b"no file")), 422),
        ((_part("token", b"x", "a.txt"),), 422),
    ],
)
def test_forms_that_cannot_be(aviary: Desk, parts: tuple[Part, ...] | None, status: int) -> None:
    """Broken, incomplete, or with fields that are no text."""
    assert aviary.ask("POST", f"{WORLD}/parrot/send-file", parts=parts, headers=FORM).status == status


@pytest.mark.parametrize("name", ["token", "wait_s", "picture"])
def test_only_one_part_is_a_file(aviary: Desk, name: str) -> None:
    """A member that came as a file, or a file by another name, is refused at its pointer."""
    parts = (_part("token", b"x"), _part(name, b"bytes", "a.txt"))
    answer = aviary.ask("POST", f"{WORLD}/parrot/send-file", parts=parts, headers=FORM)
    assert (answer.status, answer.data["errors"][0]["pointer"], answer.bug) == (422, f"/{name}", "")


def test_the_same_trigger_takes_json(aviary: Desk) -> None:
    """Where no file has to be sent."""
    assert aviary.ask("POST", f"{WORLD}/parrot/send-file", {"token": "x"}).status == 200
    assert aviary.ask("POST", f"{WORLD}/parrot/send-file", {"tokn": "x"}).status == 422
    assert aviary.ask("POST", f"{WORLD}/parrot/send-file", b"{").status == 400


def test_a_collection_sees_the_worlds_address(aviary: Desk) -> None:
    """Links in what is shown lead into the world."""
    aviary.make_world("a")
    assert aviary.ask("GET", "/_sim/worlds/a/parrot/words").data["items"] == ["http://localhost:8080/w/a"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("woven/notifications?woven_id=a", 200), ("woven/notifications?woven-id=a", 422), ("kobil/messages?user=a", 200)],
)
def test_a_misspelt_filter_is_refused(path: str, status: int) -> None:
    """Rather than skipped, which would show everything."""
    answer = Desk().ask("GET", f"/_sim/worlds/default/{path}")
    assert (answer.status, answer.bug) == (status, "")
