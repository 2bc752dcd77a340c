"""Settings, quirks and tolerances: where sources differ, and what is let pass though the document lacks it."""

from __future__ import annotations

from typing import Any, Final

from chatsim.core.quirks import Quirk
from chatsim.core.settings import Setting
from chatsim.core.targets import malformed


def _url(value: Any) -> str:
    return malformed(str(value)) or ""


SETTINGS: Final = (
    Setting(name="kobil.callback_url", type="str", title="Where callbacks of every service go", check=_url),
    Setting(name="kobil.services.*.callback_url", type="str", title="Where callbacks of one service go", check=_url),
    Setting(
        name="kobil.max_upload_bytes",
        type="int",
        title="The longest body of an upload; the document names no limit",
        default=25 * 1024 * 1024,
        least=1,
    ),
    Setting(
        name="kobil.auto_reply",
        type="str",
        title="What the user answers by itself: off, echo, or a text; the first choice is picked, PDFs are signed",
        default="off",
    ),
)

QUIRKS: Final = (
    Quirk(
        name="kobil.coordinates",
        title="What the corners of a signature are measured in",
        values={"percent": "per cent of the page, 0 to 100", "points": "points, 1/72 inch"},
        document="percent",
        service="percent",
        source="the document says nothing; every published sample lies within 0 to 100, one guide had 300",
    ),
    Quirk(
        name="kobil.init-response-id",
        title="Whether the callback of an opened chat carries a responseId",
        values={"absent": "as in every other chat callback", "present": "equal to its messageId"},
        document="absent",
        service="present",
        source="the document has no sample of init; partner guides list a responseId beside the messageId",
    ),
    Quirk(
        name="kobil.service-mismatch",
        title="The status where serviceUuid is not the token's client",
        values={"401": "as the document says", "403": "also reported from the field"},
        document="401",
        service="401",
        source="document, Troubleshooting; a partner guide writes 401/403",
    ),
    Quirk(
        name="kobil.text-entry",
        title="Whether messageType textEntryRequest can be sent",
        values={"refused": "400, as for any other unknown type", "accepted": "as a text that asks for a text"},
        document="refused",
        service="refused",
        source="only the document's predecessors have it",
    ),
    Quirk(
        name="kobil.signature-parts",
        title="The names of the parts of a signature request",
        values={"documented": "signatureFile, signatureData", "misspelt": "also sigantureFile, sigantureData"},
        document="documented",
        service="documented",
        source="the tables of the document's predecessors misspell both",
    ),
)

TOLERANCES: Final = {
    "undocumented_member": "members of the JSON that the document does not have",
    "json_as_file": "the JSON part of a form sent as a file, as some HTTP libraries do",
    "instance_id_part": "instanceId as a part of the form instead of a member of its JSON",
    "extra_part": "parts of a form that the document does not have",
    "coordinates_beyond_page": "coordinates of a signature outside 0 to 100",
}
