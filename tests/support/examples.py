"""How many examples a generated test tries: `CHATSIM_FUZZ=20` tries twenty times as many, for a night."""

from __future__ import annotations

import os
from typing import Final

TIMES: Final = int(os.environ.get("CHATSIM_FUZZ", "1"))


def examples(usual: int) -> int:
    """The number for this run, where `usual` is that of every run."""
    return usual * TIMES
