"""Rows that ask the journal: did it happen, how often, in which order; now, or within a time."""

from collections.abc import Sequence
from heapq import nlargest
from typing import Any, Final

from chatsim.control.problems import render
from chatsim.control.rows import world_row
from chatsim.core.api import Call
from chatsim.core.errors import Conflict, Gone
from chatsim.core.http import Pending, Reply
from chatsim.core.journal import Entry
from chatsim.core.match import Match
from chatsim.core.schemas import refused
from chatsim.core.simulator import Simulator
from chatsim.core.world import World

WAIT_S: Final = 5.0
SHOWN: Final = 100
"""Matching entries that an answer holds."""
NEAR_MISSES: Final = 5
SEARCHED: Final = 2_000
"""Latest entries that are searched for near misses: each costs microseconds, in which nobody else is served."""
RECHECK: Final = 5
"""How often within `for_s` it is asked whether it still holds."""


class Question:
    """One question, as often as it is asked. Where a body names no count, at least one entry has to match.

    Raises:
        Invalid: it asks for two things at once, or for none.
    """

    def __init__(self, body: dict[str, Any]) -> None:
        if ("match" in body) == ("sequence" in body):
            raise refused("", 'expected either {"match":{…}} or {"sequence":[…]}')
        counts = [member for member in ("count", "min", "max") if member in body]
        if counts and "sequence" in body:
            raise refused(f"/{counts[0]}", "a sequence is there once: leave the count out")
        if "count" in body and len(counts) > 1:
            raise refused("/count", "expected either count, or min and max")
        if "min" in body and "max" in body and body["min"] > body["max"]:
            raise refused("/min", f"expected min up to max, got {body['min']} and {body['max']}")
        self._since: int = body.get("since", 0)
        self._steps = [Match.parse(one, f"/sequence/{place}") for place, one in enumerate(body.get("sequence", ()))]
        self._match = Match.parse(body.get("match", {}), "/match")
        self._least: int = body.get("count", body.get("min", 0 if "max" in body else 1))
        self._most: int | None = body.get("count", body.get("max"))
        self._clears = -1
        self._fitting: list[Entry] = []
        self._found: list[Entry] = []
        self.keys = tuple(dict.fromkeys(one.key for one in self._steps or (self._match,)))

    def hear(self, entry: Entry) -> bool:
        """Take notice of an entry that was listed since the question was last asked; whether it can matter."""
        if entry.seq > self._since and any(one.matches(entry) for one in self._steps or (self._match,)):
            self._fitting.append(entry)
            return True
        return False

    def holds(self, world: World) -> bool:
        """Whether the answer is yes. The journal is looked through once; of what comes later it has to `hear`."""
        journal = world.journal
        if self._clears != journal.clears:
            self._clears = journal.clears
            self._fitting = []
            for entry in journal:
                self.hear(entry)
        if self._steps:
            self._found = self._walk()
            return len(self._found) == len(self._steps)
        self._found = self._fitting
        return len(self._found) >= self._least and (self._most is None or len(self._found) <= self._most)

    def answer(self, world: World) -> dict[str, Any]:
        """The answer with what it stands on, and with near misses where it is no."""
        ok = self.holds(world)
        found = sorted(self._found, key=lambda entry: entry.seq)
        return {
            "ok": ok,
            "found": len(found),
            "entries": [entry.as_json() for entry in found[:SHOWN]],
            "near_misses": [] if ok else self._near_misses(world, found),
        }

    def _walk(self) -> list[Entry]:
        """The entries that are the steps of the sequence, as far as it goes; others may lie between."""
        found: list[Entry] = []
        for entry in sorted(self._fitting, key=lambda one: one.seq):
            if len(found) < len(self._steps) and self._steps[len(found)].matches(entry):
                found.append(entry)
        return found

    def _near_misses(self, world: World, found: Sequence[Entry]) -> list[dict[str, Any]]:
        """Entries that would have been needed, those with the most fitting members first, later ones first."""
        if self._steps:
            match, since = self._steps[len(found)], found[-1].seq if found else self._since
        elif len(found) < self._least:
            match, since = self._match, self._since
        else:  # there are too many, none is missing
            return []
        members = len(match.wanted)
        recent = (entry for entry in world.journal.newest(SEARCHED) if entry.seq > since)
        scored = ((match.score(entry), entry.seq, entry) for entry in recent)
        nearest = nlargest(NEAR_MISSES, (one for one in scored if 0 < one[0] < members), key=lambda one: one[:2])
        return [near_miss(match, entry) for _, _, entry in nearest]


def near_miss(match: Match, entry: Entry) -> dict[str, Any]:
    """What fits of an entry that does not match, and in one line what does not."""
    members = match.compare(entry)
    wrong = [
        f"{member} expected {one['expected']!r}, got {one['actual']!r}"
        for member, one in members.items()
        if not one["matched"]
    ]
    what = " ".join(str(one) for one in (entry.kind, entry.method, entry.path or entry.url, entry.status) if one)
    return {
        "entry": entry.seq,
        "matched": len(members) - len(wrong),
        "of": len(members),
        "members": members,
        "text": f"entry {entry.seq} ({what}): {'; '.join(wrong)}",
    }


def verify(simulator: Simulator, call: Call) -> Reply:
    """Answer a question at once."""
    return Reply(body=Question(call.body).answer(call.world))


def wait(simulator: Simulator, call: Call) -> Reply:
    """Answer when it holds, and has held for `for_s`; or, after `timeout_s`, with a problem that says what it saw."""
    world, question = call.world, Question(call.body)
    timeout_s, for_s = call.body.get("timeout_s", WAIT_S), call.body.get("for_s", 0)
    if for_s > timeout_s:
        raise refused("/for_s", f"it cannot stay so for {for_s:g} s within a timeout_s of {timeout_s:g}")
    for_ns = for_s * 1e9
    held_since: list[int] = []

    def holds() -> Reply | None:
        if simulator.worlds.get(world.name) is not world:
            return render(Gone(f"world {world.name!r} was deleted meanwhile"), call)
        if not question.holds(world):
            held_since.clear()
            return None
        now = simulator.wall()
        if not held_since:
            held_since.append(now)
        return Reply(body=question.answer(world)) if now - held_since[0] >= for_ns else None

    def late() -> Reply:
        answer = {**question.answer(world), "ok": False}
        seen = "; ".join(one["text"] for one in answer["near_misses"][:1])
        detail = f"not so within {timeout_s:g} s, {answer['found']} found" + (f"; nearest: {seen}" if seen else "")
        reply = render(Conflict(detail, code="not_so"), call)
        return Reply(status=reply.status, body={**reply.body, **answer}, content_type=reply.content_type)

    recheck_s = max(0.01, for_ns / 1e9 / RECHECK) if for_ns else None
    pending = Pending(check=holds, timeout_s=timeout_s, expired=late, recheck_s=recheck_s, listener=question)
    return Reply(body=pending)


ROUTES: Final = (
    world_row("POST", "/journal/verify", verify, {200: "verification"}, body="question"),
    world_row("POST", "/journal/wait", wait, {200: "verification"}, body="wait"),
)
