"""Finds out who answers on a port that is taken, so that a person need not."""

import json
from http.client import HTTPConnection, HTTPException

PATIENCE_S = 1.0


def describe(address: str, port: int) -> str:
    """Who listens there: another simulator with its version and URL, or what another program says of itself."""
    try:
        connection = HTTPConnection(address, port, timeout=PATIENCE_S)
        try:
            connection.request("GET", "/_sim/livez")
            answer = connection.getresponse()
            name = answer.headers.get("Server", "")
            version = _version(answer.read(1024))
        finally:
            connection.close()
    except (OSError, HTTPException):
        return "another program, which speaks no HTTP"
    if version and name.startswith("chatsim/"):
        return f"another simulator, version {version}, at http://localhost:{port}"
    return f"another HTTP server ({name})" if name else "another HTTP server"


def _version(body: bytes) -> str:
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    return str(said.get("version", "")) if isinstance(said, dict) else ""
