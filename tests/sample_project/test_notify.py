"""Residents are told."""

from __future__ import annotations

from urllib.error import HTTPError

import pytest
from support_desk import SupportDesk

from chatsim.client import World

CHAT = "/mini-app-runtime/v1/chat"
ANN = "2b7e1d60-94c3-4f5a-8a1b-6d0c3e9f7a01"

pytestmark = pytest.mark.chatsim(fail_on={"invalid", "unmatched"})


@pytest.mark.parametrize("number", range(120))
def test_a_resident_is_told(desk: SupportDesk, chatsim: World, number: int) -> None:
    """Once, and nobody else's message is in the journal."""
    desk.notify(ANN, f"Parcel {number}")
    sent = chatsim.journal.one(path=CHAT, status=200)
    assert sent["request"]["body"]["message"] == f"Parcel {number}"
    assert len(chatsim.journal.entries()) == 2


@pytest.mark.parametrize("status", [429, 500, 502, 503] * 20)
def test_a_refusal_goes_up(desk: SupportDesk, chatsim: World, status: int) -> None:
    """A fault of this world hits this test alone."""
    chatsim.faults.add({"status": status}, match={"path": CHAT})
    with pytest.raises(HTTPError, match=str(status)) as refused:
        desk.notify(ANN, "Hello")
    refused.value.close()
    assert [fault["hits"] for fault in chatsim.faults.all()] == [1]
