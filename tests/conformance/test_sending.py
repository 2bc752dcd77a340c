"""Every sample of every document that can be sent, sent by the real curl to a running simulator."""

from __future__ import annotations

import asyncio
import json
import shutil
from typing import TYPE_CHECKING

import pytest
from samples import Sample, all_samples, validator
from sending import Answer, Place, prepare, run_curl, run_line, send_json

from chatsim.apis import discover

if TYPE_CHECKING:
    from pathlib import Path

    from desk import Served

    from chatsim.core.api import Api

CURLS = [sample for sample in all_samples() if sample.kind == "curl"]
BODIES = [sample for sample in all_samples() if sample.kind == "json" and "method" in sample.member]

APIS = [api for api in discover() if api.sample]

pytestmark = pytest.mark.skipif(not (shutil.which("curl") and shutil.which("sh")), reason="needs curl and sh")


def identity(sample: Sample) -> str:
    """The name of a test, and of the world that the sample is sent to."""
    return f"{sample.api}-{sample.id}"


def assert_answer(sample: Sample, answer: Answer, schema: str | None) -> None:
    """The status is the expected one and the body keeps to its schema; `empty` wants none, no schema looks at none."""
    assert answer.status == sample.member.get("status", 200), answer.body
    if schema == "empty":
        assert answer.body == b""
    elif schema is not None:
        errors = validator(schema).iter_errors(json.loads(answer.body))
        assert [f"{error.json_path}: {error.message}" for error in errors] == []


def assert_operation(sample: Sample, served: Served) -> None:
    """The request came to the operation that the sample names, and nothing on the way was a bug of ours."""
    entries = list(served.simulator.worlds[identity(sample)].journal)
    assert [entry.bug for entry in entries if entry.bug] == []
    last = [entry for entry in entries if entry.kind == "request"][-1]
    assert sample.member.get("operation") in (None, last.operation)


@pytest.mark.parametrize("sample", CURLS, ids=identity)
async def test_curl(served: Served, sample: Sample, tmp_path: Path) -> None:
    """The command as printed, with its placeholders filled in, has the documented answer."""
    place = Place(root=served.base_url, base_url=f"{served.base_url}/w/{identity(sample)}", world=identity(sample))
    await asyncio.to_thread(prepare, sample, place)
    answer = await asyncio.to_thread(run_curl, sample, place, tmp_path)
    assert_answer(sample, answer, sample.schema)
    assert_operation(sample, served)


@pytest.mark.parametrize("sample", BODIES, ids=identity)
async def test_body(served: Served, sample: Sample, tmp_path: Path) -> None:
    """The documented body, sent to its route, has the documented answer."""
    place = Place(root=served.base_url, base_url=f"{served.base_url}/w/{identity(sample)}", world=identity(sample))
    await asyncio.to_thread(prepare, sample, place)
    answer = await asyncio.to_thread(send_json, sample, place, tmp_path)
    assert_answer(sample, answer, sample.member.get("reply_schema"))
    assert_operation(sample, served)


@pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)
async def test_the_line_shown_at_the_start(served: Served, api: Api) -> None:
    """The curl line that a start prints for the API works as pasted, without any set-up."""
    printed = await asyncio.to_thread(run_line, api.sample.replace("{base_url}", served.base_url))
    entries = list(served.world.journal)
    assert [(entry.path, entry.status, entry.bug) for entry in entries if entry.status >= 400 or entry.bug] == []
    assert (entries[-1].api, entries[-1].response_body.decode()) == (api.name, printed)
