"""Takes made-up people and what they said into KOBIL: each is a user, and the others speak as the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chatsim.apis.kobil import ids
from chatsim.apis.kobil.state import Kobil, Message
from chatsim.core.api import Call
from chatsim.core.json import encode
from chatsim.core.population import Population

TENANT: Final = "flutter"
"""Of a world that has no users yet; the document's own example."""


def populate(state: Kobil, call: Call, population: Population) -> Mapping[str, int]:
    """Add them to the tenant and the service that are there first.

    A user and a service have one conversation: what the first member of several talks said ends up in one.
    """
    tenant = next((user.tenants[0] for user in state.users.values() if user.tenants), TENANT)
    service = next(iter(state.services), None) or call.ids.uuid("kobil-service")
    state.add_service(service)
    before, begun = len(state.users), set(state.conversations)
    users = [state.add_user(person.email, tenant).id for person in population.people]
    instances: dict[str, str] = {}
    count = 0
    for number, line in population.lines():
        whose = population.talks[number].members[0]
        user = users[whose]
        if user not in instances:
            instances[user] = ids.DEFAULT_INSTANCE_PREFIX + call.ids.uuid("kobil-instance")
        content = {
            "serviceUuid": service,
            "messageType": "processChatMessage",
            "version": 3,
            "messageContent": {"messageText": line.text},
        }
        from_user = line.author == whose
        message = Message(
            id=state.ids.next(line.at, call.ids.next_bytes("kobil-message", 4)),
            direction="from_user" if from_user else "to_user",
            type="processChatMessage",
            at=line.at,
            tenant=tenant,
            service=service,
            user=user,
            instance_id=instances[user],
            text=line.text,
            raw=b"" if from_user else encode(content),
        )
        state.add(message)
        count += 1
    made = len(state.conversations.keys() - begun)
    return {"users": len(state.users) - before, "conversations": made, "messages": count}
