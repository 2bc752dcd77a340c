"""Rows about a world's journal: looking at it, clearing it, taking it along as a HAR file."""

from typing import Any, Final

from chatsim.control.lists import DIGITS, LIMIT, number
from chatsim.control.rows import step_row, world_row
from chatsim.core.api import NOTHING, Call
from chatsim.core.errors import NotFound
from chatsim.core.http import Reply
from chatsim.core.journal import Entry
from chatsim.core.match import Match
from chatsim.core.schemas import refused
from chatsim.core.simulator import Simulator
from chatsim.core.world import World

_FILTERS: Final = ("api", "kind", "method", "operation", "path", "status")


def list_entries(simulator: Simulator, call: Call) -> Reply:
    """Entries, oldest first, that fit every filter."""
    limit = number(dict(call.query), "limit", LIMIT)
    found = _chosen(call)
    after = str(found[limit - 1].seq) if len(found) > limit else None
    shown = [entry.as_json() for entry in found[:limit]]
    journal = call.world.journal
    return Reply(body={"entries": shown, "dropped": journal.dropped, "last": journal.seq, "next": after})


def get_entry(simulator: Simulator, call: Call) -> Reply:
    """One entry.

    Raises:
        NotFound: there is none of that number, or none any more.
    """
    seq = call.params["seq"]
    entry = call.world.journal.find(int(seq)) if seq.isascii() and seq.isdigit() and len(seq) < 18 else None
    if entry is None:
        raise NotFound(f"there is no entry {seq} in world {call.world.name!r}")
    return Reply(body=entry.as_json())


def clear_journal(simulator: Simulator, call: Call) -> Reply:
    """Forget entries: all, or those later than `since` and up to `until`; numbers go on."""
    since, until = _span(dict(call.query))
    call.world.journal.clear(since + 1, until)
    return Reply(status=204)


def export_har(simulator: Simulator, call: Call) -> Reply:
    """Requests and callbacks as browsers' tools read them."""
    from chatsim.control import har

    chosen, query = _chosen(call), dict(call.query)
    if "limit" in query:
        chosen = chosen[: number(query, "limit", LIMIT)]
    return Reply(body=har.archive(chosen, _base(call.world, call)))


def _base(world: World, call: Call) -> str:
    return world.base_url or f"{call.request.scheme}://{call.request.host}"


def _chosen(call: Call) -> list[Entry]:
    query = dict(call.query)
    since, until = _span(query)
    since = max(since, whole(query, "after"))
    match = _match(query)
    fitting = (one for one in call.world.journal.since(since) if match.matches(one))
    return sorted((one for one in fitting if until is None or one.seq <= until), key=lambda one: one.seq)


def _span(query: dict[str, str]) -> tuple[int, int | None]:
    """The entries asked for: later than the one number, and up to the other.

    Raises:
        Invalid: one is no number, or there is nothing between them.
    """
    since, until = whole(query, "since"), whole(query, "until") if "until" in query else None
    if until is not None and until < since:
        raise refused("/until", f"expected since up to until, got {since} and {until}")
    return since, until


def _match(query: dict[str, str]) -> Match:
    wanted: dict[str, Any] = {name: query[name] for name in _FILTERS if name in query}
    if "status" in wanted:
        wanted["status"] = whole(query, "status")
    return Match.parse(wanted)


def whole(query: dict[str, str], name: str) -> int:
    """A whole number of the query, 0 where it is not given.

    Raises:
        Invalid: it is something else.
    """
    text = query.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
        raise refused(f"/{name}", f"expected a number of at most {DIGITS} digits, got {text!r:.60}")
    return int(text)


ROUTES: Final = (
    world_row("GET", "/journal", list_entries, {200: "journal"}, query="journal-query"),
    step_row("DELETE", "/journal", clear_journal, {204: NOTHING}, query="journal-span"),
    world_row("GET", "/journal/{seq}", get_entry, {200: "entry"}),
    world_row("GET", "/journal.har", export_har, {200: "har"}, query="journal-query"),
)
