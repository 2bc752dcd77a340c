"""How much the simulator grows while a file of 50 MB is uploaded to KOBIL and downloaded again."""

import json
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import quote

from benchmarks.scenarios.kobil import MESSAGE, PATH, SERVICE, token
from benchmarks.servers import SIMULATOR, Running, running

SIZE: Final = 50 * 1024 * 1024
PIECE: Final = 256 * 1024
TARGET_MB: Final = 20
_HEAD: Final = (
    '--between\r\nContent-Disposition: form-data; name="message"\r\n\r\n{message}\r\n'
    '--between\r\nContent-Disposition: form-data; name="attachment"; filename="film.bin"\r\n\r\n'
)
_TAIL: Final = b"\r\n--between--\r\n"


def growth_mb() -> float:
    """The largest resident memory seen on the way, less that before, after a small file went the same way."""
    with running(SIMULATOR) as simulator:
        connection = HTTPConnection(simulator.base_url.removeprefix("http://"), timeout=60)
        headers = {"Authorization": f"Bearer {token(simulator.base_url)}"}
        _ask(connection, "PATCH", "/_sim/worlds/default/settings", {"kobil.max_upload_bytes": 2 * SIZE})
        _both_ways(simulator, connection, headers, PIECE)
        before = simulator.memory_mb()
        return _both_ways(simulator, connection, headers, SIZE) - before


def _both_ways(simulator: Running, connection: HTTPConnection, headers: dict[str, str], size: int) -> float:
    """Upload and download so many bytes; the largest memory seen."""
    body = {**MESSAGE, "messageType": "attachmentMessage", "messageContent": {"messageText": ""}}
    head = _HEAD.format(message=json.dumps(body)).encode()
    connection.putrequest("POST", PATH.replace("/message", "/media"))
    form = {
        "Content-Type": "multipart/form-data; boundary=between",
        "Content-Length": str(len(head) + size + len(_TAIL)),
    }
    for name, value in {**headers, **form}.items():
        connection.putheader(name, value)
    connection.endheaders(head)
    seen = []
    for sent in range(0, size, PIECE):
        connection.send(bytes(PIECE))
        if sent % (16 * PIECE) == 0:
            seen.append(simulator.memory_mb())
    connection.send(_TAIL)
    _read(connection)
    messages = _ask(connection, "GET", f"/_sim/worlds/default/kobil/messages?service={SERVICE}")
    media = quote(messages["items"][-1]["media"]["media_id"], safe="")
    connection.request("GET", f"/v1/mpower/tenants/flutter/media/{media}/download", headers=headers)
    answer, got = connection.getresponse(), 0
    while piece := answer.read(16 * PIECE):
        got += len(piece)
        seen.append(simulator.memory_mb())
    if got != size:
        raise RuntimeError(f"{got} of {size} bytes came back")
    return max(seen)


def _ask(connection: HTTPConnection, method: str, path: str, body: Any = None) -> Any:
    connection.request(method, path, None if body is None else json.dumps(body))
    return json.loads(_read(connection))


def _read(connection: HTTPConnection) -> bytes:
    answer = connection.getresponse()
    raw = answer.read()
    if answer.status >= 400:
        raise RuntimeError(f"{answer.status}: {raw[:300]!r}")
    return raw
