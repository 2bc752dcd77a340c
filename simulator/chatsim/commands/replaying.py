"""Sends the requests of a bundle again, at their moments, and compares the answers with those that there were."""

from __future__ import annotations

import http.client
import json
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, urlsplit

from chatsim.client import Client, World
from chatsim.commands.bundlefile import Asked, Bundle, Entry, Step
from chatsim.core.clock import SECOND, parse_rfc3339, rfc3339, seconds
from chatsim.core.multipart import BadMultipart, boundary

PATIENCE_S: Final = 30.0
KEPT: Final = 64 * 1024
DEFAULT: Final = "default"
TOO_LONG: Final = 413
_CUT_SHORT: Final = frozenset({400, 408})
"""Statuses that say, where less came than was announced, that this is the reason."""
_OWN: Final = frozenset({"connection", "content-length", "expect", "keep-alive", "transfer-encoding", "upgrade"})
"""Headers that belong to a connection, not to what was said over it."""

FOLLOWING: Final = frozenset({"timer", "push", "callback"})
"""Kinds of entries that nobody sends: they come of what is sent."""
_WITHHELD: Final = {
    "callbacks": "calls that held, released or resent callbacks (nothing is posted to anybody)",
    "sockets": "calls that closed sockets or wrote to them",
}

_WAIT: Final = re.compile(rb'\r\ncontent-disposition:[^\r\n]*; *name="?wait_s"?[ \t]*[;\r]', re.IGNORECASE)
_SENDABLE: Final = "".join(map(chr, range(0x21, 0x7F)))


class Replay:
    """A world that begins where that of the bundle began. `compared` counts the answers that were the same."""

    def __init__(self, url: str, bundle: Bundle) -> None:
        self._place = urlsplit(url)
        self._name = bundle["world"]
        client = Client(url)
        known = {one["name"] for one in client.worlds()}
        self._world: World = client.get_world(self._name) if self._name in known else client.world(self._name)
        self._world.restore(bundle["first"])
        self._world.callbacks.hold()
        self._own_port = bool(bundle["first"]["options"].get("listen"))
        self._at: int | None = None
        self.compared = 0

    def obstacle(self, entry: Entry) -> str:
        """Why an entry is not sent again; empty where it is, or where it follows from others."""
        request = entry["request"]
        if entry["kind"] in FOLLOWING:
            return ""
        if entry["kind"] == "socket":
            return "frames of sockets"
        if entry["response"]["status"] == 101:
            return "handshakes of sockets"
        if not request["method"] or not request["path"]:
            return "what was no HTTP"
        kept = len(_body(request))
        told = [
            int(value) for name, value in request["headers"] if name.lower() == "content-length" and value.isdecimal()
        ]
        if request["size"] != kept or (entry["response"]["status"] == TOO_LONG and max(told, default=0) > KEPT):
            return f"requests with more than the {KEPT // 1024} KiB that a journal keeps of a body"
        if entry["response"]["status"] in _CUT_SHORT and max(told, default=kept) > kept:
            return "requests whose bodies did not arrive whole"
        return ""

    def shortened(self, entry: Entry) -> str:
        """What of an entry is not done again though it is sent; empty where all of it is."""
        waits = entry["kind"] == "trigger" and _without_wait(entry["request"]) != _body(entry["request"])
        return "the wait of a trigger for the receivers (nothing is posted to anybody)" if waits else ""

    def withheld(self, step: Step) -> str:
        """Why a control call is not made again; empty where it is."""
        place = step["path"].removeprefix(f"/_sim/worlds/{self._name}/").partition("/")[0]
        if step["path"].endswith("/journal"):
            return "calls that cleared the journal (what it forgot is not sent either)"
        return _WITHHELD.get(place, "")

    def take(self, step: Step) -> str:
        """Do again what a control call did; why that failed, empty where it did not."""
        if len(_body(step)) != step["size"]:
            return "its body is longer than what is kept of one"
        self._move(parse_rfc3339(step["at"]))
        if step["path"].endswith("/clock"):
            self._set_clock(step)
            return ""
        status, raw = self._ask(step, step["path"], [("Content-Type", "application/json")], _body(step))
        return "" if status < 300 else f"it is answered {status} now: {raw[:300].decode('utf-8', 'replace')}"

    def _set_clock(self, step: Step) -> None:
        """A clock that runs would run away: it is stopped at the moments that it showed."""
        clock, then = self._world.clock, parse_rfc3339(step["then"])
        if "advance_s" in step["body"]:
            clock.advance(step["body"]["advance_s"])
            then = parse_rfc3339(step["at"]) + seconds(step["body"]["advance_s"])
        else:
            clock.freeze(rfc3339(then, 9))
        self._at = then

    def differs(self, entry: Entry) -> str:
        """Let it happen at its moment; how the answer differs, empty where it is the same."""
        self._move(parse_rfc3339(entry["at"]))
        try:
            status, raw = self._send(entry)
        except (OSError, http.client.HTTPException) as error:
            return "" if entry["fault"] else f"there is no answer: {type(error).__name__}"
        if entry["fault"]:  # it may have been spoilt in any way
            return ""
        was = entry["response"]
        if status != was["status"]:
            return f"status was {was['status']}, is now {status}: {raw[:300].decode('utf-8', 'replace')}"
        if entry["request"]["method"] != "HEAD" and (found := self._difference(entry, raw)):
            return found
        self.compared += 1
        return ""

    def _difference(self, entry: Entry, raw: bytes) -> str:
        was = entry["response"]
        if was["body"] is None or was["size"] > KEPT:
            return "" if was["size"] == len(raw) else f"{was['size']} bytes were answered, now {len(raw)}"
        expected, actual = was["body"], _readable(raw)
        if entry["kind"] == "trigger" and isinstance(actual, dict):
            added = ("entry", "deliveries")
            expected, actual = ({k: v for k, v in one.items() if k not in added} for one in (expected or {}, actual))
        return next(_differences(self._plain(expected, entry), self._plain(actual, entry)), "")

    def _move(self, to: int) -> None:
        """Go on to a moment, running what falls due on the way."""
        clock = self._world.clock
        if self._at is not None and to > self._at:
            clock.advance((to - self._at) / SECOND)
        if self._at != to:
            clock.freeze(rfc3339(to, 9))
        self._at = to

    def _send(self, entry: Entry) -> tuple[int, bytes]:
        request = entry["request"]
        headers = [(name, value) for name, value in request["headers"] if name.lower() not in _OWN]
        path = request["path"]
        if entry["kind"] == "trigger":  # a control call
            headers = [(name, value) for name, value in headers if name.lower() == "content-type"]
            return self._ask(request, path, headers, _without_wait(request))
        if self._own_port:
            headers.append(("X-Sim-World", self._name))
        elif self._name != DEFAULT:
            path = f"/w/{self._name}{path}"
        return self._ask(request, path, headers, _body(request))

    def _ask(self, request: Asked | Step, path: str, headers: list[tuple[str, str]], body: bytes) -> tuple[int, bytes]:
        target = quote(f"{path}?{request['query']}" if request["query"] else path, safe=_SENDABLE)
        named = {name.lower() for name, _ in headers}
        connection = http.client.HTTPConnection(self._place.hostname or "", self._place.port, timeout=PATIENCE_S)
        try:
            skip = "host" in named
            connection.putrequest(request["method"], target, skip_host=skip, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value.encode("utf-8"))
            if body or request["method"] in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _plain(self, data: Any, entry: Entry) -> Any:
        """What is said, without where it was asked: the same in every run."""
        hosts = {value for name, value in entry["request"]["headers"] if name.lower() == "host"} | {self._place.netloc}
        named = "|".join(re.escape(host) for host in sorted(hosts))
        address = re.compile(rf"(https?|wss?)://({named})(/w/{re.escape(self._name)}(?=[/\"?#]|$))?")
        return _mapped(data, lambda text: address.sub(r"\1://simulator", text))


def _body(request: Asked | Step) -> bytes:
    return b64decode(request.get("base64") or "")


def _without_wait(request: Asked) -> bytes:
    """The body of a trigger without its `wait_s`: nothing is posted, so nobody would answer."""
    raw = _body(request)
    kind = next((value for name, value in request["headers"] if name.lower() == "content-type"), "")
    try:
        limit = b"--" + boundary(kind)
        return limit.join(part for part in raw.split(limit) if not _WAIT.search(part.partition(b"\r\n\r\n")[0] + b"\r"))
    except BadMultipart:
        body = request["body"]
        if isinstance(body, dict) and "wait_s" in body:
            return json.dumps({name: value for name, value in body.items() if name != "wait_s"}).encode()
        return raw


def _mapped(data: Any, change: Any) -> Any:
    if isinstance(data, dict):
        return {name: _mapped(one, change) for name, one in data.items()}
    if isinstance(data, list):
        return [_mapped(one, change) for one in data]
    return change(data) if isinstance(data, str) else data


def _readable(raw: bytes) -> Any:
    """As the journal shows it."""
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw.decode("utf-8", "replace")


def _differences(was: Any, now: Any, pointer: str = "") -> Iterator[str]:
    """Where two answers differ, with both values."""
    if isinstance(was, dict) and isinstance(now, dict):
        for name in (*was, *(name for name in now if name not in was)):
            if name not in now:
                yield f"{pointer}/{name} was {_short(was[name])}, is not there now"
            elif name not in was:
                yield f"{pointer}/{name} was not there, is now {_short(now[name])}"
            else:
                yield from _differences(was[name], now[name], f"{pointer}/{name}")
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for place, (one, other) in enumerate(zip(was, now, strict=True)):
            yield from _differences(one, other, f"{pointer}/{place}")
    elif was != now or type(was) is not type(now):
        yield f"{pointer or 'the body'} was {_short(was)}, is now {_short(now)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:199]}…"
