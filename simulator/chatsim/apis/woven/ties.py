"""What has to hold in a state of Woven City's chat that somebody's document describes."""

from __future__ import annotations

from typing import Any, Final

from chatsim.apis.woven.state import Woven, key
from chatsim.core.ties import Fresh, Shown, Ties, moment


def _folded(state: Woven, records: dict[str, Any]) -> str | None:
    strange = [name for name in records if key(name) != name]
    return f"{strange[0]!r} stands there as {key(strange[0])!r}" if strange else None


TIES: Final = Ties(
    rules=(Shown("projects", _folded), Shown("residents", _folded), moment("messages/*/at")),
    fresh=(Fresh("woven-message", lambda state: [message.id for message in state.messages]),),
)
