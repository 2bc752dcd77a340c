"""Woven's part of the conformance tests."""

import json

from sending import ask


def token(base_url: str, name: str) -> str:
    """An access token by client_credentials for the client `name`; the documented world's own where none is named."""
    client = name or "miniapp-server"
    form = f"client_id={client}&client_secret=a-secret-of-your-own&grant_type=client_credentials"
    answer = ask(
        "POST",
        f"{base_url}/auth/realms/woven/protocol/openid-connect/token",
        {"Content-Type": "application/x-www-form-urlencoded"},
        form.encode(),
    )
    got: str = json.loads(answer.body)["access_token"]
    return got
