"""Refusals as Fastify writes them: its codes and texts, and the order of members that each kind of answer has."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from chatsim.apis.woven.ajv import complaint
from chatsim.core.api import Call
from chatsim.core.errors import (
    ApiError,
    BadUrl,
    Forbidden,
    Internal,
    Invalid,
    MethodNotAllowed,
    NotFound,
    RequestTimeout,
    TooLarge,
)
from chatsim.core.http import JSON, Reply

JSON_UTF8: Final = "application/json; charset=utf-8"

VALIDATION: Final = "FST_ERR_VALIDATION"
EMPTY_BODY: Final = "FST_ERR_CTP_EMPTY_JSON_BODY"
INVALID_BODY: Final = "FST_ERR_CTP_INVALID_JSON_BODY"
MEDIA_TYPE: Final = "FST_ERR_CTP_INVALID_MEDIA_TYPE"
TOO_LARGE: Final = "FST_ERR_CTP_BODY_TOO_LARGE"
BAD_URL: Final = "FST_ERR_BAD_URL"
NO_AUTHORIZATION: Final = "FST_JWT_NO_AUTHORIZATION_IN_HEADER"
BAD_AUTHORIZATION: Final = "FST_JWT_BAD_REQUEST"
TOKEN_INVALID: Final = "FST_JWT_AUTHORIZATION_TOKEN_INVALID"
TOKEN_EXPIRED: Final = "FST_JWT_AUTHORIZATION_TOKEN_EXPIRED"
TOKEN_UNSIGNED: Final = "FAST_JWT_MISSING_SIGNATURE"

TEXTS: Final = {
    EMPTY_BODY: "Body cannot be empty when content-type is set to 'application/json'",
    INVALID_BODY: "Body is not valid JSON but content-type is set to 'application/json'",
    MEDIA_TYPE: "Unsupported Media Type",
    TOO_LARGE: "Request body is too large",
    NO_AUTHORIZATION: "No Authorization was found in request.headers",
    BAD_AUTHORIZATION: "Format is Authorization: Bearer [token]",
    TOKEN_EXPIRED: "Authorization token expired",
    TOKEN_UNSIGNED: "Unsigned authorization token",
}

# The reason phrases that Node has and Python's versions disagree about.
_PHRASES: Final = {
    413: "Payload Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Entity",
}


class Denied(Forbidden):
    """The client may not send for this project."""

    def __init__(self) -> None:
        super().__init__("The client does not own this project")


class NoProject(NotFound):
    """The same, said so that nobody learns whether the project exists."""

    def __init__(self) -> None:
        super().__init__("Project not found")


class PublicClient(Forbidden):
    """The token is that of a log-in client, which has no secret."""

    def __init__(self) -> None:
        super().__init__("This API needs a token of the server-side client")


def refused(kind: type[ApiError], code: str) -> ApiError:
    """A refusal that the framework has a code and a constant text for."""
    return kind(TEXTS[code], code=code)


def render(error: ApiError, call: Call) -> Reply:
    """The answer to a refusal."""
    if isinstance(error, BadUrl):
        message = f"'{_url(call)}' is not a valid url component"
        body = {"error": "Bad Request", "code": BAD_URL, "message": message, "statusCode": 400}
        return Reply(status=400, body=body, content_type=JSON)
    if isinstance(error, MethodNotAllowed) or (isinstance(error, NotFound) and error.path):
        message = f"Route {call.request.method}:{_url(call)} not found"
        return Reply(status=404, body={"message": message, "error": "Not Found", "statusCode": 404})
    if isinstance(error, RequestTimeout):
        body = {"error": "Request Timeout", "message": "Client Timeout", "statusCode": 408}
        return Reply(status=408, body=body, content_type=JSON)
    code, message = _worded(error, call)
    named = {"code": code} if code.startswith(("FST_", "FAST_")) else {}
    members = {"statusCode": error.status, **named, "error": phrase(error.status), "message": message}
    return Reply(status=error.status, body=members)


def _worded(error: ApiError, call: Call) -> tuple[str, str]:
    if isinstance(error, Invalid):
        return VALIDATION, complaint(call.body)
    if isinstance(error, TooLarge):
        return TOO_LARGE, TEXTS[TOO_LARGE]
    if isinstance(error, Internal):
        return "", "Internal Server Error"
    return error.code, error.message or phrase(error.status)


def phrase(status: int) -> str:
    """The reason phrase of a status, as Node knows it."""
    if status in _PHRASES:
        return _PHRASES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _url(call: Call) -> str:
    query = call.request.query
    return f"{call.request.path}?{query}" if query else call.request.path
