"""What a test sets up and looks at: the fixture of a world, and the collections users, keys and conversations."""

from collections.abc import Mapping
from typing import Any, Final

from chatsim.apis.weavy.errors import BadValues
from chatsim.apis.weavy.records import CONTEXTUAL, PRIVATE, ROOM, Conversation, User
from chatsim.apis.weavy.state import LAST_ID, Weavy, fold_uid
from chatsim.apis.weavy.users import FLAGS, PROFILE, unfit, upsert
from chatsim.apis.weavy.views import app_view, member_view, message_view, user_view
from chatsim.core.api import Call, Collection
from chatsim.core.dialect import escape
from chatsim.core.errors import Conflict
from chatsim.core.schemas import inside, refused
from chatsim.core.world import World

KINDS: Final = {"private": PRIVATE, "room": ROOM, "contextual": CONTEXTUAL}
SHOWN_MESSAGES: Final = 100


def build(world: World, fixture: Mapping[str, Any], now: int) -> Weavy:
    """The state of a world, with what its fixture has."""
    state = Weavy()
    for uid, body in fixture.get("users", {}).items():
        with inside(f"/users/{escape(uid)}"):
            user = _new_user(state, uid, body.get("id"), now)
        user.name = body.get("name")
        user.profile = {name: body[name] for name in PROFILE if name in body}
        for name in FLAGS:
            setattr(user, name, body.get(name, False))
    for key, body in fixture.get("keys", {}).items():
        state.keys[key] = body.get("allowed", True)
    for number, body in fixture.get("conversations", {}).items():
        with inside(f"/conversations/{escape(number)}"):
            _add_conversation(state, _number(state, number), body, now)
    return state


def _new_user(state: Weavy, uid: str, number: int | None, now: int) -> User:
    if reason := unfit(uid):
        raise refused("", reason)
    if fold_uid(uid) in state.uids:
        raise Conflict(f"there is a user '{state.users[state.uids[fold_uid(uid)]].uid}' already, who is the same")
    if number in state.users:
        raise refused("/id", f"user {number} is '{state.users[number].uid}'")
    return state.add_user(uid, now, number=number)


def _number(state: Weavy, text: str, where: str = "") -> int:
    """The number of a new conversation."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:11]) <= LAST_ID:
        raise refused(where, f"a conversation's id is a whole number from 1 to {LAST_ID}, not '{text:.40}'")
    if int(text) in state.conversations:
        raise Conflict(f"there is a conversation {int(text)} already; take another number")
    return int(text)


def _add_conversation(state: Weavy, number: int, body: Mapping[str, Any], now: int) -> Conversation:
    ids = list(dict.fromkeys(_user_id(state, uid, f"/members/{n}") for n, uid in enumerate(body["members"])))
    maker = _user_id(state, body["created_by"], "/created_by") if "created_by" in body else ids[0]
    messages = body.get("messages", ())
    authors = [_user_id(state, message["uid"], f"/messages/{n}/uid") for n, message in enumerate(messages)]
    kind = KINDS[body["type"]]
    if kind == PRIVATE and len(ids) != 2:
        raise refused("/members", f"a private chat has two members, not {len(ids)}")
    if kind == PRIVATE and state.private_chat(*ids) is not None:
        raise Conflict("there is a private chat of these two already")
    if kind == CONTEXTUAL and ("uid" not in body or state.context(body["uid"]) is not None):
        raise Conflict('a contextual chat needs a "uid" that no other has')
    values = {name: body[name] for name in ("name", "uid", "description") if name in body}
    made = state.add_conversation(
        kind, ids, now, created_by_id=maker, number=number, tags=list(body.get("tags", ())), **values
    )
    for author, message in zip(authors, messages, strict=True):
        state.post(made, state.users[author], message["text"], now)
    return made


def _user_id(state: Weavy, uid: str, where: str) -> int:
    user = state.find_user(uid)
    if user is None:
        raise refused(where, f"there is no user '{uid}'; PUT users/{uid} makes one")
    return user.id


# --- users


def put_user(state: Weavy, call: Call) -> tuple[bool, Any]:
    """Make or change a user."""
    uid, body = call.params["uid"], call.body or {}
    wanted = body.get("id")
    known = state.uids.get(uid.lower())
    if wanted is not None and wanted in state.users and wanted != known:
        raise Conflict(f"user {wanted} is '{state.users[wanted].uid}'")
    if wanted is not None and known is not None and wanted != known:
        raise Conflict(f"'{uid}' is user {known}")
    try:
        user, made = upsert(state, call, uid, body, wanted=wanted)
    except BadValues as bad:
        first, *more = ((f"/{name}", " ".join(reasons)) for name, reasons in bad.errors.items())
        raise refused(*first, *more) from bad
    user.is_trashed = False
    return made, user_view(state, user, call.link_base)


def show_user(state: Weavy, call: Call) -> Any:
    """One user."""
    user = state.find_user(call.params["uid"])
    return None if user is None else user_view(state, user, call.link_base)


def delete_user(state: Weavy, call: Call) -> bool:
    """Put a user into the bin: tokens end, what was written stays."""
    user = state.find_user(call.params["uid"])
    if user is None or user.is_trashed:
        return False
    user.is_trashed = True
    state.revoke(user)
    return True


def show_users(state: Weavy, call: Call) -> list[Any]:
    """All users."""
    return [user_view(state, user, call.link_base) for user in state.users.values()]


# --- keys


def put_key(state: Weavy, call: Call) -> tuple[bool, Any]:
    """Accept a key, or refuse it."""
    key = call.params["key"]
    made = key not in state.keys
    state.keys[key] = (call.body or {}).get("allowed", True)
    return made, {"key": key, "allowed": state.keys[key]}


def show_key(state: Weavy, call: Call) -> Any:
    """One key that was set up."""
    key = call.params["key"]
    return {"key": key, "allowed": state.keys[key]} if key in state.keys else None


def delete_key(state: Weavy, call: Call) -> bool:
    """Forget what was set up about a key."""
    return state.keys.pop(call.params["key"], None) is not None


def show_keys(state: Weavy, call: Call) -> list[Any]:
    """All keys that were set up."""
    return [{"key": key, "allowed": allowed} for key, allowed in state.keys.items()]


# --- conversations


def put_conversation(state: Weavy, call: Call) -> tuple[bool, Any]:
    """Make a conversation with its members and messages; one that exists is not changed."""
    made = _add_conversation(state, _number(state, call.params["id"], "/id"), call.body, call.now)
    return True, _shown(state, made, call.link_base)


def show_conversation(state: Weavy, call: Call) -> Any:
    """One conversation with its members and latest messages, as nobody in particular sees it."""
    text = call.params["id"]
    found = state.conversations.get(int(text)) if text.isascii() and text.isdigit() else None
    return None if found is None else _shown(state, found, call.link_base)


def show_conversations(state: Weavy, call: Call) -> list[Any]:
    """All conversations."""
    return [_shown(state, found, call.link_base) for found in state.conversations.values()]


def _shown(state: Weavy, found: Conversation, base: str) -> dict[str, Any]:
    return {
        **app_view(state, found, None, base),
        "members": [member_view(state, member, base) for member in found.members.values()],
        "message_count": len(found.messages),
        "messages": [message_view(state, state.messages[one], base) for one in found.messages[-SHOWN_MESSAGES:]],
    }


COLLECTIONS: Final = (
    Collection(
        path="users/{uid}", title="The people of the service, by their identifier", schema="sim-user",
        put=put_user, get=show_user, delete=delete_user, list=show_users,
    ),
    Collection(
        path="keys/{key}", title="API keys that are accepted or refused", schema="sim-key",
        put=put_key, get=show_key, delete=delete_key, list=show_keys,
    ),
    Collection(
        path="conversations/{id}", title="Conversations of everybody", schema="sim-conversation",
        put=put_conversation, get=show_conversation, list=show_conversations,
    ),
)  # fmt: skip
