"""The journal: its bounds, its numbers, what it keeps of a body."""

from __future__ import annotations

from hashlib import sha256

from desk import Desk
from multidict import CIMultiDict

from chatsim.core.journal import KEPT_BODY, Entry, Journal


def fill(journal: Journal, count: int, body: bytes = b"") -> None:
    """Add finished entries."""
    for _ in range(count):
        entry = journal.open(0, "request")
        entry.keep_request(body)
        journal.add(entry)


def numbers(journal: Journal) -> list[int]:
    """The numbers of the entries, in order."""
    return [entry.seq for entry in journal]


def test_the_oldest_fall_out() -> None:
    """A full journal forgets its oldest entries and counts them."""
    journal = Journal(max_entries=3)
    fill(journal, 5)
    assert (numbers(journal), journal.dropped) == ([3, 4, 5], 2)


def test_it_is_bounded_by_bytes_too() -> None:
    """Large bodies make fewer entries."""
    journal = Journal(max_bytes=5_000)
    fill(journal, 10, b"x" * 1_000)
    assert numbers(journal) == [9, 10]


def test_a_large_body_keeps_its_head_and_hash() -> None:
    """Enough to recognise it."""
    body = b"a" * (KEPT_BODY + 1)
    entry = Entry(1, 0, "request")
    entry.keep_request(body)
    assert (len(entry.request_body), entry.request_size) == (KEPT_BODY, KEPT_BODY + 1)
    assert entry.as_json()["request"]["sha256"] == sha256(body).hexdigest()


def test_a_range_is_cleared_and_numbers_go_on() -> None:
    """Both ends are included."""
    journal = Journal()
    fill(journal, 5)
    journal.clear(since=2, until=4)
    fill(journal, 1)
    assert numbers(journal) == [1, 5, 6]


def test_a_restart_counts_from_one() -> None:
    """A reset world's journal is like new."""
    journal = Journal(max_entries=1)
    fill(journal, 3)
    journal.restart()
    fill(journal, 1)
    assert (numbers(journal), journal.dropped) == ([1], 0)


def test_bodies_are_shown_as_what_they_are() -> None:
    """JSON as data, other text as text, nothing as null."""
    shown = []
    for body in (b'{"a":1}', b"a=1", b""):
        entry = Entry(1, 0, "request")
        entry.keep_request(body)
        shown.append(entry.as_json()["request"]["body"])
    assert shown == [{"a": 1}, "a=1", None]


def test_a_form_is_shown_as_its_parameters() -> None:
    """So a match can name one; of equal names the first is shown."""
    entry = Entry(1, 0, "request")
    entry.request_headers = CIMultiDict({"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"})
    entry.keep_request(b"grant_type=password&a=%FF&a=2&b=")
    assert entry.body == {"grant_type": "password", "a": "\ufffd", "b": ""}


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


def test_a_form_with_files_is_shown_by_its_parts() -> None:
    """Fields as text, files by what is known of them, of equal names the first; what is not whole is not shown."""
    form = (
        b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nHi\r\n'
        b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nHo\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\nContent-Type: a/b\r\n\r\n\0\xff\r\n'
    )
    entry = Entry(1, 0, "request")
    entry.request_headers = CIMultiDict({"Content-Type": "multipart/form-data; boundary=x"})
    entry.keep_request(form + b"--x--\r\n")
    assert entry.body == {"text": "Hi", "file": {"filename": "a.bin", "content_type": "a/b", "size": 2}}
    entry.keep_request(form)
    assert entry.body is None
