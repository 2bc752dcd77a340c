"""The order of conversations: kept sorted by every change, equal to sorting them all."""

from hypothesis import given
from hypothesis import strategies as st

from chatsim.apis.weavy.records import CONTEXTUAL, PRIVATE, ROOM, Conversation, Member
from chatsim.apis.weavy.shelves import LANES, Shelf, sort_key

LIVE = LANES[:3]

changes = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.sampled_from([PRIVATE, ROOM, CONTEXTUAL]),
        st.sampled_from([None, 5, 6]),
        st.integers(0, 3),
        st.booleans(),
        st.booleans(),
    ),
    max_size=20,
)


def shelve(found: list[tuple[int, str, int | None, int, bool, bool]]) -> tuple[Shelf, dict[int, Conversation]]:
    """A shelf after these placements, and what stands on it."""
    shelf = Shelf()
    placed: dict[int, Conversation] = {}
    for number, kind, pinned_at, messages, trashed, unread in found:
        member = Member(user_id=1, pinned_at=pinned_at, marked_id=None if unread else messages)
        placed[number] = Conversation(
            id=number, type=kind, created_at=number % 2, created_by_id=1, is_trashed=trashed, members={1: member},
            messages=list(range(1, messages + 1)), last_message_at=messages,
        )  # fmt: skip
        shelf.place(placed[number], member)
    return shelf, placed


def sorted_ids(placed: dict[int, Conversation], lanes: tuple[tuple[str, bool], ...]) -> list[int]:
    """The same order by sorting everything."""
    wanted = [c for c in placed.values() if (c.type, c.is_trashed) in lanes]
    return [c.id for c in sorted(wanted, key=lambda c: sort_key(c, c.members[1]), reverse=True)]


@given(changes, st.sets(st.sampled_from(LANES)), st.integers(0, 4), st.integers(0, 4))
def test_a_page_is_a_slice_of_the_sorted_whole(
    found: list[tuple[int, str, int | None, int, bool, bool]], lanes: set[tuple[str, bool]], skip: int, top: int
) -> None:
    """Whatever was placed in whatever order, a page is what sorting everything would give."""
    shelf, placed = shelve(found)
    chosen = tuple(lane for lane in LANES if lane in lanes)
    whole = sorted_ids(placed, chosen)
    assert list(shelf.all(chosen)) == whole
    assert shelf.page(chosen, skip, top) == whole[skip : skip + top]
    assert shelf.count(chosen) == len(whole)


@given(changes, st.integers(0, 4), st.integers(0, 4))
def test_unread_ones_are_known_without_looking(
    found: list[tuple[int, str, int | None, int, bool, bool]], skip: int, top: int
) -> None:
    """Number and page of the unread conversations agree with asking each one."""
    shelf, placed = shelve(found)
    unread = [n for n in sorted_ids(placed, LIVE) if placed[n].is_unread(placed[n].members[1])]
    assert shelf.count_unread(LIVE) == len(unread)
    assert shelf.unread_page(LIVE, skip, top) == unread[skip : skip + top]


@given(changes)
def test_what_is_removed_is_gone(found: list[tuple[int, str, int | None, int, bool, bool]]) -> None:
    """Removing everything, twice, leaves an empty shelf."""
    shelf, placed = shelve(found)
    for number in [*placed, *placed]:
        shelf.remove(number)
    assert shelf == Shelf()


def test_pinned_come_first_then_the_newest_message_then_the_newest() -> None:
    """The order of the service: pin, last message, creation, each newest first."""
    shelf, _ = shelve([
        (1, ROOM, None, 0, False, False),
        (2, PRIVATE, None, 0, False, False),
        (3, ROOM, None, 2, False, False),
        (4, PRIVATE, 5, 0, False, False),
        (5, ROOM, 6, 0, False, False),
    ])  # fmt: skip
    assert list(shelf.all(LIVE)) == [5, 4, 3, 1, 2]
