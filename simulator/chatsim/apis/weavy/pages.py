"""Pages of conversations, put together from parts that are kept as long as they are true.

A list of a busy user is asked for again and again while little of it changes. A part is one conversation as one user
sees it, as bytes, checked against its schema when it was made; the state forgets it with every change of what it shows.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from chatsim.apis.weavy.query import Page, envelope
from chatsim.apis.weavy.records import Conversation, User
from chatsim.apis.weavy.state import Weavy
from chatsim.apis.weavy.views import conversation_view
from chatsim.core.api import Call
from chatsim.core.http import Composed
from chatsim.core.json import encode

PARTS_LIMIT: Final = 10_000
"""Some ten megabytes; what is looked at after that begins anew."""


def conversation_page(state: Weavy, call: Call, user: User, ids: Iterable[int], total: int, wanted: Page) -> Composed:
    """The list of these conversations for this user."""
    parts = [_part(state, call, user, state.conversations[one]) for one in ids]
    body = envelope(parts, total, wanted)
    if not parts and call.quirk("weavy.empty-page") == "left-out":
        body.pop("data", None)
    name = call.api.schema("conversation-list")
    _check(call, name, {**body, "data": []} if parts else body)
    return Composed(raw=encode(body), schema=name)


def _part(state: Weavy, call: Call, user: User, conversation: Conversation) -> msgspec.Raw:
    key = (user.id, conversation.id)
    if (kept := state.parts.get(key)) is not None and kept[0] == call.base_url:
        return kept[1]
    view = conversation_view(state, conversation, user, call.base_url)
    _check(call, call.api.schema("conversation"), view)
    part = msgspec.Raw(encode(view))
    if len(state.parts) >= PARTS_LIMIT:
        state.parts.clear()
    state.parts[key] = (call.base_url, part)
    return part


def _check(call: Call, name: str, value: object) -> None:
    schema = call.world.simulator.schemas.get(name)
    if not schema.accepts(value):
        raise RuntimeError(f"a part of the answer breaks {name}: {schema.explain(value)[:1]}")
