"""Form bodies as the token server reads them: the first of several equal names counts, and empty is not missing."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from chatsim.apis.keycloak.errors import OAuthError
from chatsim.core.api import Call
from chatsim.core.errors import UnsupportedMediaType
from chatsim.core.http import Body

_BAD_PERCENT: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
FORM: Final = "application/x-www-form-urlencoded"


class Form(msgspec.Struct, frozen=True):
    """The parameters of a form body; `repeated` are the names that came more than once."""

    values: dict[str, str]
    repeated: tuple[str, ...] = ()

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first value of that name; empty if it came without one."""
        return self.values.get(name, default)


def decode_form(call: Call, body: Body) -> Form:
    """Read a form body; any charset parameter will do, since percent-encoded bytes are read as UTF-8.

    No body at all needs no content type and is an empty form [guess].

    Raises:
        UnsupportedMediaType: it is something else. OAuthError: as `read_form`.
    """
    kind = call.request.content_type
    if kind != FORM and (kind or body.raw or body.parts):
        raise UnsupportedMediaType(f"the body is {kind or 'of no type'}, it must be {FORM}")
    return read_form(body.raw)


def read_form(raw: bytes) -> Form:
    """Read form parameters.

    Raises:
        OAuthError: a `%` without two hex digits, or what is no UTF-8: replaced, two secrets would be one [guess].
    """
    values: dict[str, str] = {}
    repeated: list[str] = []
    if _BAD_PERCENT.search(raw):
        raise OAuthError("invalid_request", "Malformed form: a % is not followed by two hex digits")
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise OAuthError(
            "invalid_request", f"Malformed form: byte 0x{error.object[error.start]:02X} is no UTF-8"
        ) from error
    for name, value in pairs:
        if name in values:
            repeated.append(name)
        else:
            values[name] = value
    return Form(values, tuple(repeated))


def form_or_nothing(call: Call, body: Body) -> Any:
    """Read a form body; a body of another type is an empty form: the endpoint also works without one."""
    return read_form(body.raw if call.request.content_type == FORM else b"")
