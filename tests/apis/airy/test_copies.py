"""Copies of a world: forks, and snapshots put back under another name or in another server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from desk import Desk
from visitor import Visitor

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
