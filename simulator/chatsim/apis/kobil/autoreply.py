"""`kobil.auto_reply`: the user answers every message by itself, one second later on the world's clock."""

from __future__ import annotations

from typing import Any

from chatsim.apis.kobil import triggers
from chatsim.apis.kobil.operations import SIGNATURE
from chatsim.apis.kobil.state import Kobil
from chatsim.core.api import Call
from chatsim.core.errors import ApiError
from chatsim.core.http import Reply


def auto_reply(state: Kobil, call: Call) -> Reply:
    """Answer one message: a signature request is signed, of choices the first (or that of the setting) is picked.

    Any other message is echoed, or answered with the setting's text.
    """
    message = state.messages.get(call.body["message_id"])
    setting = call.setting("kobil.auto_reply")
    if message is None or message.answered or setting == "off":
        return Reply()
    offered = triggers.choices(message)
    body: dict[str, Any] = {"message_id": message.id}
    act = triggers.send_text
    if message.type == SIGNATURE:
        act = triggers.sign
    elif setting in offered or (offered and setting == "echo"):
        body |= {"index": 0} if setting == "echo" else {"text": setting}
        act = triggers.choose
    else:
        body = {"reply_to": message.id, "text": message.text if setting == "echo" else setting}
    call.body = body
    try:
        return act(state, call)
    except ApiError as problem:
        call.note("no_auto_reply", problem.message)
        return Reply()
