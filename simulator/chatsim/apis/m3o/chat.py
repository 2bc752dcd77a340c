"""The documented service: New, Send and History at /chat. Nobody is asked whether a chat is theirs."""

from __future__ import annotations

from typing import Final

from chatsim.apis.m3o.account import Account
from chatsim.apis.m3o.autoreply import auto_reply, somebody_else
from chatsim.apis.m3o.errors import bad_request, lenient
from chatsim.apis.m3o.gateway import answer
from chatsim.apis.m3o.history import of_chat
from chatsim.apis.m3o.state import M3O, Chat, Message
from chatsim.apis.m3o.times import timestamp
from chatsim.core.api import Call
from chatsim.core.effects import Effect, Push
from chatsim.core.http import Reply


def new(state: M3O, call: Call) -> Reply:
    """Give these users their chat; the same users get the same one, in whatever order they are named."""
    user_ids = call.body.get("user_ids")
    if not user_ids:
        raise bad_request("chat.New.MissingUserIDs", "One or more user IDs are required")
    namespace = state.enter(Account.of(call).namespace)
    chat = namespace.chat_of(user_ids) if call.quirk("m3o.new-repeats") == "same" else None
    if chat is None:
        chat = Chat(call.ids.uuid("chat"), sorted(user_ids))
        namespace.add(chat)
    return answer(call, {"chat_id": chat.id})


def send(state: M3O, call: Call) -> Reply:
    """Say something in a chat."""
    body = call.body
    if not body.get("chat_id"):
        return _send_nowhere(call)
    if body.keys() == {"chat_id"} and _granted(call, "m3o.history-on-send", "answered"):
        return history(state, call)
    _ask_for(call, "user_id", "text")
    client_id = body.get("client_id") or call.ids.uuid("client")
    message = _message(call, body["chat_id"], body["user_id"], body["text"], client_id, body.get("subject", ""))
    effects = say(state, call, Account.of(call).namespace, message)
    return answer(call, {"message": message.members} if call.quirk("m3o.send-reply") == "message" else {}, *effects)


def history(state: M3O, call: Call) -> Reply:
    """Look at what was said in a chat."""
    chat_id = call.body.get("chat_id")
    if not chat_id:
        raise bad_request("chat.History.MissingChatID", "ChatID is missing")
    chat = state.look(Account.of(call).namespace).chats.get(chat_id)
    if chat is None:
        raise bad_request("chat.History.InvalidChatID", "Chat not found with this ID")
    messages = [message.members for message in of_chat(call, chat.messages)]
    return answer(call, {"messages": messages} if messages else {})


def say(state: M3O, call: Call, namespace: str, message: Message) -> tuple[Effect, ...]:
    """Keep a message and tell those who are connected, unless it is a repetition: that is dropped silently."""
    if not state.enter(namespace).accept(message):
        call.note("m3o.repetition", f"client_id {message.client_id!r} was used before: the message is dropped")
        return ()
    chat_id = message.members["chat_id"]
    push = Push(topic=topic(namespace, chat_id), event="message", body=message.members, one_of=True)
    return (push, *auto_reply(call, "reply_in_chat", namespace, chat_id, message))


def reply_in_chat(state: M3O, call: Call) -> Reply:
    """Timer: another user of the chat answers."""
    args = call.body
    chat = state.look(args["owner"]).chats.get(args["place"])
    if chat is None:
        return Reply()
    speaker = somebody_else(chat.user_ids, args["to"])
    message = _message(call, chat.id, speaker, args["text"], call.ids.uuid("client"))
    return Reply(effects=say(state, call, args["owner"], message))


def topic(namespace: str, chat_id: str) -> str:
    """What connections to a chat listen to."""
    return f"chat {namespace} {chat_id}"


def members(**written: str) -> dict[str, str]:
    """A message as readers see it; members that hold nothing are left out [source]."""
    return {name: value for name in _MEMBERS if (value := written.get(name))}


_MEMBERS: Final = ("id", "client_id", "chat_id", "user_id", "sent_at", "subject", "text")


def _message(call: Call, chat_id: str, user_id: str, text: str, client_id: str, subject: str = "") -> Message:
    written = members(
        id=call.ids.uuid("message"),
        client_id=client_id,
        chat_id=chat_id,
        user_id=user_id,
        sent_at=timestamp(call.now) if call.quirk("m3o.sent-at") == "present" else "",
        subject=subject,
        text=text,
    )
    return Message(written, call.now)


def _ask_for(call: Call, *names: str) -> None:
    for name in names:
        if not call.body.get(name):
            raise bad_request(*_MISSING[name])


def _send_nowhere(call: Call) -> Reply:
    """The document's curl call names no chat and is answered {}; there is nowhere to store what it says."""
    is_message = call.body.get("user_id") and call.body.get("text")
    if is_message and _granted(call, "m3o.send-without-chat", "accepted"):
        return answer(call, {})
    raise bad_request(*_MISSING["chat_id"])


def _granted(call: Call, name: str, value: str) -> bool:
    """Whether a quirk, which is a leniency under this value, has it, and the world is not strict."""
    return call.quirk(name) == value and lenient(call, name)


_MISSING: Final = {
    "chat_id": ("chat.Send.MissingChatID", "ChatID is missing"),
    "user_id": ("chat.Send.MissingUserID", "UserID is missing"),
    "text": ("chat.Send.MissingText", "Text is missing"),
}
