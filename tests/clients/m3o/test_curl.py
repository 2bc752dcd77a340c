"""The document's own curl calls, as printed but for the host, and its printed answers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from desk import Served
from samples import samples_of
from sending import Place, run_curl

SAMPLES = {sample.id: sample for sample in samples_of("m3o")}


@pytest.mark.parametrize("name", ["create", "send", "history"])
async def test_a_fresh_world_answers_what_is_printed(served: Served, tmp_path: Path, name: str) -> None:
    """Single-quoted `$yourToken`, the label that curl chooses, and for the history /chat/Send."""
    place = Place(root=served.base_url, base_url=served.base_url, world="default")
    answer = await asyncio.to_thread(run_curl, SAMPLES[f"{name}-curl"], place, tmp_path)
    assert answer.status == 200
    assert json.loads(answer.body) == SAMPLES[f"{name}-curl-reply"].value()
