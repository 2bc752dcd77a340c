"""Takes made-up people and what they said into M3O: as chats of the documented service and groups of the later one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chatsim.apis.m3o.chat import members
from chatsim.apis.m3o.state import M3O, Chat, Group, Message
from chatsim.apis.m3o.times import nano, timestamp
from chatsim.core.api import Call
from chatsim.core.population import Population

TOKEN: Final = "simulator"
"""Whose groups they are: the token that `M3O_API_TOKEN` is set to."""


def populate(state: M3O, call: Call, population: Population) -> Mapping[str, int]:
    """Add them; chats are seen in every namespace."""
    handles = [person.handle for person in population.people]
    chats, groups = [], []
    for talk in population.talks:
        among = [handles[one] for one in talk.members]
        began = nano(talk.lines[0].at if talk.lines else population.since)
        chats.append(Chat(call.ids.uuid("chat"), sorted(among)))
        groups.append(Group(call.ids.uuid("group"), talk.title, "", began, among, len(among) == 2))
    dated = call.quirk("m3o.sent-at") == "present"
    for number, line in population.lines():
        said = {"user_id": handles[line.author], "text": line.text}
        name, client = call.ids.uuid("message"), call.ids.uuid("client")
        chat, group = chats[number], groups[number]
        sent_at = timestamp(line.at) if dated else ""
        written = members(id=name, client_id=client, chat_id=chat.id, sent_at=sent_at, **said)
        chat.messages.append(Message(written, line.at))
        shown = {"id": name, "client": client, "group_id": group.id, "sent_at": nano(line.at), "subject": "", **said}
        group.messages.append(Message(shown, line.at))
    for chat, group in zip(chats, groups, strict=True):
        state.put_everywhere(chat)
        state.add_group(TOKEN, group)
    messages = sum(len(talk.lines) for talk in population.talks)
    return {"chats": len(chats), "groups": len(groups), "messages": messages}
