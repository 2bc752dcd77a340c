"""The row that tells what happens while it happens: `text/event-stream` for consoles and programs."""

from typing import Final

from chatsim import __version__
from chatsim.control.journal import whole
from chatsim.control.rows import row
from chatsim.core.api import STREAM, Call
from chatsim.core.events import Reader, written
from chatsim.core.http import Reply, Stream
from chatsim.core.simulator import Simulator

BEAT_S: Final = 15.0
START: Final = b"retry: 1000\n\n"


def listen(simulator: Simulator, call: Call) -> Reply:
    """Entries, attempts of deliveries, sockets, clocks and what becomes of worlds, of one or all; from now on, or after
    an id.

    Who gives no id is told `open` with that of the latest event, so that coming back never misses one.
    The header that a browser sends when it comes back wins over the query it was first opened with.

    Raises:
        NotFound, Gone: there is no such world. Invalid: the id is no number.
    """
    query = dict(call.query)
    if (world := query.get("world")) is not None:
        simulator.find(world)
    if (header := call.request.headers.get("Last-Event-ID")) is not None:
        query["last_event_id"] = header
    since = whole(query, "last_event_id") if "last_event_id" in query else None
    events = simulator.events
    start = START if since is not None else START + written("open", {"version": __version__}, events.last)
    reader = Reader(events, world, since)
    stream = Stream(read=reader.read, waking=events.waking, start=start, beat=b": still here\n\n", beat_s=BEAT_S)
    return Reply(body=stream, content_type="text/event-stream", headers={"Cache-Control": "no-store"})


ROUTES: Final = (row("GET", "/events", listen, {200: STREAM}, query="events-query"),)
