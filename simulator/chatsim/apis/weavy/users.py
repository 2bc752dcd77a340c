"""Users and their access tokens."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from chatsim.apis.weavy.access import TOKEN_PREFIX, me, user_of
from chatsim.apis.weavy.errors import BadValues
from chatsim.apis.weavy.parameters import parameters
from chatsim.apis.weavy.query import PAGE, Page, Parameters, envelope, flag, integer, order, page, states, text
from chatsim.apis.weavy.records import User
from chatsim.apis.weavy.state import Weavy, fold_uid
from chatsim.apis.weavy.views import author_view, user_view
from chatsim.core.api import Call
from chatsim.core.clock import seconds
from chatsim.core.errors import Forbidden, NotFound
from chatsim.core.http import Reply

TOKEN_LIFE_S: Final = 3600
SORTS: Final = ("id", "uid", "name", "display_name", "created_at", "modified_at")
LIST: Final = Parameters(
    {"q": text, "trashed": states, "suspended": flag, "tag": text, "order_by": order(SORTS), **PAGE}
)
CHOICES: Final = Parameters({"q": text, "id": integer, **PAGE})
CHOICES_TOP: Final = 5
PROFILE: Final = (
    "username", "email", "given_name", "middle_name", "family_name", "nickname", "phone_number", "comment", "picture",
    "metadata", "tags",
)  # fmt: skip
FLAGS: Final = ("is_admin", "is_suspended")


def mint_token(state: Weavy, call: Call) -> Reply:
    """An access token for a user, who is made at the first time [source].

    Raises Forbidden for one in the bin or suspended, whose token would be refused everywhere [guess].
    """
    life = (call.body or {}).get("expires_in") or TOKEN_LIFE_S
    user, _ = upsert(state, call, call.params["uid"], {})
    if user.is_trashed or user.is_suspended:
        raise Forbidden(f"'{user.uid}' is {'in the bin' if user.is_trashed else 'suspended'}")
    token = TOKEN_PREFIX + call.ids.secret_token("weavy-token")
    state.mint(token, user, call.now + seconds(life))
    return Reply(body={"access_token": token, "expires_in": life})


def revoke_tokens(state: Weavy, call: Call) -> Reply:
    """End every access token of a user."""
    state.revoke(user_of(state, call.params["uid"]))
    return Reply()


def put_user(state: Weavy, call: Call) -> Reply:
    """Make a user or change its profile: 201 or 200."""
    user, made = upsert(state, call, call.params["uid"], call.body or {})
    return Reply(status=201 if made else 200, body=user_view(state, user, call.link_base))


def create_user(state: Weavy, call: Call) -> Reply:
    """Make a user; an identifier that is taken is refused."""
    if fold_uid(call.body["uid"]) in state.uids:
        raise BadValues({"uid": [f"There is a user '{call.body['uid']}' already."]})
    user, _ = upsert(state, call, call.body["uid"], call.body)
    return Reply(status=201, body=user_view(state, user, call.link_base))


def unfit(uid: str) -> str:
    """Why nobody can have this identifier; empty where somebody can."""
    bad = not uid or any(char.isspace() for char in uid) or uid.isdigit()
    return f"'{uid}' has to be without white space and more than a number." if bad else ""


def upsert(
    state: Weavy, call: Call, uid: str, body: Mapping[str, Any], *, wanted: int | None = None
) -> tuple[User, bool]:
    """The user with this identifier, made where there is none, and its profile changed; and whether it was made.

    Raises BadValues for an identifier with white space, or for a new one that is a number.
    """
    user = state.users.get(state.uids.get(fold_uid(uid), 0))
    made = user is None
    if user is None:
        if reason := unfit(uid):
            raise BadValues({"uid": [reason]})
        user = state.add_user(uid, call.now, number=wanted)
    elif body:
        user.modified_at = call.now
    if "name" in body:
        user.name = body["name"] or None
    for name in PROFILE:
        if name in body:
            user.profile[name] = body[name]
            if body[name] is None:
                del user.profile[name]
    for name in FLAGS:
        if body.get(name) is not None:
            setattr(user, name, body[name])
    state.people_changed()
    return user, made


def get_current_user(state: Weavy, call: Call) -> Reply:
    """The caller; the first thing that every user interface asks."""
    return Reply(body=user_view(state, me(call), call.link_base))


def get_user(state: Weavy, call: Call) -> Reply:
    """A user by number or identifier."""
    return Reply(body=user_view(state, user_of(state, call.params["uid"]), call.link_base))


def list_users(state: Weavy, call: Call) -> Reply:
    """All users, trashed ones only where asked for."""
    values = parameters(call, LIST)
    trashed = values.get("trashed", (False,))
    found = [
        user
        for user in state.users.values()
        if user.is_trashed in trashed
        and values.get("suspended") in (None, user.is_suspended)
        and ("tag" not in values or values["tag"] in user.profile.get("tags", ()))
        and _matches(user, values.get("q", ""))
    ]
    for name, descending in reversed(values.get("order_by", (("display_name", False),))):
        found.sort(key=partial(_sort_value, name), reverse=descending)
    wanted = page(values)
    items = [user_view(state, user, call.link_base) for user in found[wanted.skip : wanted.skip + wanted.top]]
    return Reply(body=envelope(items, len(found), wanted))


def list_choices(state: Weavy, call: Call) -> Reply:
    """Users for a member picker; with `id` each says whether it is a member of that app. `*` finds all."""
    values = parameters(call, CHOICES)
    found = [user for user in state.users.values() if not user.is_trashed and _matches(user, values.get("q", ""))]
    found.sort(key=lambda user: user.display_name.casefold())
    wanted = page({"top": CHOICES_TOP, **values})
    members = _members(state, call, values)
    items = [
        author_view(state, user, call.link_base) | ({} if members is None else {"is_member": user.id in members})
        for user in found[wanted.skip : wanted.skip + wanted.top]
    ]
    return Reply(body=envelope(items, len(found), Page(skip=wanted.skip, count=wanted.count)))


def _members(state: Weavy, call: Call, values: Mapping[str, Any]) -> set[int] | None:
    if "id" not in values:
        return None
    conversation = state.conversations.get(values["id"])
    if conversation is None or me(call).id not in conversation.members:
        raise NotFound(f"there is no app {values['id']} for this caller")
    return set(conversation.members)


def _matches(user: User, query: str) -> bool:
    wanted = query.replace("*", "").casefold()
    texts = (user.display_name, user.uid, user.profile.get("email", ""), user.profile.get("username", ""))
    return any(wanted in text.casefold() for text in texts)


def _sort_value(name: str, user: User) -> tuple[bool, Any]:
    value = getattr(user, name)
    return value is not None, value.casefold() if isinstance(value, str) else value or 0
