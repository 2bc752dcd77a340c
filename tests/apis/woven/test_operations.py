"""Who may send for a project, whom a message reaches, and what is said of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from woven_calls import CHAT, MESSAGE, PROJECT, RESIDENT, issue

from chatsim.apis.woven.operations import INFO, MEMBER, UNKNOWN

if TYPE_CHECKING:
    from desk import Desk
    from woven_calls import Send

    from chatsim.apis.woven.state import Woven
    from chatsim.core.world import World

OTHER = "b9a4f3de-3c43-4df1-a7a5-1f0f5a6d0e02"
ABSENT = "b9a4f3de-3c43-4df1-a7a5-1f0f5a6d0e98"
SET_UP = {
    "woven": {
        "projects": {PROJECT: {"client_ids": ["backend"], "member_ids": [OTHER]}},
        "residents": {RESIDENT: {}, OTHER: {}, ABSENT: {"fail_reason": "phone is off"}},
    }
}


@pytest.fixture
def listed(desk: Desk) -> World:
    """A world where only what was set up exists."""
    return desk.make_world("listed", accounts="listed", fixture=SET_UP)


def shown(world: World, woven_id: str | None = None) -> list[tuple[str, str]]:
    """What phones have shown: to whom, and which text."""
    state: Woven = world.state("woven")
    return [(one["woven_id"], one["message"]) for one in state.notifications(woven_id)]


@pytest.mark.parametrize("path", [CHAT, CHAT + "/"])
def test_both_spellings_of_the_path(desk: Desk, path: str) -> None:
    """The curl call has no slash at its end, the schema has one; both send."""
    answer = desk.ask("POST", path, MESSAGE, token=issue(desk))
    assert (answer.status, answer.bug) == (200, "")
    assert answer.data == {"success": True, "data": {"errors": []}, "info": INFO}
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


def test_a_message_is_shown(desk: Desk, send: Send) -> None:
    """What was sent is what the resident's phone shows, with sender and moment."""
    send()
    assert list(desk.world.state("woven").notifications()) == [
        {
            "message_id": "f45947b6-ae59-4bcb-aaed-b56174d2d908",
            "at": "2026-01-01T12:00:00.000Z",
            "woven_id": RESIDENT,
            "project_id": PROJECT,
            "client_id": "backend",
            "message": "Hello",
        }
    ]


def test_the_same_call_twice_sends_twice(desk: Desk, send: Send) -> None:
    """There is no key that would make two calls one."""
    send()
    send()
    assert shown(desk.world) == [(RESIDENT, "Hello")] * 2


def test_an_id_twice_is_one_delivery(desk: Desk, send: Send) -> None:
    """Duplicates in the list, in whatever case of letters, are shown once, in the first spelling."""
    send(woven_ids=[RESIDENT.upper(), RESIDENT, OTHER, RESIDENT])
    assert shown(desk.world) == [(RESIDENT.upper(), "Hello"), (OTHER, "Hello")]


def test_an_empty_list_and_an_empty_text(desk: Desk, send: Send) -> None:
    """The schema allows both: the call succeeds, and nothing is shown."""
    assert send(message="", woven_ids=[]).data["success"] is True
    assert shown(desk.world) == []


def test_a_thousand_residents(desk: Desk, send: Send) -> None:
    """One call reaches all that it names."""
    many = [f"b9a4f3de-3c43-4df1-a7a5-{number:012x}" for number in range(1000)]
    assert send(woven_ids=many).data["data"]["errors"] == []
    assert len(shown(desk.world)) == 1000


def test_reasons_are_grouped(listed: World, send: Send) -> None:
    """Ids that fail for the same reason share an entry; entries stand in the order of the ids."""
    answer = send(world="listed", woven_ids=["x", ABSENT, OTHER, RESIDENT, "y"])
    assert answer.data == {
        "success": True,
        "data": {
            "errors": [
                {"user_ids": ["x", "y"], "reason": UNKNOWN},
                {"user_ids": [ABSENT], "reason": "phone is off"},
                {"user_ids": [OTHER], "reason": MEMBER},
            ]
        },
        "info": INFO,
    }
    assert shown(listed) == [(RESIDENT, "Hello")]


def test_a_member_is_no_stranger(desk: Desk, send: Send) -> None:
    """A project member whom nobody set up as a resident fails as a member."""
    desk.make_world("bare", accounts="listed", fixture={"woven": {"projects": SET_UP["woven"]["projects"]}})
    answer = send(world="bare", woven_ids=[OTHER.upper()])
    assert answer.data["data"]["errors"] == [{"user_ids": [OTHER.upper()], "reason": MEMBER}]


def test_members_can_be_left_out_silently(desk: Desk, send: Send) -> None:
    """With woven.members = silent a member gets nothing and is not mentioned."""
    world = desk.make_world("silent", fixture=SET_UP, quirks={"woven.members": "silent"})
    assert send(world="silent", woven_ids=[OTHER]).data == {"success": True, "data": {"errors": []}, "info": INFO}
    assert shown(world) == []


@pytest.mark.parametrize(("value", "success"), [("false", False), ("true", True)])
def test_everybody_failed(desk: Desk, send: Send, value: str, success: bool) -> None:
    """The status stays 200; what `success` says then is a quirk."""
    desk.make_world("failing", fixture=SET_UP, quirks={"woven.all-failed": value})
    answer = send(world="failing", woven_ids=[OTHER, ABSENT])
    assert (answer.status, answer.data["success"]) == (200, success)


def test_an_id_that_is_no_uuid_is_unknown(desk: Desk, send: Send) -> None:
    """In an open world only UUIDs become residents; the note says how to make another one."""
    answer = send(woven_ids=["alice"])
    assert answer.data["data"]["errors"] == [{"user_ids": ["alice"], "reason": UNKNOWN}]
    assert answer.notes == ["unknown-resident"]


def test_the_first_client_owns_a_new_project(desk: Desk, send: Send) -> None:
    """In an open world a project belongs to the client that first sent for it; another one is refused."""
    send()
    assert desk.world.state("woven").projects[PROJECT].client_ids == ["backend"]
    answer = send(token=issue(desk, "other"), project_id=PROJECT.upper())
    assert (answer.status, answer.bug, answer.notes) == (403, "", ["foreign-project", "forbidden"])
    assert answer.data == {"statusCode": 403, "error": "Forbidden", "message": "The client does not own this project"}


def test_a_refused_call_makes_nothing(desk: Desk, send: Send) -> None:
    """A call that is refused leaves no project, no resident and no notification behind."""
    send(project_id="none")
    assert desk.world.state("woven") == desk.make_world("fresh").state("woven")


def test_a_set_up_project_without_clients(desk: Desk, send: Send) -> None:
    """It is taken by the first client in an open world, and is nobody's in a listed one."""
    bare: dict[str, Any] = {"woven": {"projects": {PROJECT: {}}, "residents": {RESIDENT: {}}}}
    desk.make_world("open", fixture=bare)
    desk.make_world("closed", fixture=bare, accounts="listed")
    assert [send(world=world).status for world in ("open", "closed")] == [200, 403]


@pytest.mark.parametrize(("value", "status", "phrase"), [("403", 403, "Forbidden"), ("404", 404, "Not Found")])
def test_an_unknown_project(desk: Desk, send: Send, value: str, status: int, phrase: str) -> None:
    """In a listed world an unknown project is refused, with 403 or, by quirk, 404."""
    desk.make_world("strict", accounts="listed", fixture="empty", quirks={"woven.foreign-project": value})
    answer = send(world="strict")
    assert (answer.status, answer.data["error"], answer.bug) == (status, phrase, "")


def test_old_messages_are_forgotten(desk: Desk, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """A world remembers a bounded number of messages, the latest."""
    monkeypatch.setattr("chatsim.apis.woven.state.KEPT", 2)
    monkeypatch.setattr("chatsim.apis.woven.state.AT_ONCE", 1)
    for number in range(5):
        send(message=str(number))
    assert [text for _, text in shown(desk.world)] == ["3", "4"]
