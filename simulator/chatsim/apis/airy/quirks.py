"""Where the chat plugin's page and the running service differ, or either answer is in use."""

from typing import Final

from chatsim.core.quirks import Quirk

QUIRKS: Final = (
    Quirk(
        name="airy.message-state",
        title="How a message says its delivery state",
        values={
            "both": "`state` in upper case and `delivery_state` in lower case",
            "state": "`state` alone, as documented",
            "delivery_state": "`delivery_state` alone, as the service does",
        },
        document="both",
        service="delivery_state",
        source="documented samples; MessageResponsePayload in the source",
    ),
    Quirk(
        name="airy.stomp-command",
        title="The STOMP command in place of CONNECT, which some clients send by default",
        values={"accepted": "as CONNECT, with a note", "refused": "ERROR 401, as the service does"},
        document="accepted",
        service="refused",
        source="the document is silent; the service's interceptor looks at CONNECT alone",
    ),
    Quirk(
        name="airy.no-token",
        title="The status of /chatplugin.send without a token",
        values={"403": "as the service's security chain answers", "401": "as clients of other services expect"},
        document="403",
        service="403",
        source="the document names no status; the service configures no entry point",
    ),
    Quirk(
        name="airy.messages-order",
        title="The order of /messages.list",
        values={"newest-first": "as the service does", "oldest-first": "as the core API's page says"},
        document="newest-first",
        service="newest-first",
        source="messages page of the core API; Messages in the source",
    ),
)
