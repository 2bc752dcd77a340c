"""What a test can set up and look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from multidict import CIMultiDict
from samples import validator
from woven_calls import PROJECT, RESIDENT

from chatsim.apis.woven.setup import COLLECTIONS
from chatsim.core.api import Call
from chatsim.core.errors import Invalid
from chatsim.core.http import Request

if TYPE_CHECKING:
    from desk import Desk
    from woven_calls import Send

PROJECTS, RESIDENTS, NOTIFICATIONS = COLLECTIONS
NEWCOMER = "b9a4f3de-3c43-4df1-a7a5-1f0f5a6d0e77"
MADE = {
    "projects/{project_id}": {"project_id": PROJECT, "client_ids": ["a"], "member_ids": ["b"]},
    "residents/{woven_id}": {"woven_id": NEWCOMER, "fail_reason": "phone is off"},
}
BODIES: dict[str, Any] = {
    "projects/{project_id}": {"client_ids": ["a"], "member_ids": ["b"]},
    "residents/{woven_id}": {"fail_reason": "phone is off"},
}
IDS = {"project_id": PROJECT.upper(), "woven_id": NEWCOMER.upper()}


def control_call(desk: Desk, body: Any = None, query: str = "", **params: str) -> Call:
    """A call as the control API makes it for a collection."""
    request = Request(method="PUT", path="/_sim", query=query, headers=CIMultiDict())
    world = desk.world
    entry = world.journal.open(0, "request", "woven")
    call = Call(world, desk.simulator.apis["woven"], request, entry, 0, None, params)
    call.body = body
    return call


@pytest.mark.parametrize("collection", [PROJECTS, RESIDENTS], ids=lambda one: one.path)
def test_put_get_list_delete(desk: Desk, collection: Any) -> None:
    """A thing is made, kept, shown, listed and forgotten; the case of a UUID does not matter."""
    call = control_call(desk, BODIES[collection.path], **IDS)
    state = desk.world.state("woven")
    collection_before = collection.list(state, call)
    assert collection.put(state, call) == (True, MADE[collection.path])
    assert collection.put(state, call) == (False, MADE[collection.path])
    assert collection.get(state, call) == MADE[collection.path]
    assert collection.list(state, call) == [*collection_before, MADE[collection.path]]
    assert [collection.delete(state, call), collection.delete(state, call)] == [True, False]
    assert collection.get(state, call) is None


def test_a_project_is_named_by_a_uuid(desk: Desk) -> None:
    """Another name could never be sent for."""
    with pytest.raises(Invalid, match="a project's id is a UUID"):
        PROJECTS.put(desk.world.state("woven"), control_call(desk, {}, project_id="mine"))  # type: ignore[misc]  # it has one


def test_notifications(desk: Desk, send: Send) -> None:
    """They are listed oldest first, all or those of one resident, and have the declared shape."""
    other = RESIDENT[:-1] + "2"
    send(woven_ids=[RESIDENT, other])
    send(message="Bye")
    state = desk.world.state("woven")
    listed = NOTIFICATIONS.list(state, control_call(desk))  # type: ignore[misc]  # it has one
    of_one = NOTIFICATIONS.list(state, control_call(desk, query=f"woven_id={other.upper()}"))  # type: ignore[misc]
    assert [(one["woven_id"], one["message"]) for one in listed] == [
        (RESIDENT, "Hello"),
        (other, "Hello"),
        (RESIDENT, "Bye"),
    ]
    assert [one["message"] for one in of_one] == ["Hello"]
    assert [error.message for error in validator("woven/sim-notifications").iter_errors(listed)] == []
