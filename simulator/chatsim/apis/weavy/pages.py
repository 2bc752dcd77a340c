"""Answers put together from parts that are kept as long as they are true.

A list of a busy user is asked for again and again while little of it changes. A part is a conversation as one user sees
it, or a message, as bytes, checked against its schema when it was made; the state forgets parts with every change of
what they show.
"""

from collections.abc import Iterable, MutableMapping
from typing import Any, Final, TypeVar

from msgspec import Raw

from chatsim.apis.weavy.access import reader
from chatsim.apis.weavy.query import Page, envelope
from chatsim.apis.weavy.records import Conversation, User
from chatsim.apis.weavy.state import Part, Weavy
from chatsim.apis.weavy.views import detail_view, message_view, summary_view
from chatsim.core.api import Call
from chatsim.core.http import Composed
from chatsim.core.json import encode

PARTS_LIMIT: Final = 10_000
"""Of each kind, some ten megabytes; what is looked at after that begins anew."""

Key = TypeVar("Key")


def conversation_page(state: Weavy, call: Call, user: User, ids: Iterable[int], total: int, wanted: Page) -> Composed:
    """The list of these conversations for this user."""
    base = call.link_base
    parts = [
        kept[1]
        if (kept := state.parts.get((user.id, one))) is not None and kept[0] == base
        else _summary(state, call, user, state.conversations[one])
        for one in ids
    ]
    body = envelope(parts, total, wanted)
    if not parts and call.quirk("weavy.empty-page") == "left-out":
        body.pop("data", None)
    name = call.api.schema("conversation-list")
    _check(call, name, {**body, "data": []} if parts else body)
    return Composed(raw=encode(body), schema=name)


def conversation_detail(state: Weavy, call: Call, conversation: Conversation) -> Composed:
    """One conversation with its members, for the caller."""
    view = detail_view(state, conversation, reader(call), call.link_base)
    return Composed(raw=_with_message(state, call, conversation, view), schema=call.api.schema("conversation"))


def _summary(state: Weavy, call: Call, user: User, conversation: Conversation) -> Raw:
    view = summary_view(state, conversation, user, call.link_base)
    part = Raw(_with_message(state, call, conversation, view))
    _keep(state.parts, (user.id, conversation.id), (call.link_base, part))
    return part


def _with_message(state: Weavy, call: Call, conversation: Conversation, view: dict[str, Any]) -> bytes:
    _check(call, call.api.schema("conversation"), view)
    if conversation.messages:
        view["last_message"] = _message(state, call, conversation.messages[-1])
    return encode(view)


def _message(state: Weavy, call: Call, number: int) -> Raw:
    if (kept := state.message_parts.get(number)) is not None and kept[0] == call.link_base:
        return kept[1]
    view = message_view(state, state.messages[number], call.link_base)
    _check(call, call.api.schema("message"), view)
    part = Raw(encode(view))
    _keep(state.message_parts, number, (call.link_base, part))
    return part


def _keep(parts: MutableMapping[Key, Part], key: Key, part: Part) -> None:
    if len(parts) >= PARTS_LIMIT:
        parts.clear()
    parts[key] = part


def _check(call: Call, name: str, value: object) -> None:
    schema = call.world.simulator.schemas.get(name)
    if not schema.accepts(value):
        raise RuntimeError(f"a part of the answer breaks {name}: {schema.explain(value)[:1]}")
