"""Sending messages: what is acknowledged, what is refused and how."""

from __future__ import annotations

from kobil_desk import MESSAGE, SERVICE, KobilDesk, text


def test_plain_text_is_acknowledged(desk: KobilDesk) -> None:
    """A message gets exactly an id and the default instanceId."""
    answer = desk.send()
    assert (answer.status, list(answer.data), answer.bug) == (200, ["messageId", "instanceId"], "")
