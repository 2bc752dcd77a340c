"""The switches of this API: where the document and the service part ways, and the service's own defects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chatsim.core.quirks import Quirk
from chatsim.core.settings import Setting

_HANDLER: Final = "source: handler.go beside the document (2021-05-23)"
_GATEWAY: Final = "source: the gateway of micro v3"


def _apart(name: str, title: str, document: str, service: str, values: Mapping[str, str], source: str) -> Quirk:
    return Quirk(name=f"m3o.{name}", title=title, values=values, document=document, service=service, source=source)


def _defect(name: str, title: str, mended: str, values: Mapping[str, str], source: str) -> Quirk:
    """A defect of the service that nobody wants by default, whatever the truth: it has to be asked for."""
    return _apart(name, title, mended, mended, values, source)


QUIRKS: Final = (
    _apart(
        "history-on-send",
        "What /chat/Send says to a body with chat_id and nothing else",
        "answered",
        "refused",
        {"answered": "the history, as the document's curl call expects", "refused": "400 chat.Send.MissingUserID"},
        f"the document's history call; {_HANDLER}",
    ),
    _apart(
        "send-without-chat",
        "What /chat/Send says to a message without chat_id",
        "accepted",
        "refused",
        {"accepted": "{}, and nothing is stored", "refused": "400 chat.Send.MissingChatID"},
        f"the document's send call; {_HANDLER}",
    ),
    _apart(
        "send-reply",
        "What /chat/Send answers",
        "empty",
        "message",
        {"empty": "{}", "message": "the message, with an id that is stored nowhere if it was a repetition"},
        f"the document's send call; {_HANDLER}",
    ),
    _apart(
        "sent-at",
        "Whether messages of the documented calls say when they were sent",
        "absent",
        "present",
        {"absent": "no, unless a client of /chat/Connect wrote it", "present": "RFC 3339, set by the server on Send"},
        f"the document's history call; {_HANDLER}",
    ),
    _apart(
        "form-label",
        "What a JSON body labelled application/x-www-form-urlencoded is",
        "ignored",
        "obeyed",
        {"ignored": "JSON, as the document's curl calls need", "obeyed": "a form with one odd field: 500"},
        f"the document's calls, run with curl; {_GATEWAY}",
    ),
    _apart(
        "reply-content-type",
        "The content type of answers at /chat/*",
        "json",
        "copied",
        {"json": "application/json", "copied": "the request's, as gateways of January to May 2021 answered"},
        _GATEWAY,
    ),
    _defect(
        "error-content-type",
        "The content type of errors",
        "json",
        {"json": "application/json", "text": "text/plain, as before v3.1.1 (March 2021)"},
        _GATEWAY,
    ),
    _defect(
        "stream-errors",
        "How a stream tells an error",
        "frame",
        {"frame": "a JSON frame, then it closes", "dropped": "not at all, the connection drops (before November 2021)"},
        "source: PR micro/micro#1867",
    ),
    _defect(
        "history-limit",
        "How many messages /chat/History gives",
        "fifty",
        {"fifty": "the newest fifty", "one": "one, as the event store did before v3.10"},
        "source: events/options.go; that the one is the newest is a guess",
    ),
    _defect(
        "history-order",
        "The order of a history",
        "sent",
        {"sent": "as sent", "id": "by message id, which is chance: the order of keys in the store"},
        "source: store/memory.go",
    ),
    _defect(
        "history-expiry",
        "How long /chat/History remembers",
        "never",
        {"never": "for ever", "day": "24 hours of the world's time"},
        "source: events/store.go",
    ),
    _defect(
        "connect-client-id",
        "What a frame of /chat/Connect without client_id is taken for",
        "assigned",
        {"assigned": "a message with a client_id of its own", "empty": "a repetition of the first such frame"},
        _HANDLER,
    ),
    _defect(
        "connect-id",
        "The id of a message sent over /chat/Connect",
        "assigned",
        {"assigned": "set by the server if the client set none", "absent": "what the client set, or none"},
        _HANDLER,
    ),
    _defect(
        "frame-limit",
        "How long a frame of a client may be",
        "none",
        {"none": "as long as it likes", "512": "512 bytes, else the connection closes with 1009"},
        "source: api/handler/rpc/stream.go since February 2021",
    ),
    _defect(
        "new-repeats",
        "What /chat/New gives the same users a second time",
        "same",
        {"same": "the same chat", "another": "another chat, as the first version did by mistake"},
        "source: handler.go of 2020-10-15",
    ),
)

SETTINGS: Final = (
    Setting(
        name="m3o.dialect",
        type="str",
        default="groups",
        choices=("groups", "rooms"),
        title="What /v1/chat/Create and List speak of; calls that name a group_id or room_id decide for themselves",
    ),
    Setting(
        name="m3o.error_keys",
        type="str",
        default="lower",
        choices=("lower", "title"),
        title="How the members of errors are spelled: id, or Id as gateways before February 2022 did",
    ),
    Setting(
        name="m3o.auto_reply",
        type="str",
        default="off",
        title="What another user answers one second later: off, echo, or this text",
    ),
)
