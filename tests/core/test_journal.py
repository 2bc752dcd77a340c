"""Who is told of what a journal lists."""

from desk import Desk

from chatsim.core.journal import Entry, Journal


def test_watchers_are_told_when_an_entry_is_listed() -> None:
    """Not before: an entry is filled in while its request is under way."""
    told: list[Entry] = []
    journal = Journal(tell=told.append)
    entry = journal.open(0, "request")
    assert told == []
    journal.add(entry)
    assert told == [entry]


def test_watchers_of_a_simulator_hear_all_its_worlds() -> None:
    """One list for all journals, also of worlds made later."""
    desk = Desk(apis=[])
    told: list[str] = []
    desk.simulator.watchers.append(lambda world, _entry: told.append(world.name))
    desk.ask("GET", "/nowhere")
    desk.ask("GET", "/nowhere", world="other")
    assert told == ["default", "other"]
