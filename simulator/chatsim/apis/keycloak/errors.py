"""How the token server refuses: OAuth errors, plain errors of the server below it, and pages for browsers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from chatsim.apis.keycloak.pages import HTML, error_page
from chatsim.core.api import Call
from chatsim.core.errors import ApiError, Internal, MethodNotAllowed, NotFound
from chatsim.core.http import Reply

NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
INVALID_CREDENTIALS: Final = "Invalid client or Invalid client credentials"
SEE_LOG: Final = "For more on this error consult the server log."
# RFC 9110 renamed 413; the server's own list of phrases is older [source].
PHRASES: Final = {413: "Request Entity Too Large"}


def header_text(text: str) -> str:
    """Text as the inside of a quoted string of a header: printable ASCII, the rest shown as question marks."""
    printable = "".join(sign if " " <= sign <= "~" else "?" for sign in text)
    return printable.replace("\\", "\\\\").replace('"', '\\"')


class OAuthError(ApiError):
    """An error of RFC 6749: `code` is its `error`, the message its `error_description`."""

    def __init__(self, code: str, text: str = "", status: int = 400, headers: dict[str, str] | None = None) -> None:
        super().__init__(text, status=status, code=code, headers=headers)


class BasicChallenge(ApiError):
    """The Authorization header cannot be read and nothing else names a client: 401 without a body [source]."""

    status = 401
    code = "challenge"

    def __init__(self, realm: str) -> None:
        challenge = f'Basic realm="{header_text(realm)}"'
        super().__init__("the Authorization header is not Basic", headers={"WWW-Authenticate": challenge})


class NoSuchRealm(ApiError):
    """There is no such realm, and it does not come into being here."""

    status = 404
    code = "no_such_realm"


class PageError(ApiError):
    """An error told to a person in a browser."""

    code = "page"


def _http_text(error: ApiError, call: Call) -> str:
    """The exception text of the server below: `HTTP 405 Method Not Allowed`."""
    if isinstance(error, NotFound) and error.path:
        return f"RESTEASY003210: Could not find resource for full path: {call.base_url}{call.request.path}"
    try:
        phrase = PHRASES.get(error.status) or HTTPStatus(error.status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP {error.status} {phrase}".rstrip()


def _plain(error: ApiError, call: Call) -> Reply:
    if isinstance(error, NoSuchRealm):
        body = {"error": "Realm does not exist"}
        if call.quirk("keycloak.missing-realm") == "described":
            body["error_description"] = SEE_LOG
        return Reply(status=404, body=body)
    text = _http_text(error, call)
    if _prefers_html(call.request.headers.get("Accept", "")):
        return Reply(status=error.status, body=error_page(text), content_type=HTML)
    if isinstance(error, Internal):
        return Reply(status=500, body={"error": "unknown_error"})
    if call.quirk("keycloak.plain-errors") == "code":
        code = "invalid_request" if error.status < 500 else "unknown_error"
        return Reply(status=error.status, body={"error": code, "error_description": text})
    return Reply(status=error.status, body={"error": text})


def _oauth(error: ApiError, call: Call) -> Reply:
    body = {"error": error.code}
    if error.message:
        body["error_description"] = error.message
    return Reply(status=error.status, body=body)


def _challenge(error: ApiError, call: Call) -> Reply:
    return Reply(status=error.status)


def _page(error: ApiError, call: Call) -> Reply:
    return Reply(status=error.status, body=error_page(error.message), content_type=HTML)


RENDERERS: Final[Mapping[type[ApiError], Callable[[ApiError, Call], Reply]]] = {
    OAuthError: _oauth,
    BasicChallenge: _challenge,
    PageError: _page,
}


def render(error: ApiError, call: Call) -> Reply:
    """Word an error. What the token endpoint says is never to be stored, errors included [source]."""
    reply = RENDERERS.get(type(error), _plain)(error, call)
    headers = dict(error.headers)
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    if call.route is not None and call.route.name == "issue_token":
        headers.update(NO_STORE)
    return Reply(status=reply.status, body=reply.body, content_type=reply.content_type, headers=headers)


def _prefers_html(accept: str) -> bool:
    """Whether a page is wanted rather than JSON: text/html is named, and JSON is not, or with a lower weight."""
    weights = {"text/html": 0.0, "application/json": 0.0}
    for item in accept.lower().split(","):
        kind, *parameters = (word.strip() for word in item.split(";"))
        if kind in weights:
            weights[kind] = max(weights[kind], _weight(parameters))
    return weights["text/html"] > weights["application/json"]


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _named(code: str, text: str, status: int) -> Callable[[], ApiError]:
    return lambda: OAuthError(code, text, status)


FAULTS: Final[Mapping[str, Callable[[], ApiError]]] = {
    "invalid_request": _named("invalid_request", "Missing form parameter: grant_type", 400),
    "invalid_client": _named("invalid_client", INVALID_CREDENTIALS, 401),
    "unauthorized_client": _named("unauthorized_client", INVALID_CREDENTIALS, 401),
    "invalid_grant": _named("invalid_grant", "Session not active", 400),
    "invalid_scope": _named("invalid_scope", "Invalid scopes: planned", 400),
    "invalid_token": _named("invalid_token", "Token verification failed", 401),
    "unsupported_grant_type": _named("unsupported_grant_type", "Unsupported grant_type", 400),
    "access_denied": _named("access_denied", "Realm not enabled", 403),
    "unknown_error": _named("unknown_error", SEE_LOG, 500),
}
"""The errors that a planned fault may name, worded as their most common case."""
