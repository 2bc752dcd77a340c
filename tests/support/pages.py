"""Reads the code of a page of docs/: fenced blocks whose first line is a comment with the name of a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).parents[2] / "docs"
_BLOCK: Final = re.compile(r"^```(\w+)\n(?:#|//) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files(page: str, language: str) -> dict[str, str]:
    """The blocks in a language, by the name in their first line."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return {name: code for fence, name, code in _BLOCK.findall(text) if fence == language}


def blocks(page: str, language: str) -> int:
    """How many blocks there are, named or not."""
    return (DOCS / page).read_text(encoding="utf-8").count(f"```{language}\n")
