"""Which keys Airy's tokens are good under: the world's own, and those of worlds that its state was taken over from.

A world signs with its own key alone. Under a former key counts what had been given out when the ways parted, so that
who was let in before goes on in a copy, and what either world gives out later is nothing to the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatsim.core.ids import Ids
    from chatsim.core.world import World

CONVERSATION: Final = "airy-conversation"
MOST_GIVEN: Final = 100_000
"""So many ids that were given out are known again by their number."""


class Former(msgspec.Struct, frozen=True, gc=False):
    """A key (hex) that the state had in another world, `until` which second, and the conversations known by then.

    The first `given` ids are known by their number, and `known` are all others.
    """

    secret: str
    until: int
    given: int = 0
    known: list[str] = []

    def conversations(self, ids: Ids) -> frozenset[str]:
        """The ids of all conversations for which its tokens count."""
        return frozenset((*ids.given_uuids(CONVERSATION, self.given), *self.known))


def new_secret(world: World) -> str:
    """The secret that a world signs with, as the state keeps it: the same after a restart, another in each world."""
    return world.ids.secret_bytes("airy-jwt", "key").hex()


def parted(world: World, secret: str, second: int, conversations: Iterable[str]) -> Former:
    """What stays of a key when its state goes over to a world with another one."""
    given = min(world.ids.counts.get(CONVERSATION, 0), MOST_GIVEN)
    numbered = frozenset(world.ids.given_uuids(CONVERSATION, given))
    return Former(secret, second, given, [one for one in conversations if one not in numbered])
