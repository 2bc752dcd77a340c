"""Errors of the simulator itself, as RFC 9457 problem details."""

from http import HTTPStatus
from typing import Any, Final

from chatsim.core.api import Call
from chatsim.core.errors import ApiError, Invalid
from chatsim.core.http import Reply

PROBLEM: Final = "application/problem+json"


def render(error: ApiError, call: Call) -> Reply:
    """Word an error: `title` is the status's phrase, `errors[]` points at each offending member.

    A body that can be read but breaks its schema is 422, one that cannot be read 400. What a 422 says of no member it
    says of the whole body.
    """
    status = 422 if isinstance(error, Invalid) else error.status
    body: dict[str, Any] = {"type": "about:blank", "title": _phrase(status), "status": status}
    if error.message:
        body["detail"] = error.message
    body["code"] = error.code
    if error.violations:
        body["errors"] = [{"pointer": one.pointer, "detail": one.message} for one in error.violations]
    elif status == 422:
        body["errors"] = [{"pointer": "", "detail": error.message}]
    return Reply(status=status, body=body, content_type=PROBLEM, headers=error.headers)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
