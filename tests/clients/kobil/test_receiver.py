"""A service that answers its users from within the callback: it gets a token and writes before it answers."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web
from desk import Served

if TYPE_CHECKING:
    from kobil_party import Party

SERVICE = "partner-app-server"
USERS = 20


async def test_twenty_users_are_answered_from_within_their_callbacks(party: Party, served: Served) -> None:
    """No callback holds up the requests that its receiver makes, not even with twenty users at once."""
    seen: list[str] = []

    async def webhook(request: web.Request) -> web.Response:
        said: dict[str, Any] = (await request.json())["message"]
        user = said["from"]["userId"]
        async with aiohttp.ClientSession(party.base_url) as session:
            form = {"grant_type": "client_credentials", "client_id": SERVICE, "client_secret": "a secret"}
            async with session.post("/auth/realms/flutter/protocol/openid-connect/token", data=form) as answer:
                token = (await answer.json())["access_token"]
            text = f"You said {said['content']['messageContent']['messageText']}"
            body = {
                "serviceUuid": SERVICE,
                "messageType": "processChatMessage",
                "version": 3,
                "messageContent": {"messageText": text},
            }
            path = f"/auth/realms/flutter/mpower/v1/users/{user}/message/"
            async with session.post(path, json=body, headers={"Authorization": f"Bearer {token}"}) as answer:
                assert answer.status == 200
        seen.append(user)
        return web.Response()

    async with aiohttp.ClientSession() as session:
        app = web.Application()
        app.router.add_post("/hook", webhook)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        async with session.put(
            f"{party.base_url}/_sim/worlds/default/kobil/services/{SERVICE}", json={"callback_url": url}
        ):
            pass
        async with asyncio.timeout(30):
            said = [party.play("send-text", user=f"user{number}", text=str(number)) for number in range(USERS)]
            outcomes = await asyncio.gather(*said)
        await runner.cleanup()
    assert {outcome["status"] for outcome in outcomes} == {200}
    assert sorted(seen) == sorted(f"user{number}" for number in range(USERS))
    answers = [m for m in served.world.state("kobil").messages.values() if m.direction == "to_user"]
    assert sorted(json.dumps([m.user, m.text]) for m in answers) == sorted(
        json.dumps([f"user{number}", f"You said {number}"]) for number in range(USERS)
    )
