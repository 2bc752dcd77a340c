"""What happened in the worlds of a test: judged, told in its report, kept as bundles. The plugin says when."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest

from chatsim.client import ChatsimError, Client, Entry, World
from chatsim.client.answers import GONE, line, printable
from chatsim.client.records import Record, Records

ABANDONED_S: Final = 86_400
"""When a simulator elsewhere may forget a world that nobody deleted."""

FAIL_ON: Final[Mapping[str, Callable[[Entry], bool]]] = {
    "bug": lambda entry: bool(entry.get("bug")),
    "invalid": lambda entry: bool(entry.get("violations")),
    "unmatched": lambda entry: entry["kind"] == "request" and not entry.get("operation"),
}


class Watch:
    """Looks after the worlds that a client makes; bundles go to `folder`, where there is one."""

    def __init__(self, client: Client, folder: Path | None) -> None:
        self.client = client
        self._folder = folder
        if client.records is None:
            client.records = Records({"ttl_s": ABANDONED_S}, bundles=folder is not None)
        self._records = client.records

    def begin(self) -> None:
        """Another test begins: what was before is not its affair."""
        worlds = self._records.worlds
        for record in list(worlds.values()):
            record.fresh.clear()
            record.happened = False
            if record.ended:
                del worlds[record.name]

    def end(self) -> None:
        """The simulator is about to end, and all worlds with it."""
        with contextlib.suppress(OSError):
            self._look()
        for record in self._records.worlds.values():
            record.ended = True

    def check(self, fail_on: frozenset[str]) -> None:
        """Fail the test if a journal holds what must not be there, unless that was told already."""
        with contextlib.suppress(OSError):  # the simulator is gone, which whoever deletes a world will say
            self._look()
        found = []
        for record in self._records.worlds.values():
            told = [
                f"  {name}: {line(entry)}" for entry in record.fresh for name in sorted(fail_on) if FAIL_ON[name](entry)
            ]
            record.fresh.clear()
            if told:
                found += [f"the journal of world {record.name} holds", *told]
        if found:
            pytest.fail("\n".join(found), pytrace=False)

    def sections(self, test: str) -> Iterator[tuple[str, str]]:
        """For the report of a test that failed: the last entries of its worlds, and where their bundles are.

        Nothing that goes wrong here may hide the failure, or end the run.
        """
        try:
            self._look()
        except Exception as error:  # noqa: BLE001 - as said above
            yield "chatsim", f"cannot tell more: {printable(str(error))}"
        concerned = [one for one in self._records.worlds.values() if one.happened or one.labels.get("test") == test]
        for number, record in enumerate(concerned, 1):
            story = "\n".join([*map(line, record.recent), *["(it was deleted; what came since is lost)"] * record.lost])
            story = story or "(nothing happened)"
            yield f"chatsim: last entries of world {record.name}", story
            if self._folder is None:
                continue
            try:
                yield "chatsim: bundle", str(self._keep(self._folder, _file_name(test, number), record))
            except Exception as error:  # noqa: BLE001 - as said above
                said = printable(str(error)) or type(error).__name__
                yield "chatsim: no bundle", f"the bundle of world {record.name} was not written: {said}"

    def _look(self) -> None:
        """Read on in the journals of the worlds that are there."""
        for record in self._records.worlds.values():
            if record.ended:
                continue
            try:
                record.note(self._world(record).journal.entries(since=record.seen))
            except ChatsimError as error:
                if error.status != GONE:
                    raise
                record.ended = record.lost = True

    def _keep(self, folder: Path, name: str, record: Record) -> Path:
        """Write the bundle of a world: whole, or not at all."""
        bundle = record.bundle if record.ended else self._world(record).bundle(redact=False)
        if bundle is None:
            raise LookupError("it is gone, and took what happened with it")
        file, part = folder / name, folder / f".{name}.{os.getpid()}"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(printable(json.dumps(bundle, ensure_ascii=False, indent=1)).encode())
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
        return file

    def _world(self, record: Record) -> World:
        shown: dict[str, Any] = {"name": record.name, "base_url": record.base_url}
        return World(self.client, shown)


def _file_name(test: str, number: int) -> str:
    """Named after the test, and after no other: its whole name is in the digest."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", test)[:140]
    digest = sha256(printable(test).encode()).hexdigest()[:9]
    return f"{name}-{digest}{f'-{number}' if number > 1 else ''}.json"
