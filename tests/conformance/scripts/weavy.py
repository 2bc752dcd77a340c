"""Weavy's part of the conformance tests."""

import json

from sending import ask


def token(base_url: str, name: str) -> str:
    """An access token of the user `name`, minted with the API key; the documented world's first user is the default."""
    answer = ask("POST", f"{base_url}/api/users/{name or 'alice'}/tokens", {"Authorization": "Bearer wys_simulator"})
    got: str = json.loads(answer.body)["access_token"]
    return got
