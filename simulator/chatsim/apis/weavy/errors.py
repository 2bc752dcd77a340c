"""Words every refusal as ASP.NET Core's problem detail, sent as `application/json` as the document shows it."""

from typing import Any, Final

from chatsim.core.api import Call
from chatsim.core.errors import ApiError, Faulted, Internal, Invalid
from chatsim.core.http import Reply

RFC7231: Final = "https://tools.ietf.org/html/rfc7231#section-"
KINDS: Final[dict[int, tuple[str, str]]] = {
    400: (RFC7231 + "6.5.1", "Bad Request"),
    401: ("https://tools.ietf.org/html/rfc7235#section-3.1", "Unauthorized"),
    403: (RFC7231 + "6.5.3", "Forbidden"),
    404: (RFC7231 + "6.5.4", "Not Found"),
    405: (RFC7231 + "6.5.5", "Method Not Allowed"),
    408: (RFC7231 + "6.5.7", "Request Timeout"),
    413: (RFC7231 + "6.5.11", "Payload Too Large"),
    415: (RFC7231 + "6.5.13", "Unsupported Media Type"),
    417: (RFC7231 + "6.5.14", "Expectation Failed"),
    500: (RFC7231 + "6.6.1", "An error occurred while processing your request."),
    503: (RFC7231 + "6.6.4", "Service Unavailable"),
}
"""Type and title by status; 404 is the documented example, the others are ASP.NET Core's own [guess]."""
OTHER: Final = ("about:blank", "Error")
VALIDATION: Final = "One or more validation errors occurred."


class BadValues(Invalid):
    """Parameters or members with values that cannot be; `errors` has sentences by name."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(reasons)}" for name, reasons in errors.items()))
        self.errors = errors


def render(error: ApiError, call: Call) -> Reply:
    """The problem detail of a refusal."""
    kind, title = KINDS.get(error.status, OTHER)
    problem: dict[str, Any] = {"type": kind, "title": title, "status": error.status}
    if errors := _errors(error):
        problem |= {"title": VALIDATION, "errors": errors}
    elif error.message and not isinstance(error, (Internal, Faulted)):
        problem["detail"] = error.message
    headers = dict(error.headers)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.status == 405:
        headers["Allow"] = ", ".join(getattr(error, "allowed", ()))
    return Reply(status=error.status, body=problem, headers=headers)


def _errors(error: ApiError) -> dict[str, list[str]]:
    if isinstance(error, BadValues):
        return error.errors
    found: dict[str, list[str]] = {}
    for violation in error.violations:
        name = violation.member or violation.pointer.lstrip("/").replace("/", ".")
        found.setdefault(name, []).append(violation.message)
    return found
