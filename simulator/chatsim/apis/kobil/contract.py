"""Holding bodies against their schemas, where the message type chooses which one."""

from __future__ import annotations

from typing import Any, Final

from chatsim.core.api import Call
from chatsim.core.errors import Invalid

MESSAGES: Final = {
    "processChatMessage": "process-chat-message",
    "choiceRequest": "choice-request",
    "smartScreenService": "smart-screen-service",
}
"""What `/message` takes. Not `init`, though the document's table lists it: it only ever comes from the user. Not
`attachmentMessage` either, which needs a file and has an endpoint of its own."""

CALLBACKS: Final = {
    "init": "callback-init",
    "processChatMessage": "callback-process-chat-message",
    "choiceResponse": "callback-choice-response",
    "attachmentMessage": "callback-attachment-message",
    "signatureResponse": "callback-signature-response",
}

OLDER: Final = "text-entry-request"
ATTACHMENT: Final = "attachment-message"
SIGNATURE_DATA: Final = "signature-data"


def message_schema(call: Call, body: Any) -> str:
    """The schema that the type of this message chooses. Raises Invalid for a type that cannot be sent."""
    kind = body.get("messageType") if isinstance(body, dict) else None
    if isinstance(kind, str) and kind in MESSAGES:
        return MESSAGES[kind]
    if kind == "textEntryRequest" and call.quirk("kobil.text-entry") == "accepted":
        return OLDER
    raise Invalid(f"messageType {kind!r} cannot be sent here; expected {', '.join(MESSAGES)}")


def hold(call: Call, name: str, body: Any) -> None:
    """Raise Invalid where a body breaks its schema; tolerate members that only its tolerant form lets pass."""
    schemas = call.world.simulator.schemas
    tight = schemas.get(f"kobil/{name}", strict=True)
    if tight.accepts(body):
        return
    schema = schemas.get(f"kobil/{name}")
    if not schema.accepts(body):
        violations = schema.explain(body)
        if not violations:
            raise RuntimeError(f"{schema.name} refuses what nobody can explain")
        first = violations[0]
        raise Invalid(f"{first.pointer or '/'}: {first.message}", violations=violations)
    extra = ", ".join(one.pointer for one in tight.explain(body))
    call.tolerate("undocumented_member", f"the document does not have {extra}")


def vouch(call: Call, kind: str, body: Any) -> None:
    """A callback that breaks its schema is our own bug: say so in the journal."""
    schema = call.world.simulator.schemas.get(f"kobil/{CALLBACKS[kind]}")
    if not schema.accepts(body):
        call.entry.bug = f"the callback breaks {schema.name}: {next(iter(schema.explain(body)), None)}"
