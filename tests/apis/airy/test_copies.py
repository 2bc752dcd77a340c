"""Copies of a world: forks, and snapshots put back under another name or in another server."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Any

import pytest
from desk import Desk
from visitor import AGENT, CHANNEL, Visitor

from chatsim.core.clock import SECOND
from chatsim.core.json import decode, encode
from chatsim.core.snapshot import take

WORLDS = "/_sim/worlds"


def fork(desk: Desk) -> Desk:
    """The default world, forked as `copy`."""
    assert desk.ask("POST", WORLDS, {"name": "copy", "copy_of": "default"}).status == 201
    return desk


def restored(desk: Desk) -> Desk:
    """The default world's snapshot, put back as `copy`."""
    return put_back(desk, written(desk))


def elsewhere(desk: Desk) -> Desk:
    """The default world's snapshot, put back as `copy` in another server."""
    return put_back(Desk(seed="another"), written(desk))


def written(desk: Desk) -> Any:
    """The default world's snapshot, after a way through bytes."""
    return decode(encode(take(desk.world)))


def put_back(desk: Desk, document: Any) -> Desk:
    """Put a document back as `copy`."""
    assert desk.ask("POST", WORLDS, {"name": "copy"}).status == 201
    assert desk.ask("PUT", f"{WORLDS}/copy/snapshot", document).status == 200
    return desk


def statuses(desk: Desk, visitor: Visitor, resume_token: str, world: str) -> list[int]:
    """How a world takes an auth token, in two calls, and a resume token."""
    asked = [
        desk.ask("POST", "/chatplugin.send", {"message": 1}, token=visitor.token, world=world),
        desk.ask("POST", "/chatplugin.resumeToken", {}, token=visitor.token, world=world),
        desk.ask("POST", "/chatplugin.authenticate", {"resume_token": resume_token}, world=world),
    ]
    return [answer.status for answer in asked]


@pytest.mark.parametrize("copied", [fork, restored, elsewhere])
def test_a_copy_knows_the_visitors_of_before(desk: Desk, copied: Callable[[Desk], Desk]) -> None:
    """Both kinds of token are good in it, and in no world beside it."""
    visitor = Visitor(desk)
    visitor.send("Hello")
    resume_token = visitor.ask("resumeToken", {}).data["resume_token"]
    there = copied(desk)
    assert statuses(there, visitor, resume_token, "copy") == [200, 200, 200]
    assert statuses(there, visitor, resume_token, "unrelated") == [401, 401, 401]


def test_a_copy_of_a_copy_knows_them_too(desk: Desk) -> None:
    """The secret goes along however often."""
    visitor = Visitor(desk)
    visitor.send("Hello")
    fork(desk).ask("POST", WORLDS, {"name": "again", "copy_of": "copy"})
    assert desk.ask("POST", "/chatplugin.send", {"message": 1}, token=visitor.token, world="again").status == 200


def conversation_of(visitor: Visitor) -> str:
    """The conversation that a visitor's token is for."""
    name: str = decode(urlsafe_b64decode(visitor.token.split(".")[1] + "=="))["conversation_id"]
    return name


def resumable(desk: Desk, world: str, conversation_id: str) -> str:
    """A resume token that an agent gets for a conversation."""
    body = {"conversation_id": conversation_id, "channel_id": CHANNEL}
    token: str = desk.ask("POST", "/chatplugin.resumeToken", body, token=AGENT, world=world).data["resume_token"]
    return token


def resumed(desk: Desk, resume_token: str, world: str) -> int:
    """How a world takes a resume token."""
    return desk.ask("POST", "/chatplugin.authenticate", {"resume_token": resume_token}, world=world).status


@pytest.mark.parametrize("later_s", [0, 1])
@pytest.mark.parametrize(("giver", "other"), [("default", "copy"), ("copy", "default"), ("copy", "again")])
def test_what_is_given_out_after_a_fork_is_nothing_to_the_other(
    desk: Desk, giver: str, other: str, later_s: int
) -> None:
    """Within the same second and after it: the next conversation's id is the same in both."""
    Visitor(desk).send("Hello")
    fork(desk).ask("POST", WORLDS, {"name": "again", "copy_of": "copy"})
    desk.time += later_s * SECOND
    visitor, namesake = Visitor(desk, world=giver), Visitor(desk, world=other)
    assert conversation_of(visitor) == conversation_of(namesake)
    namesake.send("Mine")
    assert statuses(desk, visitor, resumable(desk, giver, conversation_of(visitor)), other) == [401, 401, 401]


def test_a_conversation_of_before_gets_no_token_elsewhere_later(desk: Desk) -> None:
    """A second after the fork each world speaks for itself alone, also for those whom both know."""
    known = Visitor(desk)
    known.send("Hello")
    fork(desk)
    desk.time += SECOND
    late = resumable(desk, "default", conversation_of(known))
    assert [resumed(desk, late, world) for world in ("default", "copy")] == [200, 401]


def test_a_copy_knows_conversations_that_were_set_up(desk: Desk) -> None:
    """Their ids have no number."""
    name = "aaaaaaaa-0000-4000-8000-000000000001"
    body = {"channel_id": CHANNEL, "messages": [{"message": 1}]}
    assert desk.ask("PUT", f"{WORLDS}/default/airy/conversations/{name}", body).status == 201
    given = resumable(desk, "default", name)
    assert resumed(fork(desk), given, "copy") == 200


def test_a_snapshot_put_back_where_it_was_changes_nothing(desk: Desk) -> None:
    """Its own secret is no former one."""
    visitor = Visitor(desk)
    visitor.send("Hello")
    put = desk.ask("PUT", f"{WORLDS}/default/snapshot", written(desk))
    assert (put.status, desk.world.state("airy").formers) == (200, [])
    assert visitor.send("Again").status == 200


def test_a_copy_that_comes_home_knows_both(desk: Desk) -> None:
    """Under the world's own key and under that of the copy, which is named once however often it goes to and fro."""
    fork(desk)
    there = Visitor(desk, world="copy")
    there.send("Hello")
    for world in ("default", "copy", "default"):
        document = decode(encode(take(desk.simulator.worlds["copy" if world == "default" else "default"])))
        assert desk.ask("PUT", f"{WORLDS}/{world}/snapshot", document).status == 200
    assert desk.ask("POST", "/chatplugin.send", {"message": 1}, token=there.token).status == 200
    assert len(desk.world.state("airy").formers) == 1


def test_a_bundle_of_a_fork_masks_every_secret(desk: Desk) -> None:
    """The former one is as good as the other."""
    Visitor(desk).send("Hello")
    shown = fork(desk).ask("GET", f"{WORLDS}/copy/bundle").data["last"]["states"]["airy"]
    assert [shown["secret"], *(one["secret"] for one in shown["formers"])] == ["***", "***"]


@pytest.mark.parametrize(("member", "value"), [("secret", ""), ("secret", "no hex"), ("until", -1), ("given", 2**40)])
def test_a_former_secret_that_is_none_is_refused(desk: Desk, member: str, value: Any) -> None:
    """422 with where it stands."""
    Visitor(desk).send("Hello")
    document = decode(encode(take(fork(desk).simulator.worlds["copy"])))
    document["states"]["airy"]["formers"][0][member] = value
    answer = desk.ask("PUT", f"{WORLDS}/default/snapshot", document)
    assert (answer.status, answer.data["errors"][0]["pointer"]) == (422, f"/states/airy/formers/0/{member}")


def test_a_reset_copy_is_a_world_of_its_own(desk: Desk) -> None:
    """It goes back to its fixture, and to a secret of its own."""
    visitor = Visitor(desk)
    visitor.send("Hello")
    fork(desk).ask("POST", f"{WORLDS}/copy/reset")
    assert desk.ask("POST", "/chatplugin.send", {"message": 1}, token=visitor.token, world="copy").status == 401


def test_a_snapshot_without_a_secret_still_has_one(desk: Desk) -> None:
    """The world's own, as before secrets were kept; never the empty one."""
    visitor = Visitor(desk)
    visitor.send("Hello")
    document = written(desk)
    del document["states"]["airy"]["secret"]
    assert desk.ask("PUT", f"{WORLDS}/default/snapshot", document).status == 200
    put_back(desk, document)
    asked = [
        desk.ask("POST", "/chatplugin.send", {"message": 1}, token=visitor.token, world=world)
        for world in ("default", "copy")
    ]
    assert [answer.status for answer in asked] == [200, 401]


def test_a_secret_that_is_none_is_refused(desk: Desk) -> None:
    """422, and the world is as it was."""
    visitor = Visitor(desk)
    document = written(desk)
    document["states"]["airy"]["secret"] = "no hex"
    assert desk.ask("PUT", f"{WORLDS}/default/snapshot", document).status == 422
    assert visitor.send("Hello").status == 200
