"""Switches where the document and the service differ."""

from typing import Final

from chatsim.core.quirks import Quirk

QUIRKS: Final = (
    Quirk(
        name="weavy.private-chat-name",
        title="A name that is given to a private chat",
        values={
            "kept": "it is kept and shown, as the document's second sample asks for one",
            "dropped": "it is dropped: a private chat is called after the other user",
        },
        document="kept",
        service="dropped",
        source="document, second sample of Create chat; service: its drop-in code makes private chats without a name",
    ),
    Quirk(
        name="weavy.empty-page",
        title="A list of conversations without items",
        values={
            "empty-array": "data is an empty array",
            "left-out": "data is left out, as the service leaves out empty arrays",
        },
        document="empty-array",
        service="left-out",
        source="document: data is shown; service: a guess, its clients guard against a missing data",
    ),
)
