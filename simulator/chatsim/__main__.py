"""`python -m chatsim` is the command `chatsim`."""

from chatsim.cli import main

main()
