"""Woven City on the wire: what only a real connection shows of its limits and odd paths."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Final

import aiohttp
import pytest
from desk import Served
from woven_calls import CHAT, MESSAGE, issue
from yarl import URL

from chatsim.apis.woven import API
from chatsim.core.api import MEBIBYTE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SERVED = [API]
GOOD: Final = json.dumps(MESSAGE).encode()
JSON: Final = {"Content-Type": "application/json"}


@pytest.fixture
async def client(served: Served) -> AsyncIterator[aiohttp.ClientSession]:
    """A client with a good token."""
    headers = {"Authorization": f"Bearer {issue(served)}"}
    async with aiohttp.ClientSession(served.base_url, headers=headers) as session:
        yield session


def body_of(size: int) -> BytesIO:
    """The message, padded with spaces to this many bytes."""
    return BytesIO(GOOD.rjust(size))


@pytest.mark.parametrize(("size", "status"), [(MEBIBYTE, 200), (MEBIBYTE + 1, 413)])
async def test_the_limit_is_exact(client: aiohttp.ClientSession, size: int, status: int) -> None:
    """One MiB is read, one byte more is too large."""
    async with client.post(CHAT, data=body_of(size), headers=JSON) as answer:
        data = await answer.json()
    assert answer.status == status
    assert data.get("code") == (None if status == 200 else "FST_ERR_CTP_BODY_TOO_LARGE")


async def test_a_body_in_chunks(client: aiohttp.ClientSession) -> None:
    """A body of unknown length is read too."""

    async def pieces() -> AsyncIterator[bytes]:
        for place in range(0, len(GOOD), 10):
            yield GOOD[place : place + 10]

    async with client.post(CHAT, data=pieces(), headers=JSON) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Content-Type": "application/xml"}, 415), ({**JSON, "Authorization": "Basic YTpi"}, 401)],
)
async def test_what_comes_before_the_limit(client: aiohttp.ClientSession, headers: dict[str, str], status: int) -> None:
    """Credentials and content type are looked at before the size."""
    async with client.post(CHAT, data=body_of(MEBIBYTE + 1), headers=headers) as answer:
        assert answer.status == status


async def test_head(client: aiohttp.ClientSession) -> None:
    """HEAD is a wrong method: the 404's head without its body."""
    async with client.head(CHAT) as answer:
        assert (answer.status, await answer.read()) == (404, b"")
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("path", ["/" + CHAT, CHAT + "//", "/mini-app-runtime//v1/chat"])
async def test_double_slashes(client: aiohttp.ClientSession, served: Served, path: str) -> None:
    """Slashes are not merged."""
    async with client.post(URL(served.base_url + path, encoded=True), data=GOOD, headers=JSON) as answer:
        data = await answer.json()
    assert (answer.status, data["message"]) == (404, f"Route POST:{path} not found")


async def test_a_bad_url(client: aiohttp.ClientSession, served: Served) -> None:
    """A percent sign that encodes nothing reaches the API."""
    async with client.post(URL(f"{served.base_url}{CHAT}/%zz", encoded=True), data=GOOD, headers=JSON) as answer:
        data = await answer.json()
    assert (answer.status, data["code"]) == (400, "FST_ERR_BAD_URL")
