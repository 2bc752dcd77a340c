"""A simulator of five chat services: Woven City, KOBIL, Airy, Weavy and M3O."""

__version__ = "0.1.0"
