"""Secrets out of what is given to others: by the name they stand under, wherever in a document."""

import re
from typing import Any, Final

MASK: Final = "***"
SECRET: Final = re.compile(
    r"authorization|cookie|password|secret|token|api_?key|jwt|assertion|credential|private", re.IGNORECASE
)
HARMLESS: Final = re.compile(r"_type|_endpoint|_supported|expires|lifespan|lifetime|^tokens$|^not-before")
_FORM: Final = re.compile(r"((?:^|[?&])[^=&]*(?:password|secret|token|assertion)[^=&]*=)[^&]*", re.IGNORECASE)
_JWT: Final = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*")


def masked(value: Any, name: str = "") -> Any:
    """A copy without secrets: texts under telling names, parameters of forms and queries, and every JWT."""
    if isinstance(value, dict):
        return {_text(key): None if key == "base64" else masked(one, key) for key, one in value.items()}
    if isinstance(value, list):
        if len(value) == 2 and all(isinstance(one, str) for one in value):  # a header, as the journal lists it
            return [value[0], masked(value[1], value[0])]
        return [masked(one, name) for one in value]
    if not isinstance(value, str) or not value:
        return value
    if SECRET.search(name) and not HARMLESS.search(name):
        return MASK
    return _text(value)


def _text(text: str) -> str:
    return _FORM.sub(rf"\1{MASK}", _JWT.sub(MASK, text))
