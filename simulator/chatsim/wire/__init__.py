"""Realtime protocols without input or output; they know no API."""
