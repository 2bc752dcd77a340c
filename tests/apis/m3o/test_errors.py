"""How errors look that no service made."""

from __future__ import annotations

from typing import Any

import pytest
from desk import Answer, Desk
from multidict import CIMultiDict

from chatsim.core.errors import ApiError, RequestTimeout, TooLarge
from chatsim.core.http import Request
from chatsim.core.pipeline import Outcome, begin, refuse


def failed(desk: Desk, error: ApiError) -> Outcome:
    """A request that the server could not read."""
    headers = CIMultiDict({"Authorization": "Bearer key"})
    request = Request(method="POST", path="/chat/Send", query="", headers=headers)
    outcome = refuse(begin(desk.simulator, desk.world, request), error)
    assert outcome.plan.call.entry.bug == ""
    return outcome


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (TooLarge(100), 500, b"error during request: http: request body too large"),
        (RequestTimeout("too slow"), 408, b"error during request: too slow"),
        (ApiError("what is expected?", status=417), 417, b"error during request: what is expected?"),
    ],
)
def test_what_the_server_could_not_read(desk: Desk, error: ApiError, status: int, detail: bytes) -> None:
    """The gateway words it itself."""
    outcome = failed(desk, error)
    assert isinstance(outcome.body, bytes)
    assert outcome.status == status
    assert b'"id":"go.micro.api"' in outcome.body
    assert detail in outcome.body


def plan(desk: Desk, **act: Any) -> Answer:
    """Plan a fault for the next call and call."""
    fault = desk.ask("POST", "/_sim/worlds/default/faults", {"match": {"api": "m3o"}, "act": act})
    assert fault.status == 201
    return desk.ask("POST", "/chat/History", {"chat_id": "x"}, token="key")


@pytest.mark.parametrize("name", ["chat.New.Unknown", "chat.History.Unknown"])
def test_trouble_with_the_store_can_be_planned(desk: Desk, name: str) -> None:
    """The 500s that the real service has and a simulator has no reason for."""
    answer = plan(desk, error=name)
    assert (answer.status, answer.data["id"]) == (500, name)


@pytest.mark.parametrize(("name", "status"), [("unauthorized", 401), ("forbidden", 403)])
def test_refusals_of_the_gateway_can_be_planned(desk: Desk, name: str, status: int) -> None:
    """In plain text, as it speaks."""
    answer = plan(desk, error=name)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "text/plain; charset=utf-8")


def test_a_block_can_be_planned(desk: Desk) -> None:
    """Without setting up a token."""
    assert plan(desk, error="v1.blocked").data["detail"] == "Request blocked. Usage cap exceeded"


def test_any_status_can_be_planned(desk: Desk) -> None:
    """In the shape of an error of the gateway."""
    answer = plan(desk, status=503)
    assert (answer.status, answer.data["id"], answer.data["status"]) == (503, "go.micro.api", "Service Unavailable")


def test_a_status_without_a_phrase(desk: Desk) -> None:
    """The phrase is empty then."""
    assert plan(desk, status=599).data["status"] == ""
