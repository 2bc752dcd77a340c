"""Ids: the same for the same seed, apart by kind, secret ones apart by world."""

from __future__ import annotations

from uuid import UUID

from chatsim.core.ids import Ids


def test_the_same_seed_gives_the_same_ids() -> None:
    """Written literally, since tests of users write them too."""
    assert [Ids("seed", "w").uuid("message"), Ids("seed", "other").uuid("message")] == [
        "3543263a-a427-4ea2-9ac1-780656958d2b",
        "3543263a-a427-4ea2-9ac1-780656958d2b",
    ]


def test_one_more_of_a_kind_shifts_no_other() -> None:
    """The n-th message id does not depend on how many users there are."""
    one, two = Ids("seed", "w"), Ids("seed", "w")
    two.uuid("user")
    assert one.uuid("message") == two.uuid("message")


def test_uuids_look_like_version_4() -> None:
    """Clients check version and variant."""
    made = [UUID(Ids("seed", "w").named_uuid("k", str(n))) for n in range(200)]
    assert {(one.version, one.variant) for one in made} == {(4, "specified in RFC 4122")}


def test_named_ids_do_not_count() -> None:
    """The same name has the same id at every call."""
    ids = Ids("seed", "w")
    assert ids.named_uuid("user", "ann") == ids.named_uuid("user", "ann") != ids.named_uuid("user", "bob")


def test_secrets_differ_between_worlds() -> None:
    """The same seed must not make one world's token good in another."""
    a, b = Ids("seed", "a"), Ids("seed", "b")
    assert a.secret_token("t") != b.secret_token("t")
    assert a.secret_uuid("t") != b.secret_uuid("t")
    assert a.secret_bytes("key", "n") != b.secret_bytes("key", "n")


def test_kind_and_name_are_kept_apart() -> None:
    """("ab", "c") is not ("a", "bc")."""
    ids = Ids("seed", "w")
    assert ids.named_bytes("ab", "c") != ids.named_bytes("a", "bc")


def test_a_lone_surrogate_in_a_name_is_no_error() -> None:
    """JSON of real clients can hold one."""
    assert len(Ids("seed", "w").named_bytes("user", "\ud800", 20)) == 20


def test_the_counts_are_the_whole_state() -> None:
    """Restored counts go on where the others stopped."""
    one, two = Ids("seed", "w"), Ids("seed", "w")
    one.uuid("m")
    two.counts.update(one.counts)
    assert one.uuid("m") == two.uuid("m")
