"""Which conversations a list shows: the filters, the sort orders and the page, over a user's shelf."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any, Final

from chatsim.apis.weavy.query import PAGE, Order, Page, Parameters, flag, guid, order, states, text
from chatsim.apis.weavy.records import CONTEXTUAL, KINDS, Conversation, User
from chatsim.apis.weavy.shelves import Lane
from chatsim.apis.weavy.state import Weavy
from chatsim.apis.weavy.views import display_name

SORTS: Final = (
    "id", "type", "name", "display_name", "created_at", "modified_at", "last_message_id", "last_message_at",
    "member_count", "pinned_at", "is_pinned", "is_unread", "is_starred",
)  # fmt: skip
LIST: Final = Parameters(
    {
        "unread": flag,
        "contextual": flag,
        "type": guid,
        "q": text,
        "tag": text,
        "trashed": states,
        "order_by": order(SORTS),
        **PAGE,
    }
)
LIVE: Final = (False,)


def chosen(state: Weavy, user: User, values: dict[str, Any], wanted: Page) -> tuple[list[int], int]:
    """The ids of the page and the number of all; only searching and sorting look at every conversation."""
    shelf = state.shelf(user.id)
    lanes = _lanes(values)
    unread = values.get("unread")
    if values.keys() & {"q", "tag", "order_by"}:
        found = list(_search(state, user, shelf.all(lanes), values))
        _sort(state, user, found, values.get("order_by", ()))
        return [one.id for one in found[wanted.skip : wanted.skip + wanted.top]], len(found)
    if unread is None:
        return shelf.page(lanes, wanted.skip, wanted.top), shelf.count(lanes)
    if unread:
        return shelf.unread_page(lanes, wanted.skip, wanted.top), shelf.count_unread(lanes)
    seen = (one for one in shelf.all(lanes) if not shelf.is_unread(one))
    total = shelf.count(lanes) - shelf.count_unread(lanes)
    return list(islice(seen, wanted.skip, wanted.skip + wanted.top)), total


def _lanes(values: dict[str, Any]) -> list[Lane]:
    """The parts of the shelf that the filters leave over."""
    contextual = values.get("contextual")
    return [
        (kind, trashed)
        for trashed in values.get("trashed", LIVE)
        for kind in KINDS
        if values.get("type", kind) == kind and contextual in (None, kind == CONTEXTUAL)
    ]


def _search(state: Weavy, user: User, ids: Iterable[int], values: dict[str, Any]) -> Iterator[Conversation]:
    query = values.get("q", "").replace("*", "").casefold()
    tag = values.get("tag")
    unread = values.get("unread")
    for one in ids:
        conversation = state.conversations[one]
        if unread not in (None, conversation.is_unread(conversation.members[user.id])):
            continue
        if tag is not None and tag not in conversation.tags:
            continue
        if query and not _mentions(state, user, conversation, query):
            continue
        yield conversation


def _mentions(state: Weavy, user: User, conversation: Conversation, query: str) -> bool:
    names = [display_name(state, conversation, user)]
    names += [state.users[member].display_name for member in conversation.members if member != user.id]
    return any(query in name.casefold() for name in names)


def _sort(state: Weavy, user: User, found: list[Conversation], by: Order) -> None:
    """Sort by several fields; what has no value comes first upwards, as in the service's database [guess]."""
    for name, descending in reversed(by):
        found.sort(key=partial(_sort_value, state, user, name), reverse=descending)


def _sort_value(state: Weavy, user: User, name: str, conversation: Conversation) -> tuple[bool, Any]:
    member = conversation.members[user.id]
    special: dict[str, Callable[[], Any]] = {
        "display_name": lambda: display_name(state, conversation, user),
        "member_count": lambda: len(conversation.members),
        "pinned_at": lambda: member.pinned_at,
        "is_pinned": lambda: member.pinned_at is not None,
        "is_unread": lambda: conversation.is_unread(member),
        "is_starred": lambda: member.is_starred,
        "last_message_at": lambda: conversation.last_message_at or None,
    }
    value = special[name]() if name in special else getattr(conversation, name)
    return value is not None, value.casefold() if isinstance(value, str) else value or 0
