"""Journal entries as an HTTP Archive (HAR 1.2), which browsers' developer tools open."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from chatsim import __version__
from chatsim.core.clock import rfc3339
from chatsim.core.journal import Entry

_KINDS: Final = ("request", "callback")
_UNKNOWN: Final = -1  # HAR's word for a size or time that nobody knows


def archive(entries: Iterable[Entry], base_url: str) -> dict[str, Any]:
    """Those entries that are HTTP: requests, and callbacks to the client's server."""
    http = [_entry(entry, base_url) for entry in entries if entry.kind in _KINDS]
    creator = {"name": "chatsim", "version": __version__}
    return {"log": {"version": "1.2", "creator": creator, "entries": http}}


def _entry(entry: Entry, base_url: str) -> dict[str, Any]:
    took_ms = round(entry.duration_ns / 1_000_000, 3)
    return {
        "startedDateTime": rfc3339(entry.at, 3),
        "time": took_ms,
        "request": _request(entry, base_url),
        "response": _response(entry),
        "cache": {},
        "timings": {"send": 0, "wait": took_ms, "receive": 0},
        "comment": f"entry {entry.seq}: {entry.api} {entry.operation}".rstrip(),
    }


def _request(entry: Entry, base_url: str) -> dict[str, Any]:
    query = f"?{entry.query}" if entry.query else ""
    headers = _pairs((entry.request_headers or {}).items())
    shown = {
        "method": entry.method or "POST",
        "url": entry.url or f"{base_url}{entry.path}{query}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers,
        "queryString": _pairs(parse_qsl(entry.query, keep_blank_values=True, errors="replace")),
        "headersSize": _UNKNOWN,
        "bodySize": entry.request_size,
    }
    if entry.request_body:
        kind = entry.header("Content-Type") or "application/json"
        shown["postData"] = {"mimeType": kind, "params": [], "text": _text(entry.request_body)}
    return shown


def _response(entry: Entry) -> dict[str, Any]:
    headers = entry.answer_headers
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    content = {"size": entry.response_size, "mimeType": kind, "text": _text(entry.response_body)}
    return {
        "status": entry.status,
        "statusText": _phrase(entry.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers),
        "content": content,
        "redirectURL": "",
        "headersSize": _UNKNOWN,
        "bodySize": entry.response_size,
    }


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": str(name), "value": value} for name, value in pairs]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
