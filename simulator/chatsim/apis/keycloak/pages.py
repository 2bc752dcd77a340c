"""The few pages that a browser may be shown."""

from __future__ import annotations

from html import escape
from typing import Final

HTML: Final = "text/html;charset=utf-8"

_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title></head>
<body>
<h1 id="kc-page-title">{title}</h1>
<div id="kc-{kind}-message"><p class="instruction">{text}</p></div>
</body>
</html>
"""


def error_page(text: str) -> bytes:
    """The page of an error."""
    return _PAGE.format(title="We are sorry...", kind="error", text=escape(text)).encode()


def info_page(text: str) -> bytes:
    """A page that says that something is done."""
    return _PAGE.format(title=escape(text), kind="info", text=escape(text)).encode()
