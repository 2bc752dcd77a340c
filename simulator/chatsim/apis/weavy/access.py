"""Who calls, and what of the state this caller may see. Strangers get 404: to a client 403 means a stale token."""

import re
from typing import Final

from chatsim.apis.weavy.query import INT32
from chatsim.apis.weavy.records import Conversation, Member, User
from chatsim.apis.weavy.state import Weavy
from chatsim.core.api import Call
from chatsim.core.auth import Principal, bearer
from chatsim.core.errors import Forbidden, NotFound, Unauthorized

KEY_PREFIX: Final = "wys_"
"""How the service's API keys begin [source]; a world with open accounts accepts every such key."""
TOKEN_PREFIX: Final = "wyu_"
HUBS: Final = "/hubs/"

_NUMBER: Final = re.compile(r"-?[0-9]{1,10}")


def authenticate(state: Weavy, call: Call) -> Principal:
    """The user of an access token, or the bearer of an API key, which is nobody in particular.

    Raises Unauthorized without a good credential.
    """
    credential = _credential(call)
    if not credential:
        raise Unauthorized("send 'Authorization: Bearer …' with an access token or an API key")
    if (user := state.bearer(credential, call.now)) is not None:
        return Principal(id=user.uid, kind="user", data=user)
    if _is_key(state, call, credential):
        return Principal(id="api-key", kind="key")
    raise Unauthorized("the token is unknown, expired or revoked; POST /api/users/{uid}/tokens gives a new one")


def _credential(call: Call) -> str:
    if credential := bearer(call.request.headers.get("Authorization", "")):
        return credential
    # A browser cannot set headers on a WebSocket: "the access token is sent in the query string".
    if call.request.path.lower().startswith(HUBS):
        return dict(call.query).get("access_token", "")
    return ""


def _is_key(state: Weavy, call: Call, credential: str) -> bool:
    if (allowed := state.keys.get(credential)) is not None:
        return allowed
    if credential in (call.setting("weavy.api_keys") or ()):
        return True
    return call.world.open_accounts and credential.startswith(KEY_PREFIX)


def user_only(state: Weavy, call: Call) -> None:
    """Refuse an API key where a user is needed."""
    me(call)


def key_only(state: Weavy, call: Call) -> None:
    """Refuse a user where the service wants an API key."""
    if reader(call) is not None:
        raise Forbidden("this needs an API key, not an access token")


def me(call: Call) -> User:
    """The user who calls.

    Raises Forbidden for an API key.
    """
    user = reader(call)
    if user is None:
        raise Forbidden("this needs the access token of a user, not an API key")
    return user


def reader(call: Call) -> User | None:
    """The user who calls; None for an API key."""
    return call.principal.data if call.principal is not None else None


def number(text: str) -> int:
    """A 32-bit number of a path.

    Raises NotFound for anything else: such a path belongs to no route of the service [guess].
    """
    if not _NUMBER.fullmatch(text) or int(text) not in INT32:
        raise NotFound(f"'{text}' is no number")
    return int(text)


def conversation_of(state: Weavy, call: Call, *, trashed: bool = False) -> Conversation:
    """The conversation that the path names, if the caller may see it; trashed ones only where asked for."""
    wanted = number(call.params["id"])
    conversation = state.conversations.get(wanted)
    user = reader(call)
    if (
        conversation is None
        or (user is not None and user.id not in conversation.members)
        or (conversation.is_trashed and not trashed)
    ):
        raise NotFound(f"there is no conversation {wanted} for this caller")
    return conversation


def membership(state: Weavy, call: Call) -> tuple[Conversation, Member]:
    """The conversation that the path names, and the caller's place in it."""
    user = me(call)
    conversation = conversation_of(state, call)
    return conversation, conversation.members[user.id]


def user_of(state: Weavy, name: str) -> User:
    """The user with this identifier or number.

    Raises NotFound where there is none.
    """
    user = state.find_user(name)
    if user is None:
        raise NotFound(f"there is no user '{name}'")
    return user
