"""Each test has a backend of its own, in a world of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support_desk import SupportDesk

from chatsim.client import Client, World

SERVICE = "fc6478a7-320f-40ca-9f90-4e3d2443f293"


@pytest.fixture
def desk(chatsim: World, chatsim_server: Client, record_property: Callable[[str, object], None]) -> SupportDesk:
    """The program under test; the report says in which world of which simulator it ran."""
    record_property("world", chatsim.name)
    record_property("server", chatsim_server.url)
    return SupportDesk(chatsim.base_url, SERVICE, "secret")
