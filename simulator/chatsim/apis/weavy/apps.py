"""A conversation as an app of the service: contextual chats, names, the bin, stars."""

from typing import Any

from chatsim.apis.weavy.access import conversation_of, membership, reader
from chatsim.apis.weavy.errors import BadValues
from chatsim.apis.weavy.events import app_created, app_updated
from chatsim.apis.weavy.query import guid
from chatsim.apis.weavy.records import CONTEXTUAL
from chatsim.apis.weavy.state import Weavy
from chatsim.apis.weavy.users import upsert
from chatsim.apis.weavy.views import app_view
from chatsim.core.api import Call
from chatsim.core.errors import NotFound
from chatsim.core.http import EMPTY, Reply


def init_app(state: Weavy, call: Call) -> Reply:
    """Make a contextual chat, or find it by its uid; the caller, or the user that a key names, becomes a member."""
    app = call.body["app"]
    _check_type(app)
    named = call.body.get("user")
    user = reader(call)
    if user is None and named is not None:
        user, _ = upsert(state, call, named["uid"], {})
    found = state.context(app["uid"])
    if found is not None and found.is_trashed:
        raise NotFound(f"app '{app['uid']}' is in the bin")
    effects: tuple[Any, ...] = ()
    if found is None:
        maker = user.id if user else None
        members = [] if maker is None else [maker]
        found = state.add_conversation(
            CONTEXTUAL, members, call.now, created_by_id=maker, uid=app["uid"], **_values(app)
        )
        effects = tuple(app_created(state, call, found, user))
    elif user is not None:
        state.join(found, [user.id])
    return Reply(body=app_view(state, found, user, call.link_base), effects=effects)


def _check_type(app: dict[str, Any]) -> None:
    """Only chats are simulated; the service also takes files, posts and comments, and names in place of the GUID."""
    kind = app.get("type")
    if kind is None or kind.lower() == "chat":
        return
    try:
        known = guid(kind)
    except ValueError:
        known = None
    if known != CONTEXTUAL:
        raise BadValues({"type": [f"'{kind}' is not simulated; send {CONTEXTUAL}, or 'chat'."]})


def get_app(state: Weavy, call: Call) -> Reply:
    """One conversation as an app."""
    found = conversation_of(state, call)
    return Reply(body=app_view(state, found, reader(call), call.link_base))


def update_app(state: Weavy, call: Call) -> Reply:
    """Change what the body has; null clears. 204, although a real client tries to read a body [source]."""
    found = conversation_of(state, call)
    user = reader(call)
    state.change(found, call.now, user, **_values(call.body))
    return Reply(status=204, body=EMPTY, effects=tuple(app_updated(state, call, found, user)))


def _values(body: dict[str, Any]) -> dict[str, Any]:
    """What a body sets; null is the empty value."""
    empty: dict[str, Any] = {"name": None, "description": None, "tags": [], "metadata": {}}
    return {name: body[name] or nothing for name, nothing in empty.items() if name in body}


def trash_app(state: Weavy, call: Call) -> Reply:
    """Put a conversation into the bin, for all its members."""
    return _trash(state, call, trashed=True)


def restore_app(state: Weavy, call: Call) -> Reply:
    """Take a conversation out of the bin."""
    return _trash(state, call, trashed=False)


def _trash(state: Weavy, call: Call, *, trashed: bool) -> Reply:
    found = conversation_of(state, call, trashed=True)
    user = reader(call)
    state.change(found, call.now, user, is_trashed=trashed)
    body = app_view(state, found, user, call.link_base)
    return Reply(body=body, effects=tuple(app_updated(state, call, found, user)))


def star_app(state: Weavy, call: Call) -> Reply:
    """Star a conversation, for the caller alone."""
    return _star(state, call, starred=True)


def unstar_app(state: Weavy, call: Call) -> Reply:
    """Take the star away."""
    return _star(state, call, starred=False)


def _star(state: Weavy, call: Call, *, starred: bool) -> Reply:
    state.star(*membership(state, call), starred)
    return Reply(status=204, body=EMPTY)
