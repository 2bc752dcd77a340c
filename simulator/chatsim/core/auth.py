"""Who is calling."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec


@lru_cache(maxsize=1024)
def bearer(header: str) -> str:
    """The token of an Authorization header with the scheme Bearer, in any case of letters; empty where it has none.

    A client sends the same header again and again: what it gave is remembered, and is then one and the same string.
    """
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class Principal(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The caller as the API's `authenticate` found it.

    `id` is what the journal shows (never a secret); `kind` is the API's word, such as `client`, `user`, `key`;
    `data` is whatever the API's operations need of it.
    """

    id: str
    kind: str = "user"
    data: Any = None
