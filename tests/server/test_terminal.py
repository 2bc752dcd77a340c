"""What is printed while the simulator runs."""

from __future__ import annotations

import io
import json

import pytest
from desk import Desk
from sample import SAMPLE

from chatsim.core.journal import Entry
from chatsim.server.terminal import JsonLines, Terminal, failed, proxy_warning, reason

WRONG = ("POST", "/sample/a", {"greeting": 1})


def entry(**members: object) -> Entry:
    """A finished entry."""
    made = Entry(7, 0, "request")
    for name, value in {"method": "GET", "path": "/a", **members}.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"status": 200}, False),
        ({"status": 302}, False),
        ({"status": 400}, True),
        ({"status": 500}, True),
        ({"status": 200, "bug": "Traceback"}, True),
        ({"kind": "callback", "status": 300}, False),
        ({"kind": "callback", "status": 302}, True),
        ({"kind": "callback", "status": 0}, True),
        ({"kind": "push", "status": 0}, False),
    ],
)
def test_what_counts_as_failed(members: dict[str, object], expected: bool) -> None:
    """Refused requests, callbacks that did not arrive, and our own mistakes."""
    assert failed(entry(**members)) is expected


def test_only_what_failed_is_told() -> None:
    """Unless everything was asked for."""
    told, all_told = io.StringIO(), io.StringIO()
    world = Desk(apis=[]).world
    for terminal in (Terminal(told), Terminal(all_told, verbose=True)):
        terminal.heard(world, entry(status=200))
        terminal.heard(world, entry(status=404))
    assert told.getvalue() == "00:00:00.000 #7 GET /a 404\n"
    assert all_told.getvalue().count("\n") == 2


def test_line_names_another_world_and_the_first_violation() -> None:
    """Where it happened and what was wrong."""
    told = io.StringIO()
    desk = Desk(apis=[SAMPLE])
    desk.simulator.watchers.append(Terminal(told).heard)
    desk.ask("POST", "/sample/a", {"status": 3}, token="good", world="mine")
    assert told.getvalue().startswith("12:00:00.000 #1 [mine] POST /sample/a 4")
    assert told.getvalue().rstrip().endswith(reason(next(iter(desk.simulator.worlds["mine"].journal))))


def test_line_cannot_steer_a_terminal() -> None:
    """Control characters are written out, and it stays one line of bearable length."""
    told = io.StringIO()
    Terminal(told).heard(Desk(apis=[]).world, entry(status=404, path="/\x1b[2J\n" + "a" * 1000))
    assert told.getvalue().startswith("00:00:00.000 #7 GET /\\x1b[2J\\x0aaaa")
    assert len(told.getvalue()) < 400


def test_bug_is_told_with_its_traceback() -> None:
    """It is ours to mend, so nothing is left out."""
    told = io.StringIO()
    Terminal(told).heard(Desk(apis=[]).world, entry(status=500, bug="Traceback\n  here"))
    assert told.getvalue().endswith("a bug of the simulator:\nTraceback\n  here\n")


def test_reader_who_left_breaks_nothing() -> None:
    """`chatsim serve | head -1` goes on serving."""
    told = io.StringIO()
    terminal = Terminal(told)
    told.close()
    terminal.heard(Desk(apis=[]).world, entry(status=404))
    assert told.closed


def test_json_line_has_what_a_program_needs() -> None:
    """World, entry, status, reason."""
    told = io.StringIO()
    JsonLines(told).heard(Desk(apis=[]).world, entry(status=404, api="sample"))
    said = json.loads(told.getvalue())
    assert (said["event"], said["world"], said["entry"], said["api"], said["status"]) == (
        "entry", "default", 7, "sample", 404,
    )  # fmt: skip


def test_callbacks_that_did_not_leave_are_named() -> None:
    """At the end, so that nobody waits for them."""
    told = io.StringIO()
    Terminal(told).stopped(["init to http://localhost:1/ (held)"])
    assert told.getvalue() == "not delivered: init to http://localhost:1/ (held)\nstopped\n"


@pytest.mark.parametrize(
    ("environ", "warned"),
    [
        ({}, False),
        ({"HTTP_PROXY": "http://p"}, True),
        ({"https_proxy": "http://p"}, True),
        ({"HTTP_PROXY": ""}, False),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "example, localhost"}, False),
        ({"http_proxy": "http://p", "no_proxy": "*"}, False),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "127.0.0.1"}, True),
    ],
)
def test_proxy_warning(environ: dict[str, str], warned: bool) -> None:
    """Only where a proxy is set and localhost is not spared."""
    assert bool(proxy_warning(environ)) is warned
