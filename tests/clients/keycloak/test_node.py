"""The Node clients of the reference, unmodified: discovery, every grant, both client authentications, refusals."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from desk import Served
from npm import install

HERE = Path(__file__).parent
PATIENCE_S = 60
WRONG = ["unauthorized_client", "Invalid client or Invalid client credentials"]
GONE = ["invalid_grant", "Session not active"]


@pytest.fixture(scope="session")
def packages() -> None:
    """The packages of package.json are installed."""
    if problem := install(HERE):
        pytest.skip(problem)


async def run(client: str, served: Served) -> Any:
    """What a client got, run in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        "node",
        str(HERE / "run.mjs"),
        client,
        served.base_url,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said, problems = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, problems.decode()
    return json.loads(said)


async def test_openid_client_6(packages: None, served: Served) -> None:
    """In the body and form-encoded in Basic; its errors keep the server's words, since no challenge hides them."""
    got = await run("openid-client-6", served)
    each = {"life": 300, "user": "service-account-my app", "active": True, "gone": ["ResponseBodyError", *GONE]}
    assert got == {"body": each, "basic": each, "wrong": ["ResponseBodyError", *WRONG]}


async def test_openid_client_5(packages: None, served: Served) -> None:
    """By Basic, with every check of the identity token."""
    got = await run("openid-client-5", served)
    asked, end, answered = got.pop("span")
    assert asked + 300 <= end <= answered + 300
    assert got == {"active": True, "gone": ["OPError", *GONE], "wrong": ["OPError", *WRONG]}


async def test_simple_oauth2(packages: None, served: Served) -> None:
    """By Basic, without discovery."""
    got = await run("simple-oauth2", served)
    assert got == {"life": 300, "next": 300, "wrong": ["Error", *WRONG]}
