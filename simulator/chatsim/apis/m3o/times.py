"""How Go writes a moment: the two spellings of RFC 3339 that the service uses."""

from __future__ import annotations

from chatsim.core.clock import rfc3339


def nano(moment: int) -> str:
    """Write ns UTC with up to nine fraction digits, zeros at the end cut: `2022-02-17T16:12:43.94Z`."""
    return rfc3339(moment, 9)[:-1].rstrip("0").rstrip(".") + "Z"


def timestamp(moment: int) -> str:
    """Write ns UTC with 0, 3, 6 or 9 fraction digits, as proto3's JSON does."""
    digits = next(few for few in (0, 3, 6, 9) if moment % 10 ** (9 - few) == 0)
    return rfc3339(moment, digits)
