"""What a test sets up or looks at through the control API: tokens and chats. The fixture has the same shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from chatsim.apis.m3o.chat import members
from chatsim.apis.m3o.state import M3O, Chat, Message, Namespace, Token
from chatsim.core.api import Call, Collection
from chatsim.core.dialect import escape
from chatsim.core.ids import Ids
from chatsim.core.schemas import inside, read_moment, refused
from chatsim.core.world import World


def begin(world: World, fixture: Mapping[str, Any], now: int) -> M3O:
    """Build the state of a world from its fixture."""
    state = M3O()
    for token, body in fixture.get("tokens", {}).items():
        state.tokens[token] = _token(body)
    for chat_id, body in fixture.get("chats", {}).items():
        with inside(f"/chats/{escape(chat_id)}"):
            if not chat_id:
                raise refused("", "a chat needs an id of at least one character")
            _place(state, _chat(chat_id, body, world.ids, now), body)
    return state


def _token(body: Mapping[str, Any]) -> Token:
    return msgspec.convert(body, Token, strict=False)  # for JSON 1.0 is an integer too


def _chat(chat_id: str, body: Mapping[str, Any], ids: Ids, now: int) -> Chat:
    messages = [_message(chat_id, place, said, ids, now) for place, said in enumerate(body.get("messages", ()))]
    return Chat(chat_id, sorted(body.get("user_ids", ())), messages)


def _place(state: M3O, chat: Chat, body: Mapping[str, Any]) -> None:
    if "namespace" in body:
        state.enter(body["namespace"]).add(chat)
    else:
        state.put_everywhere(chat)


def _message(chat_id: str, place: int, said: Mapping[str, Any], ids: Ids, now: int) -> Message:
    sent_at = said.get("sent_at", "")
    written = {
        **said,
        "id": said.get("id") or ids.uuid("message"),
        "client_id": said.get("client_id") or ids.uuid("client"),
        "chat_id": chat_id,
    }
    return Message(members(**written), read_moment(sent_at, f"/messages/{place}/sent_at") if sent_at else now)


def _put_token(state: M3O, call: Call) -> tuple[bool, Any]:
    token = call.params["token"]
    created = token not in state.tokens
    state.tokens[token] = _token(call.body)
    return created, _shown_token(token, state.tokens[token])


def _get_token(state: M3O, call: Call) -> Any:
    token = call.params["token"]
    rule = state.tokens.get(token)
    return None if rule is None else _shown_token(token, rule)


def _delete_token(state: M3O, call: Call) -> bool:
    return state.tokens.pop(call.params["token"], None) is not None


def _list_tokens(state: M3O, call: Call) -> list[Any]:
    return [_shown_token(token, rule) for token, rule in state.tokens.items()]


def _shown_token(token: str, rule: Token) -> dict[str, Any]:
    members = {
        "reason": rule.reason,
        "owner": rule.owner,
        "namespace": rule.namespace,
        "calls_per_second": rule.calls_per_second,
    }
    told = {name: value for name, value in members.items() if value}
    return {"token": token, "allowed": rule.allowed, "scopes": rule.scopes, **told}


def _put_chat(state: M3O, call: Call) -> tuple[bool, Any]:
    chat_id, name = call.params["chat_id"], call.body.get("namespace")
    chat = _chat(chat_id, call.body, call.ids, call.now)
    replaced = _removed(state, chat_id, name)
    _place(state, chat, call.body)
    return not replaced, _shown_chat(name, (state.everywhere if name is None else state.enter(name)).chats[chat_id])


def _get_chat(state: M3O, call: Call) -> Any:
    """The chat in the namespace that is asked for, else in the last one that has it: there it was used."""
    chat_id = call.params["chat_id"]
    found = [(name, one.chats[chat_id]) for name, one in _spaces(state, _wanted(call)) if chat_id in one.chats]
    return _shown_chat(*found[-1]) if found else None


def _delete_chat(state: M3O, call: Call) -> bool:
    return _removed(state, call.params["chat_id"], _wanted(call))


def _list_chats(state: M3O, call: Call) -> list[Any]:
    return [
        _shown_chat(name, chat)
        for name, namespace in _spaces(state, _wanted(call))
        for chat in namespace.chats.values()
    ]


def _wanted(call: Call) -> str | None:
    return dict(call.query).get("namespace")


def _spaces(state: M3O, name: str | None) -> list[tuple[str | None, Namespace]]:
    """The namespace to look at, else all; the first of these, without a name, is what new ones begin with."""
    return [(None, state.everywhere), *state.namespaces.items()] if name is None else [(name, state.look(name))]


def _removed(state: M3O, chat_id: str, name: str | None) -> bool:
    """Take a chat out of one namespace or all; False if it was in none."""
    if name is not None and chat_id in state.look(name).chats:
        state.enter(name)  # or it would be taken out of what all begin with
    there = [one for _, one in _spaces(state, name) if chat_id in one.chats]
    for namespace in there:
        namespace.remove(chat_id)
    return bool(there)


def _shown_chat(namespace: str | None, chat: Chat) -> dict[str, Any]:
    there = {} if namespace is None else {"namespace": namespace}
    return {"id": chat.id, **there, "user_ids": chat.user_ids, "messages": [one.members for one in chat.messages]}


COLLECTIONS: Final = (
    Collection(
        path="tokens/{token}",
        title="How a token is treated",
        schema="sim-tokens",
        put=_put_token,
        get=_get_token,
        delete=_delete_token,
        list=_list_tokens,
    ),
    Collection(
        path="chats/{chat_id}",
        title="Chats of the documented calls, in one namespace (?namespace=) or all",
        schema="sim-chats",
        put=_put_chat,
        get=_get_chat,
        delete=_delete_chat,
        list=_list_chats,
        filters=("namespace",),
    ),
)
