"""How Airy words a refusal: with the framework's error body, with its own, or with the status alone."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from chatsim.core.errors import ApiError, Conflict, MethodNotAllowed
from chatsim.core.http import Reply

if TYPE_CHECKING:
    from chatsim.core.api import Call

PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}
CORS_REFUSED: Final = Reply(status=403, body=b"Invalid CORS request", content_type="text/plain;charset=UTF-8")


class Bare(ApiError):
    """A refusal that is answered with its status and no body; the journal has the message.

    [source] The controllers answer so where they build the answer themselves, and the framework where an
    unauthenticated caller gets 401 or 403.
    """

    code = "bare"


class NotFailed(Conflict):
    """A message to be sent again that has not failed. [source] The one error with the core API's own body."""

    code = "not_failed"


class ForeignOrigin(ApiError):
    """A page of an origin that `airy.allowed_origins` does not list."""

    status = 403
    code = "origin"


def worded(error: ApiError, call: Call) -> Reply:
    """The answer that says `error`."""
    if isinstance(error, ForeignOrigin):
        return CORS_REFUSED
    if isinstance(error, NotFailed):
        return Reply(status=error.status, body={"message": error.message})
    if isinstance(error, Bare):
        return Reply(status=error.status)
    headers = {"Allow": ", ".join(error.allowed)} if isinstance(error, MethodNotAllowed) else {}
    body = {
        # [guess] A number, because Airy brings its own object mapper.
        "timestamp": call.now // 1_000_000,
        "status": error.status,
        "error": PHRASES.get(error.status, "Error"),
        "path": call.request.path,
    }
    return Reply(status=error.status, body=body, headers=headers)
