"""Lists in pieces: `limit` says how many, `after` is the `next` of the piece before."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from chatsim.core.api import Call
from chatsim.core.schemas import refused

LIMIT: Final = 1000
MOST: Final = 1_000_000
DIGITS: Final = 15
_Item = TypeVar("_Item")


def piece(call: Call, items: Sequence[_Item], mark: Callable[[_Item], str]) -> tuple[Sequence[_Item], str | None]:
    """The items after the one whose `mark` the query names, and what to ask for next (None: that was all).

    Raises:
        Invalid: `limit` is no number above 0, or no item has the mark.
    """
    query = dict(call.query)
    limit = number(query, "limit", LIMIT)
    start = 0
    if (after := query.get("after")) is not None:
        places = [place for place, item in enumerate(items, 1) if mark(item) == after]
        if not places:
            raise refused("/after", f"there is no {after!r} in this list; send the 'next' of the piece before")
        start = places[0]
    taken = items[start : start + limit]
    more = start + limit < len(items)
    return taken, mark(taken[-1]) if more else None


def number(query: dict[str, str], name: str, default: int) -> int:
    """A whole number of the query from 1 to `MOST`.

    Raises:
        Invalid: it is something else.
    """
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS and 0 < int(text) <= MOST):
        raise refused(f"/{name}", f"expected a number above 0 and up to {MOST:,}, got {text!r:.60}")
    return int(text)
