"""Who is calling."""

from __future__ import annotations

from typing import Any

import msgspec


class Principal(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The caller as the API's `authenticate` found it.

    `id` is what the journal shows (never a secret); `kind` is the API's word, such as `client`, `user`, `key`;
    `data` is whatever the API's operations need of it.
    """

    id: str
    kind: str = "user"
    data: Any = None
