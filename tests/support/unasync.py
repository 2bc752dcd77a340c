"""Makes `client/blocking.py` from `client/awaited.py`, so that every verb is written once. Run by `make client`."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "simulator" / "chatsim" / "client"
WORDS = (
    (r"\basync def\b", "def"),
    (r"\basync with\b", "with"),
    (r"\basync for\b", "for"),
    (r"\bawait ", ""),
    (r"\bAsyncIterator\b", "Iterator"),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\bAwaitedTransport\b", "BlockingTransport"),
    (r"__aenter__", "__enter__"),
    (r"__aexit__", "__exit__"),
    (r"\bAsync([A-Z])", r"\1"),
)


def blocking(awaited: str) -> str:
    """The text of `blocking.py`."""
    text = awaited
    for pattern, replacement in WORDS:
        text = re.sub(pattern, replacement, text)
    head, _, rest = text.partition("\n")
    assert head.startswith('"""The verbs of the control API, awaited.')
    return '"""The verbs of the control API, blocking. Made from `awaited.py` by `make client`; change it there."""\n' + rest


if __name__ == "__main__":
    (FOLDER / "blocking.py").write_text(blocking((FOLDER / "awaited.py").read_text()))
