"""Node's own fetch and FormData as a service."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from samples import FIXTURES

if TYPE_CHECKING:
    from kobil_party import Party

MEDIA = FIXTURES / "kobil" / "media"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
async def test_fetch_and_form_data(party: Party) -> None:
    """Text, file and signature request are acknowledged; without a token the refusal is the document's."""
    program = Path(__file__).with_name("service.mjs")
    arguments = (str(program), party.base_url, str(MEDIA / "photo.jpeg"), str(MEDIA / "agreement.pdf"))
    node = await asyncio.create_subprocess_exec("node", *arguments, stdout=-1, stderr=-1)
    async with asyncio.timeout(30):
        said, complained = await node.communicate()
    assert node.returncode == 0, complained.decode()
    told = json.loads(said)
    assert {name: told[name]["status"] for name in told} == {
        "text": 200,
        "attachment": 200,
        "signature": 200,
        "refused": 401,
    }
    assert told["refused"]["body"] == {"error": "HTTP 401 Unauthorized"}
    assert sorted(told["signature"]["body"]) == ["instanceId", "messageId"]
