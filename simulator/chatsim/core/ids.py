"""Identifiers of one world: the same seed gives the same ids in the same order.

An id is cut from blake2b(seed, kind, n-th of that kind), so one more id of one kind shifts no id of another.
What must not be guessed from another world (tokens, symmetric keys) hashes the world's name as well, and how often it
began anew: what it gave out before a reset is nothing to it afterwards.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Final

LIFE: Final = "life"
"""Stands among the counts for how often the world began anew; missing in its first life."""


class Ids:
    """The id source of one world. `counts` says how many of each kind were given; it is all of its state."""

    __slots__ = ("_seed", "_world", "counts")

    def __init__(self, seed: str, world: str, life: int = 0) -> None:
        self._seed = seed.encode("utf-8", "surrogatepass")
        self._world = world.encode()
        self.counts: dict[str, int] = {LIFE: life} if life else {}

    @property
    def life(self) -> int:
        """How often the world began anew."""
        return self.counts.get(LIFE, 0)

    def count(self, kind: str) -> int:
        """Give the next number of `kind`, from 1."""
        number = self.counts.get(kind, 0) + 1
        self.counts[kind] = number
        return number

    def next_bytes(self, kind: str, size: int = 16) -> bytes:
        """Give `size` (1–64) bytes, the next of `kind`."""
        return self._digest(self._seed, kind, str(self.count(kind)), size)

    def uuid(self, kind: str) -> str:
        """Give the next UUID of `kind`; it looks like version 4."""
        return _uuid4(self.next_bytes(kind))

    def given_uuids(self, kind: str, number: int) -> Iterator[str]:
        """The first UUIDs of `kind`, as they were given or will be; nothing is counted."""
        return (_uuid4(self._digest(self._seed, kind, str(one), 16)) for one in range(1, number + 1))

    def named_bytes(self, kind: str, name: str, size: int = 16) -> bytes:
        """Give the bytes that belong to a name: the same at every call and after a restart."""
        return self._digest(self._seed, "name:" + kind, name, size)

    def named_uuid(self, kind: str, name: str) -> str:
        """Give the UUID that belongs to a name."""
        return _uuid4(self.named_bytes(kind, name))

    def secret_bytes(self, kind: str, name: str, size: int = 32) -> bytes:
        """Give the bytes that belong to a name in this life of this world only, such as a symmetric key."""
        life = b"\0%d" % self.life if self.life else b""
        return self._digest(self._seed + b"\0" + self._world + life, "secret:" + kind, name, size)

    def secret_uuid(self, kind: str) -> str:
        """Give the next UUID of `kind`, different in every world."""
        return _uuid4(self.secret_bytes(kind, str(self.count(kind)), 16))

    def secret_token(self, kind: str, size: int = 32) -> str:
        """Give the next opaque token of `kind`: `size` bytes as URL-safe base64 without padding."""
        raw = self.secret_bytes(kind, str(self.count(kind)), size)
        return urlsafe_b64encode(raw).rstrip(b"=").decode()

    @staticmethod
    def _digest(seed: bytes, kind: str, name: str, size: int) -> bytes:
        # A lone surrogate in a name, or in the seed, must not raise.
        named = name.encode("utf-8", "surrogatepass")
        return blake2b(_before(seed, kind) + named, digest_size=size).digest()


@lru_cache(maxsize=1024)
def _before(seed: bytes, kind: str) -> bytes:
    # Lengths keep ("ab", "c") apart from ("a", "bc").
    return f"{len(seed)}:{len(kind)}:".encode() + seed + kind.encode()


def _uuid4(raw: bytes) -> str:
    # RFC 9562 section 5.4: the version is 4, the variant's two bits are 10.
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{'89ab'[raw[8] >> 4 & 3]}{digits[17:20]}-{digits[20:]}"
