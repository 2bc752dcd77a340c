"""What Woven City keeps in a world: projects, residents, and the notifications that residents' phones have shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from chatsim.core.clock import rfc3339
from chatsim.core.formats import is_uuid
from chatsim.core.world import World

KEPT: Final = 50_000
"""How many messages a world remembers; the oldest leave, so that a long run does not fill the memory."""
AT_ONCE: Final = 500


class Project(msgspec.Struct, gc=False):
    """A project: the clients that may send for it, and the woven ids of its members."""

    client_ids: list[str] = []
    member_ids: list[str] = []


class Resident(msgspec.Struct, gc=False):
    """A user of the Woven City App; with a `fail_reason` nothing reaches them."""

    fail_reason: str | None = None


class Message(msgspec.Struct, gc=False):
    """One chat message, shown once to each of `woven_ids`. `at` is in nanoseconds UTC."""

    id: str
    at: int
    project_id: str
    client_id: str
    text: str
    woven_ids: tuple[str, ...]


class Woven(msgspec.Struct):
    """The state of one world. Projects and residents are found by `key` of their id."""

    projects: dict[str, Project] = {}
    residents: dict[str, Resident] = {}
    messages: list[Message] = []

    def keep(self, message: Message) -> None:
        """Remember a message, and forget the oldest where there are too many."""
        self.messages.append(message)
        if len(self.messages) >= KEPT + AT_ONCE:  # a few at a time: nobody is to wait while thousands are let go
            del self.messages[:AT_ONCE]

    def notifications(self, woven_id: str | None = None) -> Iterator[dict[str, Any]]:
        """What phones have shown, oldest first; of one resident where one is named."""
        wanted = None if woven_id is None else key(woven_id)
        for message in self.messages:
            for shown_to in message.woven_ids:
                if wanted in (None, key(shown_to)):
                    yield {
                        "message_id": message.id,
                        "at": rfc3339(message.at),
                        "woven_id": shown_to,
                        "project_id": message.project_id,
                        "client_id": message.client_id,
                        "message": message.text,
                    }


def begin(world: World, fixture: Mapping[str, Any], now: int) -> Woven:
    """The state that a fixture describes."""
    return Woven(
        projects={key(name): project(one) for name, one in fixture.get("projects", {}).items()},
        residents={key(name): resident(one) for name, one in fixture.get("residents", {}).items()},
    )


def project(body: Mapping[str, Any]) -> Project:
    """A project as a test or fixture writes it."""
    return Project(list(body.get("client_ids", ())), list(body.get("member_ids", ())))


def resident(body: Mapping[str, Any]) -> Resident:
    """A resident as a test or fixture writes them."""
    return Resident(body.get("fail_reason"))


@lru_cache(maxsize=65_536)
def key(text: str) -> str:
    """The id as it is looked up: the case of letters does not count in a UUID."""
    return text.lower() if is_uuid(text) else text
