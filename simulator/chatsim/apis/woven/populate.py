"""Takes made-up people and what they said into Woven City: residents, and what their phones have shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chatsim.apis.woven.state import Message, Project, Resident, Woven
from chatsim.core.api import Call
from chatsim.core.population import Population

CLIENT: Final = "populated-client"
"""Who sent the messages where the project has no client yet."""


def populate(state: Woven, call: Call, population: Population) -> Mapping[str, int]:
    """Add them to a project of their own; each line is shown to everybody else of its conversation."""
    before = len(state.residents)
    for person in population.people:
        state.residents.setdefault(person.id, Resident())
    name = call.ids.uuid("woven-project")
    state.projects[name] = Project(client_ids=[CLIENT])
    shown = 0
    for number, line in population.lines():
        reached = [population.people[one].id for one in population.talks[number].members if one != line.author]
        message = Message(
            id=call.ids.uuid("woven-message"),
            at=line.at,
            project_id=name,
            client_id=CLIENT,
            text=line.text,
            woven_ids=tuple(reached),
        )
        state.keep(message)
        shown += len(reached)
    messages = sum(len(talk.lines) for talk in population.talks)
    return {"residents": len(state.residents) - before, "messages": messages, "notifications": shown}
