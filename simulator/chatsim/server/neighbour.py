"""Finds out who answers on a port that is taken, so that a person need not."""

import json
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final

PATIENCE_S: Final = 1.0


def describe(address: str, port: int) -> str:
    """Who listens there: another simulator with its version and URL, or what another program says of itself."""
    for scheme in ("http", "https"):
        try:
            name, version = _ask(scheme, address, port)
        except TimeoutError:  # it would keep silent again
            break
        except (OSError, HTTPException):
            continue
        if version and name.startswith("chatsim/"):
            return f"another simulator, version {version}, at {scheme}://localhost:{port}"
        return f"another HTTP server ({name})" if name else "another HTTP server"
    return "another program, which speaks no HTTP"


def _ask(scheme: str, address: str, port: int) -> tuple[str, str]:
    """What the server calls itself, and the version it has if it is a simulator."""
    connection = HTTPConnection(address, port, timeout=PATIENCE_S)
    if scheme == "https":
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE  # who it is, is what we are about to ask
        connection = HTTPSConnection(address, port, timeout=PATIENCE_S, context=trust)
    try:
        connection.request("GET", "/_sim/livez")
        answer = connection.getresponse()
        return answer.headers.get("Server", ""), _version(answer.read(1024))
    finally:
        connection.close()


def _version(body: bytes) -> str:
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    return str(said.get("version", "")) if isinstance(said, dict) else ""
