"""Plays the users of a service that runs elsewhere, by the control API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiohttp
    from receiver import Receiver

SERVICE = "partner-app-server"
WORLD = "/_sim/worlds/default"


@dataclass
class Party:
    """A service, its server, and the means to play its users."""

    base_url: str
    receiver: Receiver
    session: aiohttp.ClientSession

    async def play(self, trigger: str, **body: object) -> dict[str, object]:
        """Let a user do something and wait for the service's answer."""
        who = {"tenant": "flutter", "service": SERVICE, "user": "john.doe@gmail.com", "wait_s": 20}
        async with self.session.post(f"{WORLD}/kobil/{trigger}", json={**who, **body}) as answer:
            shown: dict[str, object] = await answer.json()
            assert answer.status == 200, shown
            return shown
