"""The calls shown in docs/control.md work as they stand there."""

import re
from pathlib import Path

import pytest
from desk import Desk
from multidict import CIMultiDict

from chatsim.core.http import Body, Pending, Request, Stream
from chatsim.core.pipeline import begin, finish

PAGE = (Path(__file__).parents[2] / "docs" / "control.md").read_text(encoding="utf-8").replace("\\\n", " ")
CALLS = re.findall(r"curl -sN? (?:-X (\w+) )?\"?\$SIM([^\s\"]+)\"?(?:\s+-d '([^']*)')?", PAGE)


def test_the_page_shows_calls() -> None:
    """Every line that begins with curl is tried below."""
    assert len(CALLS) == PAGE.count("curl -s") > 8


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_a_call_of_the_page(desk: Desk, method: str, path: str, body: str) -> None:
    """It answers 200 to 204, or waits, or goes on, as it is told to."""
    path, _, query = f"/_sim{path}".partition("?")
    method = method or ("POST" if body else "GET")
    headers: CIMultiDict[str] = CIMultiDict({"Content-Type": "application/x-www-form-urlencoded"})
    request = Request(method=method, path=path, query=query, headers=headers)
    plan = begin(desk.simulator, desk.simulator.desk, request)
    outcome = finish(plan, Body(raw=body.encode(), size=len(body)))
    assert outcome.status in {200, 201, 204} or isinstance(outcome.body, (Pending, Stream)), outcome.body
