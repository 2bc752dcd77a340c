"""What the schema of a fault leaves open: acts that contradict themselves, in words. The same for snapshots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from chatsim.core.dialect import escape
from chatsim.core.faults import ACTS
from chatsim.core.headers import problems
from chatsim.core.http import BODILESS

NEVER_SENT: Final = frozenset({1004, 1005, 1006, 1015})
"""RFC 6455 section 7.4.1: these "MUST NOT be set as a status code in a Close control frame by an endpoint"."""


def contradictions(act: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each with its JSON Pointer; `act` keeps its schema."""
    acts = [member for member in ACTS if member in act]
    yield from ((f"/act/{other}", f"one act at a time: {acts[0]} is there already") for other in acts[1:])
    if not acts and "delay_s" not in act:
        yield "/act", f"expected one of {', '.join(ACTS)}, or delay_s"
    for member in ("body", "headers"):
        if member in act and "status" not in act:
            yield f"/act/{member}", "stands beside a status"
    if act.get("status") in BODILESS and act.get("body", "") != "":
        yield "/act/body", f"an answer with status {act['status']} has no body: leave it out, or take another status"
    yield from ((f"/act/headers/{escape(name)}", reason) for name, reason in problems(act.get("headers", {})))
    if act.get("close") in NEVER_SENT:
        yield (
            "/act/close",
            f'{act["close"]} is never sent; clients see 1006 when the connection breaks: {{"abort":true}}',
        )
    delay = act.get("delay_s")
    if isinstance(delay, Mapping) and delay["min"] > delay["max"]:
        yield "/act/delay_s", f"expected min up to max, got {delay['min']} and {delay['max']}"
