"""Where the Woven document and the service differ, or nobody knows what the service does."""

from __future__ import annotations

from typing import Final

from chatsim.core.quirks import Quirk

QUIRKS: Final = (
    Quirk(
        name="woven.fastify-validation",
        title="What happens to a body that does not quite fit the schema",
        values={
            "check": "it is refused, as the document's schema says",
            "coerce": "unknown members are dropped and values made to fit, as Fastify does by default",
        },
        document="check",
        service="coerce",
        source="measured on Fastify 5.12 with the document's schema",
    ),
    Quirk(
        name="woven.members",
        title="What the answer says of project members among woven_ids, who cannot receive messages",
        values={"report": "data.errors names them, with a reason", "silent": "nothing"},
        document="report",
        service="report",
        source="a guess: the document says only that they receive nothing",
    ),
    Quirk(
        name="woven.all-failed",
        title="The value of success when the message reached nobody, though somebody was named",
        values={"false": "false", "true": "true"},
        document="false",
        service="false",
        source="a guess: the document says nothing",
    ),
    Quirk(
        name="woven.foreign-project",
        title="The refusal where a client does not own the project, or nobody knows it",
        values={"403": "403 Forbidden", "404": "404 Not Found"},
        document="403",
        service="403",
        source="a guess: only the 200 is documented",
    ),
)
