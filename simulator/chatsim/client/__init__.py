"""Drives a simulator from a test or a script: the control API as verbs, with the standard library alone.

`Client` blocks, `AsyncClient` has the same verbs awaited. Both talk HTTP, to this machine or another.
"""

from chatsim.client.answers import ChatsimError, Entry, File, NotSeen
from chatsim.client.awaited import AsyncClient, AsyncWorld
from chatsim.client.blocking import Client, World

__all__ = ["AsyncClient", "AsyncWorld", "ChatsimError", "Client", "Entry", "File", "NotSeen", "World"]
