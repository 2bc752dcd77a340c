"""The later service at /v1/chat: groups, which older clients call rooms, each the property of one tenant."""

from __future__ import annotations

from typing import Any

from chatsim.apis.m3o.account import Account
from chatsim.apis.m3o.autoreply import auto_reply, somebody_else
from chatsim.apis.m3o.errors import bad_request
from chatsim.apis.m3o.gateway import answer
from chatsim.apis.m3o.history import in_order
from chatsim.apis.m3o.state import M3O, Group, Message
from chatsim.apis.m3o.times import nano
from chatsim.core.api import Call
from chatsim.core.effects import Effect, Push
from chatsim.core.http import Reply


def create_group(state: M3O, call: Call) -> Reply:
    """Make a group of anybody, or of nobody."""
    return answer(call, {word_of(call): shown_group(_create(state, call))})


def new_room(state: M3O, call: Call) -> Reply:
    """The same under the name it had in the first month, when groups were rooms."""
    return answer(call, {"room": shown_group(_create(state, call))})


def list_groups(state: M3O, call: Call) -> Reply:
    """All groups, or those of one user."""
    user_id = call.body.get("user_id")
    groups = state.groups(Account.of(call).tenant).values()
    found = [shown_group(group) for group in groups if not user_id or user_id in group.user_ids]
    return answer(call, {word_of(call) + "s": found})


def delete_group(state: M3O, call: Call) -> Reply:
    """Forget a group and all that was said in it."""
    group = find_group(state, call, "chat.delete")
    del state.groups(Account.of(call).tenant)[group.id]
    return answer(call, {word_of(call): shown_group(group)})


def group_history(state: M3O, call: Call) -> Reply:
    """All messages of a group."""
    group = find_group(state, call, "chat.history")
    return answer(call, {"messages": [shown(one.members, word_of(call)) for one in in_order(call, group.messages)]})


def invite(state: M3O, call: Call) -> Reply:
    """Add a user, once."""
    group = find_group(state, call, "chat.invite", "user_id")
    admit(group, call.body["user_id"])
    return answer(call, {word_of(call): shown_group(group)})


def kick(state: M3O, call: Call) -> Reply:
    """Have a user out of a group."""
    return _without(state, call, "chat.kick")


def leave(state: M3O, call: Call) -> Reply:
    """Go out of a group: the same as being kicked."""
    return _without(state, call, "chat.leave")


def send_to_group(state: M3O, call: Call) -> Reply:
    """Say something in a group that one is in."""
    group = find_group(state, call, "chat.send", "user_id", "text")
    body = call.body
    if body["user_id"] not in group.user_ids:
        raise bad_request("chat.send", f"user is not in the {word_of(call)}")
    client = body.get("client") or call.ids.uuid("client")
    message = _message(call, group, client, body["user_id"], body["text"], body.get("subject", ""))
    effects = _say(call, Account.of(call).tenant, group, message)
    return answer(call, {"message": shown(message.members, word_of(call))}, *effects)


def reply_in_group(state: M3O, call: Call) -> Reply:
    """Timer: another member of the group answers."""
    args = call.body
    group = state.groups(args["owner"]).get(args["place"])
    if group is None:
        return Reply()
    speaker = somebody_else(group.user_ids, args["to"])
    message = _message(call, group, call.ids.uuid("client"), speaker, args["text"])
    return Reply(effects=_say(call, args["owner"], group, message))


def find_group(state: M3O, call: Call, error_id: str, *wanted: str, unknown: str = "") -> Group:
    """Find the group that a body names, after asking for its id and for what else is `wanted`, in this order.

    Raises:
        Refusal: 400 with `error_id`, or with the id `unknown` if everything is there but the group.
    """
    word = word_of(call)
    group_id = call.body.get("group_id") or call.body.get("room_id")
    if not group_id:
        raise bad_request(error_id, f"missing {word} id")
    for name in wanted:
        if not call.body.get(name):
            raise bad_request(error_id, f"missing {name.replace('_', ' ')}")
    group = state.groups(Account.of(call).tenant).get(group_id)
    if group is None:
        raise bad_request(unknown or error_id, f"{word} not found")
    return group


def admit(group: Group, user_id: str) -> None:
    """Make a user a member who is none yet. Whether the group is private makes no difference [source]."""
    if user_id not in group.user_ids:
        group.user_ids.append(user_id)


def word_of(call: Call) -> str:
    """`group` or `room`: whichever id the body has, else what the setting says."""
    for word in ("group", "room"):
        if f"{word}_id" in call.body:
            return word
    return str(call.setting("m3o.dialect")).removesuffix("s")


def topic(tenant: str, group_id: str) -> str:
    """What connections to a group listen to."""
    return f"group {tenant} {group_id}"


def shown(members: dict[str, str], word: str) -> dict[str, str]:
    """A message as readers see it who call a group `word`."""
    if word == "group":
        return members
    return {(f"{word}_id" if name == "group_id" else name): value for name, value in members.items()}


def shown_group(group: Group) -> dict[str, Any]:
    """A group as readers see it."""
    return {
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "created_at": group.created_at,
        "user_ids": list(group.user_ids),
        "private": group.private,
    }


def _create(state: M3O, call: Call) -> Group:
    body = call.body
    group = Group(
        id=call.ids.uuid("group"),
        name=body.get("name", ""),
        description=body.get("description", ""),
        created_at=nano(call.now),
        user_ids=list(body.get("user_ids", ())),
        private=body.get("private", False),
    )
    state.add_group(Account.of(call).tenant, group)
    return group


def _without(state: M3O, call: Call, error_id: str) -> Reply:
    group = find_group(state, call, error_id, "user_id")
    group.user_ids = [one for one in group.user_ids if one != call.body["user_id"]]
    return answer(call, {word_of(call): shown_group(group)})


def _message(call: Call, group: Group, client: str, user_id: str, text: str, subject: str = "") -> Message:
    members = {
        "id": call.ids.uuid("message"),
        "client": client,
        "group_id": group.id,
        "user_id": user_id,
        "sent_at": nano(call.now),
        "subject": subject,
        "text": text,
    }
    return Message(members, call.now)


def _say(call: Call, tenant: str, group: Group, message: Message) -> tuple[Effect, ...]:
    group.messages.append(message)
    push = Push(topic=topic(tenant, group.id), event="message", body={"message": message.members}, one_of=True)
    return (push, *auto_reply(call, "reply_in_group", tenant, group.id, message))
