"""How KOBIL words a refusal: `{"error": "…"}`, in the style of the Keycloak that its endpoints live in.

The 401 is the document's; the texts of 404, 405, 415 and 413 follow the same server's pattern [guess], those
of 400 are ours, since nobody published a real one.
"""

from __future__ import annotations

from typing import Final

from chatsim.core.api import Call
from chatsim.core.errors import ApiError, Invalid, Malformed, MethodNotAllowed, NotFound, Unauthorized
from chatsim.core.http import Reply

# Not http.HTTPStatus: its words for 413 and 422 changed between Python releases.
_PHRASES: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    417: "Expectation Failed",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class RealmUnknown(NotFound):
    """No such tenant [source: Keycloak]."""

    def __init__(self) -> None:
        super().__init__("Realm does not exist", code="realm_does_not_exist")


class UserUnknown(NotFound):
    """No such user: the status and the text are reported from a live tenant [source], the shape is a [guess]."""

    def __init__(self) -> None:
        super().__init__("User does not exist", code="user_does_not_exist")


class MediaUnknown(NotFound):
    """No such file in this tenant [guess]."""

    def __init__(self) -> None:
        super().__init__(code="media_does_not_exist")


class OtherService(Unauthorized):
    """The token is for another service: "serviceUuid and clientId values you use must be equal" [doc]."""

    code = "other_service"


def render(error: ApiError, call: Call) -> Reply:
    """The answer to any refusal."""
    headers = dict(error.headers)
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    return Reply(status=error.status, body={"error": _text(error)}, headers=headers)


def _text(error: ApiError) -> str:
    if isinstance(error, (RealmUnknown, UserUnknown, Malformed, Invalid)):
        return error.message
    return f"HTTP {error.status} {_PHRASES.get(error.status, '')}".rstrip()
