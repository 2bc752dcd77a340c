"""Takes made-up conversations into Airy: the first of those who talk is the visitor, the others are agents."""

from __future__ import annotations

from collections.abc import Mapping

from chatsim.apis.airy.keyring import CONVERSATION
from chatsim.apis.airy.state import Airy, Channel, Message
from chatsim.core.api import Call
from chatsim.core.population import Population


def populate(airy: Airy, call: Call, population: Population) -> Mapping[str, int]:
    """Add them to the first channel that is connected, or to a new one; a conversation begins with its first line."""
    channel = next((one for one in airy.channels.values() if one.connected), None)
    if channel is None:
        channel = Channel(call.ids.uuid("airy-channel"), "Website")
        airy.channels[channel.id] = channel
    names = [call.ids.uuid(CONVERSATION) for _ in population.talks]
    for number, line in population.lines():
        from_contact = line.author == population.talks[number].members[0]
        message = Message(
            id=call.ids.uuid("airy-message"),
            conversation_id=names[number],
            content={"text": line.text},
            sent_at=line.at,
            from_contact=from_contact,
            sender_id=names[number] if from_contact else population.people[line.author].id,
        )
        airy.add(message, channel.id)
    begun = [talk for talk in population.talks if talk.lines]
    return {"conversations": len(begun), "messages": sum(len(talk.lines) for talk in begun)}
