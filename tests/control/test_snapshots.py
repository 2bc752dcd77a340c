"""Taking a world along, putting it back, and forking it."""

from typing import Any

import pytest
from desk import Desk

from chatsim.core.effects import Dispose

WORLDS = "/_sim/worlds"
CLIENT = "keycloak/realms/woven/clients/bot"
TOKEN = "/auth/realms/woven/protocol/openid-connect/token"
USERINFO = "/auth/realms/woven/protocol/openid-connect/userinfo"


@pytest.fixture
def grown(desk: Desk) -> Desk:
    """A world `a` that was set up."""
    desk.ask("POST", WORLDS, {"name": "a", "seed": "s", "labels": {"k": "v"}, "clock": {"mode": "frozen"}})
    desk.ask("PUT", f"{WORLDS}/a/{CLIENT}", {"secret": "s"})
    desk.ask("PATCH", f"{WORLDS}/a/quirks", {"keycloak.unknown-user": "400"})
    desk.ask("POST", f"{WORLDS}/a/faults", {"act": {"status": 503}, "match": {"path": "/never"}})
    return desk


def log_in(desk: Desk, world: str) -> str:
    """A token of the client that was set up."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = b"grant_type=client_credentials&client_id=bot&client_secret=s&scope=openid"
    token: str = desk.ask("POST", TOKEN, body, headers=form, world=world).data["access_token"]
    return token


def test_a_snapshot_restores_what_was(grown: Desk) -> None:
    """State, switches and faults, whatever happened since."""
    before = grown.ask("GET", f"{WORLDS}/a/snapshot")
    assert (before.status, before.bug) == (200, "")
    grown.ask("DELETE", f"{WORLDS}/a/{CLIENT}")
    grown.ask("DELETE", f"{WORLDS}/a/faults")
    answer = grown.ask("PUT", f"{WORLDS}/a/snapshot", before.data)
    assert (answer.status, answer.data["labels"], answer.effects) == (200, {"k": "v"}, (Dispose(code=1012),))
    assert grown.ask("GET", f"{WORLDS}/a/snapshot").data == before.data
    assert grown.ask("GET", f"{WORLDS}/a/{CLIENT}").status == 200
    assert len(grown.ask("GET", f"{WORLDS}/a/faults").data["faults"]) == 1


def test_a_world_keeps_its_own_end(grown: Desk) -> None:
    """The default world does not go away because what it goes on from was to."""
    grown.ask("POST", WORLDS, {"name": "b", "ttl_s": 9})
    grown.ask("PUT", f"{WORLDS}/default/snapshot", grown.ask("GET", f"{WORLDS}/b/snapshot").data)
    assert grown.ask("GET", f"{WORLDS}/default").data["ttl_s"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"format": 99},
        {"format": 1},
        {"format": "1"},
        {"format": 1, "states": {"nope": {}}},
        [],
        {"format": True},
    ],
)
def test_what_is_no_snapshot(grown: Desk, body: Any) -> None:
    """422, and the world is as it was."""
    before = grown.ask("GET", f"{WORLDS}/a/snapshot").data
    assert grown.ask("PUT", f"{WORLDS}/a/snapshot", body).status == 422
    assert grown.ask("GET", f"{WORLDS}/a/snapshot").data == before


def test_a_fork_goes_on_from_there(grown: Desk) -> None:
    """Everything that was set up, with an own name, own labels, and no share in what comes."""
    answer = grown.ask("POST", WORLDS, {"name": "b", "copy_of": "a", "ttl_s": 9})
    assert (answer.status, answer.bug) == (201, "")
    shown = {name: answer.data[name] for name in ("seed", "labels", "ttl_s", "quirks")}
    assert shown == {"seed": "s", "labels": {}, "ttl_s": 9, "quirks": {"keycloak.unknown-user": "400"}}
    grown.ask("DELETE", f"{WORLDS}/b/{CLIENT}")
    assert grown.ask("GET", f"{WORLDS}/a/{CLIENT}").status == 200


def test_a_fork_knows_the_tokens_of_before(grown: Desk) -> None:
    """A test logs in once, and forks per case; what is issued afterwards stays apart."""
    early = log_in(grown, "a")
    grown.ask("POST", WORLDS, {"name": "b", "copy_of": "a"})
    late = log_in(grown, "a")
    statuses = [grown.ask("GET", USERINFO, token=token, world="b").status for token in (early, late)]
    assert statuses == [grown.ask("GET", USERINFO, token=early, world="a").status, 401]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"copy_of": "nope"}, "/copy_of"),
        ({"copy_of": "a", "seed": "t"}, "/seed"),
        ({"copy_of": 1}, "/copy_of"),
    ],
)
def test_forks_that_cannot_be(grown: Desk, body: dict[str, Any], pointer: str) -> None:
    """422, and no world."""
    answer = grown.ask("POST", WORLDS, {"name": "b", **body})
    assert answer.status == 422
    assert answer.data["errors"][0]["pointer"] == pointer
    assert grown.ask("GET", f"{WORLDS}/b").status == 404
