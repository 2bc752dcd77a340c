"""The blocking half is made from the awaited one, and not by hand."""

from __future__ import annotations

from unasync import CLIENT, blocking


def test_it_is_as_it_is_made() -> None:
    """After a change: `make client`."""
    assert {file.name: file.read_text() for file in CLIENT.glob("blocking/*.py")} == blocking()
