"""Members of a conversation: list, add, take out, leave."""

from collections.abc import Iterable
from typing import Final

from chatsim.apis.weavy.access import conversation_of, number, reader
from chatsim.apis.weavy.errors import BadValues
from chatsim.apis.weavy.events import member_changed
from chatsim.apis.weavy.parameters import parameters
from chatsim.apis.weavy.query import PAGE, Parameters, envelope, page, text
from chatsim.apis.weavy.records import PRIVATE, Conversation
from chatsim.apis.weavy.state import Weavy
from chatsim.apis.weavy.views import member_view
from chatsim.core.api import Call
from chatsim.core.http import Reply

LIST: Final = Parameters({"q": text, **PAGE})


def list_members(state: Weavy, call: Call) -> Reply:
    """The members with their read markers, in the order in which they came."""
    conversation = conversation_of(state, call)
    values = parameters(call, LIST)
    wanted = page(values)
    query = values.get("q", "").replace("*", "").casefold()
    found = [
        member
        for member in conversation.members.values()
        if query in state.users[member.user_id].display_name.casefold()
    ]
    items = [member_view(state, one, call.link_base) for one in found[wanted.skip : wanted.skip + wanted.top]]
    return Reply(body=envelope(items, len(found), wanted))


def add_members(state: Weavy, call: Call) -> Reply:
    """Add the users whose ids the body lists; who is a member already stays one."""
    return _add(state, call, call.body or [])


def add_member(state: Weavy, call: Call) -> Reply:
    """Add the user, or the users with commas between their ids, that the path names."""
    return _add(state, call, _ids(call))


def remove_members(state: Weavy, call: Call) -> Reply:
    """Take out the users whose ids the body lists."""
    return _remove(state, call, call.body or [])


def remove_member(state: Weavy, call: Call) -> Reply:
    """Take out whom the path names; a real client joins several ids by commas and sends them in the body too."""
    return _remove(state, call, _ids(call))


def _ids(call: Call) -> list[int]:
    return [number(one) for one in call.params["userid"].split(",") if one]


def _group(state: Weavy, call: Call) -> Conversation:
    conversation = conversation_of(state, call)
    if conversation.type == PRIVATE:
        raise BadValues({"id": ["A private chat has its two members for good."]})
    return conversation


def _add(state: Weavy, call: Call, wanted: Iterable[int]) -> Reply:
    conversation = _group(state, call)
    ids = list(dict.fromkeys(wanted))
    unknown = [one for one in ids if one not in state.users or state.users[one].is_trashed]
    if unknown:
        raise BadValues({"members": [f"There is no user with id {', '.join(map(str, unknown))}."]})
    fresh = state.join(conversation, ids)
    return Reply(effects=tuple(member_changed(state, call, "member_added", conversation, fresh, reader(call))))


def _remove(state: Weavy, call: Call, wanted: Iterable[int]) -> Reply:
    conversation = _group(state, call)
    gone = state.leave(conversation, dict.fromkeys(wanted))
    return Reply(effects=tuple(member_changed(state, call, "member_removed", conversation, gone, reader(call))))
