"""Keeps the default world in a file, so that a restart loses nothing (`--state FILE`).

It is read at the start, and written whole beside itself and moved into place: within a second of a change and at the
end. What is read is a snapshot of the control API.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chatsim.core.errors import Invalid
from chatsim.core.json import SNAPSHOT_DEPTH, BadJson, decode, encode
from chatsim.core.snapshot import read, restore, take
from chatsim.core.world import DEFAULT

if TYPE_CHECKING:
    from chatsim.core.simulator import Simulator
    from chatsim.core.world import World

SOON_S: Final = 0.5


class BadStateFile(Exception):
    """The file cannot be read or written; the text says why, and what would do."""


class StateFile:
    """The file of one simulator's default world."""

    def __init__(self, simulator: Simulator, path: Path) -> None:
        self._simulator = simulator
        self._path = path
        self._planned: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self._written = b""

    def load(self) -> bool:
        """Put the default world into the state of the file; False where there is none yet.

        Raises:
            BadStateFile: it is no snapshot, or one that this release cannot read, or its folder is not there.
        """
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            if not self._path.parent.is_dir():
                raise BadStateFile(f"--state {self._path}: the folder {self._path.parent} does not exist") from None
            return False
        except OSError as error:
            raise BadStateFile(f"--state {self._path} cannot be read: {error.strerror}") from error
        try:
            restore(self._simulator.worlds[DEFAULT], read(self._simulator, decode(raw, SNAPSHOT_DEPTH)), restarted=True)
        except (BadJson, Invalid) as error:
            raise BadStateFile(
                f"--state {self._path} cannot be taken up: {error}; move it away to begin anew"
            ) from error
        self._written = raw
        return True

    def touched(self, world: World) -> None:
        """Something happened in a world: if it is the one that is kept, it is written soon."""
        if world.name == DEFAULT and self._planned is None:
            self._planned = asyncio.get_running_loop().call_later(SOON_S, self._begin)

    def _begin(self) -> None:
        if self._writing is not None and not self._writing.done():  # a slow disk: look again later
            self._planned = asyncio.get_running_loop().call_later(SOON_S, self._begin)
            return
        self._planned = None
        raw = self._document()
        if raw is not None and raw != self._written:
            self._written = raw
            self._writing = asyncio.get_running_loop().create_task(asyncio.to_thread(self._write, raw))

    def _document(self) -> bytes | None:
        world = self._simulator.worlds.get(DEFAULT)
        return None if world is None else encode(take(world))

    def _write(self, raw: bytes) -> None:
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        try:
            # It holds tokens and uploads: for its owner alone.
            with open(beside, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        finally:
            beside.unlink(missing_ok=True)

    async def close(self) -> None:
        """Write what is not written yet.

        Raises:
            OSError: the disk is full, or the folder is gone.
        """
        if self._planned is not None:
            self._planned.cancel()
        if self._writing is not None:
            with contextlib.suppress(OSError):  # tried again below
                await self._writing
        raw = self._document()
        if raw is not None:
            await asyncio.to_thread(self._write, raw)
