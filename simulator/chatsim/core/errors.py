"""What can be wrong with a request, said once where the fact is known. Each API words it in its own dialect.

An API with more to say (an OAuth error code, say) subclasses these and renders its own members.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatsim.core.schemas import Violation


class ApiError(Exception):
    """A refusal. `status` is HTTP's; `message` is for a person and names what came and what was expected.

    `code` is a short stable word for tests and faults; `headers` go into the answer.
    """

    status = 400
    code = "bad_request"

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        code: str | None = None,
        violations: Sequence[Violation] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.violations = tuple(violations)
        self.headers = headers or {}
        if status is not None:
            self.status = status
        if code is not None:
            self.code = code


class BadUrl(ApiError):
    """The path holds a percent-encoding that is none."""

    code = "bad_url"


class Malformed(ApiError):
    """The body cannot be read at all: broken JSON, a broken multipart body, an empty one where one is needed."""

    code = "malformed"


class Invalid(ApiError):
    """The body or the query can be read but breaks the contract; `violations` say where."""

    code = "invalid"


class Unauthorized(ApiError):
    """No credentials, or unusable ones."""

    status = 401
    code = "unauthorized"


class Forbidden(ApiError):
    """Good credentials that do not reach this far."""

    status = 403
    code = "forbidden"


class NotFound(ApiError):
    """There is no such thing; `path` is true where no route has the path."""

    status = 404
    code = "not_found"

    def __init__(self, message: str = "", *, path: bool = False, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.path = path


class MethodNotAllowed(ApiError):
    """The path exists, this method on it does not; `allowed` are those that do."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(f"allowed here: {', '.join(allowed)}")
        self.allowed = tuple(allowed)


class RequestTimeout(ApiError):
    """The body did not arrive in time."""

    status = 408
    code = "timeout"


class Conflict(ApiError):
    """It contradicts what is there."""

    status = 409
    code = "conflict"


class Gone(ApiError):
    """It was there and was deleted."""

    status = 410
    code = "gone"


class TooLarge(ApiError):
    """The body is longer than `limit` bytes."""

    status = 413
    code = "too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body may have {limit} bytes at most")
        self.limit = limit


class UnsupportedMediaType(ApiError):
    """The body is not of a type that this route reads."""

    status = 415
    code = "unsupported_media_type"


class Unavailable(ApiError):
    """It could be done, but not now or not here."""

    status = 503
    code = "unavailable"


class NotImplementedHere(ApiError):
    """It needs a part that is not installed; the message names it."""

    status = 501
    code = "not_implemented"


class Faulted(ApiError):
    """A planned fault: the API's own error shape with this status (`code` where the fault names one)."""

    code = "fault"


class Internal(ApiError):
    """An unforeseen exception: our bug, recorded in the journal, told without a traceback."""

    status = 500
    code = "internal"
