"""Takes made-up people and what they said into Weavy: users, private chats and rooms, with some of them unread."""

from collections.abc import Mapping
from typing import Final

from chatsim.apis.weavy.records import PRIVATE, ROOM
from chatsim.apis.weavy.state import Weavy
from chatsim.core.api import Call
from chatsim.core.population import Person, Population

UNREAD: Final = 3
"""Every third conversation is left as it arrived; in the others all is read."""


def populate(state: Weavy, call: Call, population: Population) -> Mapping[str, int]:
    """Add them; people with a handle that is there already are those."""
    before = len(state.users)
    ids = [_user(state, person, population.since) for person in population.people]
    made = []
    for talk in population.talks:
        members = [ids[one] for one in talk.members]
        began = talk.lines[0].at if talk.lines else population.since
        if len(members) == 2 and state.private_chat(*members) is None:
            made.append(state.add_conversation(PRIVATE, members, began, created_by_id=members[0]))
        else:
            made.append(state.add_conversation(ROOM, members, began, created_by_id=members[0], name=talk.title))
    for number, line in population.lines():
        state.post(made[number], state.users[ids[line.author]], line.text, line.at)
    for number, conversation in enumerate(made):
        if number % UNREAD and conversation.messages:
            for member in conversation.members.values():
                state.mark(conversation, member, None, conversation.last_message_at)
    messages = sum(len(talk.lines) for talk in population.talks)
    return {"users": len(state.users) - before, "conversations": len(made), "messages": messages}


def _user(state: Weavy, person: Person, now: int) -> int:
    user = state.find_user(person.handle)
    if user is None:
        user = state.add_user(person.handle, now)
        user.name, user.profile = person.name, {"email": person.email}
    return user.id
