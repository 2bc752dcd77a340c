"""Addresses in answers of a server that is told its public one: they lead to the world that was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from desk import Served, serve
from proofs import HttpClient

from chatsim.core.simulator import ServerOptions
from chatsim.server.assembly import assemble

PUBLIC = "https://sim.example/chat"


@pytest.fixture
async def published() -> AsyncIterator[Served]:
    """A server behind a proxy that cuts off `/chat`."""
    async with serve(assemble(ServerOptions(public_url=PUBLIC))) as served:
        yield served


@pytest.mark.parametrize("world", ["", "/w/a"])
async def test_an_upload_is_in_its_world(published: Served, world: str) -> None:
    """Where the proxy hands the address on, the file is found."""
    url = await _said(published, world, "POST", "/media.upload", parts=[("file", "a.png", "image/png", b"png")])
    media = url["media_url"]
    assert media.startswith(f"{PUBLIC}{world}/media.upload/")
    found = await _ask(published, "", "GET", media.removeprefix(PUBLIC))
    assert (found.status, found.body) == (200, b"png")


@pytest.mark.parametrize("world", ["", "/w/a"])
async def test_a_picture_is_in_its_world(published: Served, world: str) -> None:
    """A user's picture as well."""
    token = (await _said(published, world, "POST", "/api/users/ada/tokens", {}, token="wys_simulator"))["access_token"]
    user = await _said(published, world, "GET", "/api/user", token=token)
    assert user["avatar_url"] == f"{PUBLIC}{world}/api/users/{user['id']}/avatar.svg"


async def _ask(served: Served, world: str, method: str, target: str, *body: Any, **more: Any) -> Any:
    client = HttpClient(served.base_url + world)
    return await asyncio.to_thread(client.ask, method, target, *body, **more)


async def _said(served: Served, world: str, method: str, target: str, *body: Any, **more: Any) -> Any:
    answer = await _ask(served, world, method, target, *body, **more)
    assert answer.status == 200
    return answer.data
