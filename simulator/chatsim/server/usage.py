"""What is said of a start that was asked for in a way that cannot be."""


class UsageError(ValueError):
    """An option has a value that it cannot have; the text names both."""
