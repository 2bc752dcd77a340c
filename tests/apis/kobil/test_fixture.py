"""What a world begins with."""

from __future__ import annotations

from typing import Any

import pytest
from desk import Desk
from kobil_desk import SERVICE, KobilDesk, text

from chatsim.core.errors import ApiError
from chatsim.core.world import WorldOptions

SENT = {"tenant": "flutter", "user": "john", "message": text("Welcome", instanceId="first")}


def make(desk: KobilDesk, fixture: dict[str, Any]) -> Any:
    """The state of a world with this fixture."""
    return desk.simulator.create("made", WorldOptions(fixture={"kobil": fixture})).state("kobil")


def test_documented_world_has_the_samples_parties(desk: KobilDesk) -> None:
    """Both services and all users of the document's samples are there."""
    state = desk.world.state("kobil")
    assert (SERVICE in state.services, state.users["john.doe@gmail.com"].tenants) == (True, ["johndoe123"])


def test_messages_are_there_without_callbacks(desk: KobilDesk) -> None:
    """A message of a fixture counts as sent: the user can answer it, and nothing was posted."""
    fixture = {"services": {SERVICE: {"callback_url": "http://127.0.0.1/cb"}}, "messages": [SENT]}
    make(desk, fixture)
    assert desk.posted("made") == []
    assert desk.act("send-text", world="made", text="Thanks")["instanceId"] == "first"


@pytest.mark.parametrize(
    "fixture",
    [
        {"rooms": {}},
        {"services": {"s": {"callback_url": 5}}},
        {"users": {"u": {}}},
        {"messages": [{**SENT, "message": text(version=2)}]},
        {"messages": [{**SENT, "message": text(messageType="init")}]},
    ],
)
def test_impossible_fixture_is_refused(desk: KobilDesk, fixture: dict[str, Any]) -> None:
    """What no PUT and no send would accept cannot be in a fixture."""
    with pytest.raises(ApiError):
        make(desk, fixture)


def test_realm_of_a_fixture_is_a_tenant_from_the_start() -> None:
    """A tenant that only the token server's fixture knows exists before its first token: 401, not 404."""
    desk = Desk()
    desk.make_world("made", fixture={"keycloak": {"realms": {"acme": {}}}}, accounts="listed")
    answer = desk.ask("POST", "/auth/realms/acme/mpower/v1/users/john/message", text(), world="made")
    assert (answer.status, answer.data) == (401, {"error": "HTTP 401 Unauthorized"})
