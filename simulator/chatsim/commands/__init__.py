"""The commands that drive a running simulator, or start one around another program."""
