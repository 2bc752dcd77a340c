"""How the gateway words a refusal: one object of four members, or plain text where it has no account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from chatsim.core.api import Call
from chatsim.core.errors import (
    ApiError,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    TooLarge,
)
from chatsim.core.http import JSON, Reply

NOTE_HEADER: Final = "X-Simulator-Note"
CLIENT: Final = "go.micro.client"
GATEWAY: Final = "go.micro.api"
SNIFFED: Final = "text/plain; charset=utf-8"


class Refusal(ApiError):
    """A refusal as the real services word it: `code` is the id, `message` the detail."""


class PlainRefusal(ApiError):
    """A refusal of the unversioned gateway itself, in plain text: `message` and a line feed."""


def bad_request(error_id: str, detail: str) -> Refusal:
    """The refusal of a service: `error_id` names the method, 400 whatever is wrong [source]."""
    return Refusal(detail, code=error_id)


def broken_request(detail: str) -> Refusal:
    """A request that the gateway cannot read at all [source]."""
    return Refusal(f"error during request: {detail}", status=500, code=GATEWAY)


def unknown_service(endpoint: str) -> Refusal:
    """A method that the service does not have; `endpoint` as in `Chat.Nope` [source]."""
    return Refusal(f"unknown service {endpoint}", status=500, code=CLIENT)


def is_v1(path: str) -> bool:
    """Whether a path is behind the front door of the later service."""
    return path[:4].lower() in ("/v1", "/v1/")


def error_object(error_id: str, status: int, detail: str, keys: str) -> dict[str, Any]:
    """The object; `keys` is `lower` or `title`, as gateways before February 2022 spelled them [source]."""
    shown = {"id": error_id, "code": status, "detail": detail, "status": _phrase(status)}
    return shown if keys == "lower" else {name.title(): value for name, value in shown.items()}


def as_object(error: ApiError, call: Call) -> tuple[int, dict[str, Any]]:
    """The status and the object for an error."""
    word = next((word for kind, word in _WORDS.items() if isinstance(error, kind)), _gateway)
    error_id, status, detail = word(error, call)
    return status, error_object(error_id, status, detail, call.setting("m3o.error_keys"))


def render(error: ApiError, call: Call) -> Reply:
    """Word any error in this API's dialect."""
    headers = {**error.headers, **note_header(call)}
    if isinstance(error, PlainRefusal):
        return Reply(status=error.status, body=f"{error.message}\n".encode(), content_type=SNIFFED, headers=headers)
    status, shown = as_object(error, call)
    kind = SNIFFED if call.quirk("m3o.error-content-type") == "text" else JSON
    return Reply(status=status, body=shown, content_type=kind, headers=headers)


def lenient(call: Call, code: str) -> bool:
    """Note that a leniency is called for, and say whether it is granted: strict worlds grant none."""
    call.note(code, LENIENCIES[code])
    return not call.world.options.strict


def note_header(call: Call) -> dict[str, str]:
    """The header that names the leniencies which this call was granted."""
    used = [note.code for note in call.entry.notes if note.code in LENIENCIES]
    return {NOTE_HEADER: ", ".join(used)} if used and not call.world.options.strict else {}


LENIENCIES: Final[Mapping[str, str]] = {
    "m3o.json-as-form": "JSON that curl labelled as a form is read as JSON; send Content-Type: application/json",
    "m3o.other-content-type": "a body with any other label is read as JSON; send Content-Type: application/json",
    "m3o.history-on-send": "/chat/Send with chat_id alone answers the history, as printed; it is at /chat/History",
    "m3o.send-without-chat": "/chat/Send without chat_id is answered, as in the document, but the message is lost",
}


def _as_said(error: ApiError, call: Call) -> tuple[str, int, str]:
    return error.code, error.status, error.message


def _not_json(error: ApiError, call: Call) -> tuple[str, int, str]:
    return CLIENT, 500, f"grpc: error while marshaling: {error.message}"


def _wrong_shape(error: ApiError, call: Call) -> tuple[str, int, str]:
    return CLIENT, 500, f"grpc: failed to unmarshal the received message: {_explained(error)}"


def _explained(error: ApiError) -> str:
    return "; ".join(f"{one.pointer or '/'} {one.message}" for one in error.violations[:3]) or error.message


def _no_path(error: ApiError, call: Call) -> tuple[str, int, str]:
    path = call.request.path
    if is_v1(path):
        return "v1", 404, "No such API" if len(path.strip("/").split("/")) > 2 else ""
    if path.startswith("/chat/"):
        return CLIENT, 500, f"unknown service {'.'.join(path.split('/')[-2:])}"
    return "", 500, "service not found"


def _odd_method(error: ApiError, call: Call) -> tuple[str, int, str]:
    """The gateway never says 405; what it makes of a method such as TRACE nobody looked up [guess]."""
    return GATEWAY, 500, f"error during request: method {call.request.method} is not known"


def _too_long(error: ApiError, call: Call) -> tuple[str, int, str]:
    return GATEWAY, 500, "error during request: http: request body too large"


def _gateway(error: ApiError, call: Call) -> tuple[str, int, str]:
    """Whatever else the server could not make a call of."""
    return GATEWAY, error.status, f"error during request: {error.message}"


_WORDS: Final[Mapping[type[ApiError], Callable[[ApiError, Call], tuple[str, int, str]]]] = {
    Refusal: _as_said,
    Malformed: _not_json,
    Invalid: _wrong_shape,
    NotFound: _no_path,
    MethodNotAllowed: _odd_method,
    TooLarge: _too_long,
}


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
