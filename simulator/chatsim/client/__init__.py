"""Drives a simulator from a test or a script: the control API as verbs, with the standard library alone.

`Client` blocks, `AsyncClient` has the same verbs awaited. Both talk HTTP, to this machine or another.
"""

from chatsim.client.answers import ChatsimError, Entry, File, NotSeen
from chatsim.client.awaited.client import AsyncClient
from chatsim.client.awaited.world import AsyncWorld
from chatsim.client.blocking.client import Client
from chatsim.client.blocking.world import World
from chatsim.client.receivers import Answer, Received

__all__ = [
    "Answer",
    "AsyncClient",
    "AsyncWorld",
    "ChatsimError",
    "Client",
    "Entry",
    "File",
    "NotSeen",
    "Received",
    "World",
]
