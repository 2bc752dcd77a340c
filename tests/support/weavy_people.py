"""Weavy's users over HTTP: each acts with an own access token, minted when first needed."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

from sending import ask

KEY: Final = "wys_simulator"


class People:
    """Users of the simulator's default world, each acting with an own access token."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._tokens: dict[str, str] = {}

    async def call(self, credential: str, method: str, path: str, body: Any = None) -> Any:
        """One request; a refusal fails the test."""
        headers = {"Authorization": f"Bearer {credential}", "Content-Type": "application/json"}
        sent = b"" if body is None else json.dumps(body).encode()
        answer = await asyncio.to_thread(ask, method, self.base_url + path, headers, sent)
        assert answer.status < 300, answer.body
        return json.loads(answer.body) if answer.body else None

    async def token(self, uid: str, expires_in: int = 3600) -> str:
        """A new access token."""
        minted = await self.call(KEY, "POST", f"/api/users/{uid}/tokens", {"expires_in": expires_in})
        token: str = minted["access_token"]
        return token

    async def do(self, uid: str, method: str, path: str, body: Any = None) -> Any:
        """Act as a user."""
        if uid not in self._tokens:
            self._tokens[uid] = await self.token(uid)
        return await self.call(self._tokens[uid], method, path, body)

    async def write(self, uid: str, conversation: int, text: str) -> None:
        """Write a message."""
        await self.do(uid, "POST", f"/api/apps/{conversation}/messages", {"text": text})
