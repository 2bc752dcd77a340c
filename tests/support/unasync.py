"""Makes `client/blocking/` from `client/awaited/`, so that every verb is written once. Run by `make client`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

CLIENT: Final = Path(__file__).parents[2] / "simulator" / "chatsim" / "client"
WORDS: Final = (
    (r"\basync def\b", "def"),
    (r"\basync with\b", "with"),
    (r"\basync for\b", "for"),
    (r"\bawait ", ""),
    (r"\bAsyncIterator\b", "Iterator"),
    (r"\bAsyncGenerator\[(.+), None\]", r"Generator[\1, None, None]"),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\bclient\.awaited\b", "client.blocking"),
    (r"\brun_awaited\b", "run_blocking"),
    (r"\bAwaited([A-Z])", r"Blocking\1"),
    (r"\b__aenter__\b", "__enter__"),
    (r"\b__aexit__\b", "__exit__"),
    (r"\bAsync([A-Z])", r"\1"),
)
HEADS: Final = {"__init__.py": '"""The verbs, blocking. Made from `awaited/` by `make client`: change them there."""\n'}


def blocking() -> dict[str, str]:
    """The text of each file of `blocking/`."""
    return {file.name: HEADS.get(file.name) or translated(file.read_text()) for file in CLIENT.glob("awaited/*.py")}


def translated(awaited: str) -> str:
    """One file."""
    text = awaited
    for pattern, replacement in WORDS:
        text = re.sub(pattern, replacement, text)
    return text


if __name__ == "__main__":
    for name, text in blocking().items():
        (CLIENT / "blocking" / name).write_text(text)
