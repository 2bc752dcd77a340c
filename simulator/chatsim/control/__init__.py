"""The simulator's own API under `/_sim`: just another table, built from the declared APIs and naming none."""

from chatsim.control.table import build

__all__ = ["build"]
