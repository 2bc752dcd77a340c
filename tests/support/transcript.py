"""Prints all that the scripts make a simulator say: answers, the journal with pushes and callbacks, and the state.

Run as a program, `transcript.py <api>…`, so that two runs can have two hash seeds; prints a JSON object by API.
"""

from __future__ import annotations

import json
import sys

from desk import Desk
from proofs import DeskClient, script_of, snapshot


def transcript(api: str) -> str:
    """One line per answer, then one per journal entry, then the state as it was built up."""
    desk = Desk()
    script = script_of(api)
    desk.make_world("told", **getattr(script, "SCRIPT_WORLD", {}))
    client = DeskClient(desk, "told")
    script.script(client)
    lines = [
        json.dumps([ask.method, ask.target, answer.status, list(answer.headers.items()), answer.body.decode("latin-1")])
        for ask, answer in client.record
    ]
    lines += [json.dumps(entry.as_json()) for entry in desk.simulator.worlds["told"].journal]
    return "\n".join([*lines, snapshot(desk, "told").decode()])


if __name__ == "__main__":
    sys.stdout.write(json.dumps({api: transcript(api) for api in sys.argv[1:]}))
