"""What becomes of the signals that a command is sent while it has processes of its own: none of them is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import FrameType, TracebackType
from typing import Any, Final, Self

_NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGBREAK")
_KEYS: Final = frozenset(getattr(signal, name) for name in ("SIGINT", "SIGQUIT") if hasattr(signal, name))


class Signals:
    """Ends this process with 128 and the signal's number, as an exception does, until somebody gets signals handed on.

    While they are held back, which is where a process is being started or ended, they wait. What this process was told
    to ignore stays ignored, also by those that it starts.
    """

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._held = False
        self._waiting: list[int] = []
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Take signals from now on."""
        self._take(ignored=False)
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        """Leave them to those who had them before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def hold(self) -> None:
        """Let signals wait."""
        self._held = True

    def release(self) -> None:
        """Let what waited happen, and what comes.

        Raises:
            SystemExit: a signal came that ends this process.
        """
        self._held = False
        waiting, self._waiting = self._waiting, []
        for number in waiting:
            self._heard(number, None)

    def hand_on(self, child: subprocess.Popen[bytes]) -> None:
        """Hand signals on to a process. What a terminal sends at a key, it sends to that process itself."""
        self._child = child
        self._take(ignored=True)

    def _take(self, *, ignored: bool) -> None:
        for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
            present = signal.getsignal(number)
            if number not in self._before and (ignored or present is not signal.SIG_IGN):
                self._before[number] = present
                signal.signal(number, self._heard)

    def _heard(self, number: int, _frame: FrameType | None) -> None:
        if self._held:
            self._waiting.append(number)
        elif self._child is None:
            sys.exit(128 + number)
        elif not (number in _KEYS and _from_terminal()):
            self._child.send_signal(number)


def _from_terminal() -> bool:
    """Whether keys of the terminal reach this process, and so those that it started too."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except (OSError, AttributeError):  # no terminal, or no such thing on this system
        return os.name != "posix"
