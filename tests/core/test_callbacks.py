"""The delivery policy: order, retries, holding and the planned misbehaviours."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from chatsim.core.callback_settings import SETTINGS
from chatsim.core.callbacks import Attempt, Delivery, NotSettled, Outbox, Policy, State, UnknownDelivery
from chatsim.core.ties import broken
from chatsim.core.whole import DELIVERIES

S = 1_000_000_000
ONCE = Policy()
THRICE = Policy(attempts=3, backoff_s=(2.0, 10.0))
OK = Attempt(at=0, status=200)
BAD = Attempt(at=0, status=500)


def delivery(id: str, conversation: str = "c") -> Delivery:
    """A small delivery that nobody minds losing."""
    return Delivery(
        id=id, api="kobil", conversation=conversation, url="http://a/", target="http://a/", body=b"{}", departed=True
    )


def outbox(*ids: str) -> Outbox:
    """An outbox with deliveries; the first letter of an id is its conversation."""
    box = Outbox()
    for name in ids:
        box.add(delivery(name, name[0]))
    return box


def taken(box: Outbox, now: int = 0) -> list[str]:
    """Take everything that may leave now."""
    ids = []
    while (next_one := box.take(now)) is not None:
        ids.append(next_one.id)
    return ids


def drained(box: Outbox, now: int = 0) -> list[str]:
    """Deliver everything that can be delivered, one after the other."""
    ids = []
    while (next_one := box.take(now)) is not None:
        ids.append(next_one.id)
        box.settle(next_one.id, OK, ONCE, now)
    return ids


def states(box: Outbox) -> dict[str, State]:
    """The state of every delivery."""
    return {name: d.state for name, d in box.deliveries.items()}


def test_heads_of_conversations_leave_side_by_side() -> None:
    """Each conversation has one delivery under way, the others wait behind it."""
    assert taken(outbox("a1", "a2", "b1")) == ["a1", "b1"]


def test_delivery_waits_for_the_answer_of_its_request() -> None:
    """Before the answer was written a new delivery stays, and those behind it with it."""
    box = Outbox()
    box.add(replace(delivery("a1", "a"), departed=False))
    box.add(delivery("a2", "a"))
    assert taken(box) == []
    box.leave("a1")
    assert drained(box) == ["a1", "a2"]


def test_leave_of_a_forgotten_delivery_is_harmless() -> None:
    """An answer that was written after a reset starts nothing."""
    box = outbox("a1")
    box.leave("gone")
    assert taken(box) == ["a1"]


@pytest.mark.parametrize(
    ("value", "good"), [([1, 5.5], True), (["2"], True), ([], True), (["x"], False), ([-1], False), ([None], False)]
)
def test_backoff_is_a_list_of_seconds(value: list[Any], good: bool) -> None:
    """callbacks.backoff_s takes numbers from zero up, also written as text, and says so otherwise."""
    setting = next(one for one in SETTINGS if one.name == "callbacks.backoff_s")
    assert setting.check is not None
    assert (setting.check(value) == "") is good


def test_map_leads_to_addresses_only() -> None:
    """callbacks.map refuses a replacement that cannot be called."""
    setting = next(one for one in SETTINGS if one.name == "callbacks.map")
    assert setting.check is not None
    assert "names no host" in setting.check({"https://a.example": "http://"})


def test_next_one_leaves_after_the_head_settled() -> None:
    """The second delivery of a conversation leaves when the first has its outcome."""
    box = outbox("a1", "a2")
    taken(box)
    box.settle("a1", OK, ONCE, 0)
    assert taken(box) == ["a2"]


@pytest.mark.parametrize(
    ("status", "good"), [(199, False), (200, True), (299, True), (300, True), (301, False), (401, False)]
)
def test_success_is_200_to_300(status: int, good: bool) -> None:
    """2xx and 300 are delivered, everything else failed."""
    box = outbox("a1")
    taken(box)
    box.settle("a1", Attempt(at=0, status=status), ONCE, 0)
    assert states(box) == {"a1": "delivered" if good else "failed"}


def test_connection_error_is_a_failure() -> None:
    """An attempt without an answer fails and says why."""
    box = outbox("a1")
    taken(box)
    box.settle("a1", Attempt(at=5, error="connection refused"), ONCE, 5)
    assert (box.get("a1").state, box.get("a1").attempts[0].error) == ("failed", "connection refused")


def test_reply_is_kept_to_4_kib() -> None:
    """Of the receiver's answer the first 4 KiB stay."""
    assert len(Attempt(at=0, status=200, reply=b"x" * 5000).reply) == 4096


def test_retries_follow_the_schedule() -> None:
    """A failed delivery is scheduled with each back-off in turn, then has failed."""
    box, due = outbox("a1"), []
    for now in (0, 2 * S, 12 * S):
        assert taken(box, now) == ["a1"]
        box.settle("a1", BAD, THRICE, now)
        due.append(box.next_due())
    assert (due, states(box)) == ([2 * S, 12 * S, None], {"a1": "failed"})


@pytest.mark.parametrize(("failed", "wait"), [(1, 2 * S), (2, 10 * S), (3, 10 * S), (4, None)])
def test_last_backoff_repeats(failed: int, wait: int | None) -> None:
    """When the list of waits is shorter than the attempts, its last one goes on."""
    assert Policy(attempts=4, backoff_s=(2.0, 10.0)).wait_ns(failed) == wait


def test_no_backoff_means_at_once() -> None:
    """Without waits the next attempt is due immediately."""
    assert Policy(attempts=2, backoff_s=()).wait_ns(1) == 0


def test_scheduled_delivery_is_not_taken_early() -> None:
    """Before its moment nothing leaves, and the conversation waits with it."""
    box = outbox("a1", "a2")
    taken(box)
    box.settle("a1", BAD, THRICE, 0)
    assert taken(box, 2 * S - 1) == []


def test_body_of_a_retry_is_identical() -> None:
    """Every attempt sends the very same delivery."""
    box = outbox("a1")
    first = box.take(0)
    box.settle("a1", BAD, THRICE, 0)
    assert box.take(2 * S) is first


def test_held_world_sends_nothing() -> None:
    """After hold neither waiting nor new deliveries leave."""
    box = outbox("a1")
    box.hold()
    box.add(delivery("b1", "b"))
    assert (taken(box), states(box)) == ([], {"a1": "held", "b1": "held"})


def test_attempt_under_way_ends_despite_hold() -> None:
    """Hold does not touch what is already on the wire."""
    box = outbox("a1", "a2")
    taken(box)
    box.hold()
    box.settle("a1", OK, ONCE, 0)
    assert states(box) == {"a1": "delivered", "a2": "held"}


def test_failure_during_hold_stays_held_and_keeps_its_moment() -> None:
    """A retry that falls into a hold waits, and is scheduled when released."""
    box = outbox("a1")
    taken(box)
    box.hold()
    box.settle("a1", BAD, THRICE, 0)
    assert (states(box), box.next_due()) == ({"a1": "held"}, None)
    box.release()
    assert (states(box), box.next_due()) == ({"a1": "scheduled"}, 2 * S)


@given(st.permutations(["a1", "a2", "b1", "b2", "c1"]))
def test_release_follows_the_order_given(order: list[str]) -> None:
    """Released deliveries are tried in the order of the call, across conversations too."""
    box = outbox("a1", "a2", "b1", "b2", "c1")
    box.hold()
    box.release(order)
    seen = []
    while batch := taken(box):
        assert len(batch) == 1
        seen += batch
        box.settle(batch[0], OK, ONCE, 0)
    assert seen == order


def test_release_of_some_keeps_the_rest_held() -> None:
    """Only those named go; the world goes on holding."""
    box = outbox("a1", "a2")
    box.hold()
    box.release(["a2"])
    box.add(delivery("b1", "b"))
    assert (drained(box), states(box)["a1"], states(box)["b1"]) == (["a2"], "held", "held")


def test_release_without_ids_ends_the_hold() -> None:
    """Everything leaves in its old order, and new deliveries are not held any more."""
    box = outbox("a1", "a2")
    box.hold()
    box.release()
    box.add(delivery("b1", "b"))
    assert drained(box) == ["a1", "b1", "a2"]


def test_failing_predecessor_does_not_stop_the_released_ones() -> None:
    """The next released delivery follows the attempt of the one before, whatever its outcome."""
    box = outbox("a1", "b1")
    box.hold()
    box.release(["a1", "b1"])
    taken(box)
    box.settle("a1", BAD, THRICE, 0)
    assert taken(box) == ["b1"]


def test_release_of_an_unknown_id_changes_nothing() -> None:
    """An id that does not exist refuses the whole call."""
    box = outbox("a1")
    box.hold()
    with pytest.raises(UnknownDelivery):
        box.release(["a1", "nope"])
    assert states(box) == {"a1": "held"}


def test_later_release_replaces_the_order_of_an_earlier_one() -> None:
    """One that was lined up behind another goes alone when it is released alone."""
    box = outbox("a1", "b1", "c1")
    box.hold()
    box.release(["a1", "b1"])
    box.hold()
    box.release(["c1", "b1"])
    assert drained(box) == ["c1", "b1"]


def test_releasing_twice_is_harmless() -> None:
    """What is not held is passed over."""
    box = outbox("a1")
    assert box.release(["a1"]) == []


def test_resend_queues_the_same_delivery_again() -> None:
    """A settled delivery goes out again with a fresh allowance, its attempts add up."""
    box = outbox("a1")
    taken(box)
    box.settle("a1", BAD, ONCE, 0)
    box.resend("a1")
    assert drained(box) == ["a1"]
    assert [a.status for a in box.get("a1").attempts] == [500, 200]


def test_resend_of_a_waiting_delivery_is_refused() -> None:
    """What has not settled cannot be sent once more."""
    with pytest.raises(NotSettled, match="a1 is pending"):
        outbox("a1").resend("a1")


def test_repeat_sends_the_body_that_often() -> None:
    """With repeat 3 the delivery is taken three times, before the next of its conversation."""
    box = outbox("a1", "a2")
    head = box.take(0)
    assert head is not None
    box.repeat("a1", 3)
    box.settle("a1", OK, ONCE, 0)
    assert drained(box) == ["a1", "a1", "a2"]


def test_reorder_swaps_with_the_next_one() -> None:
    """The next delivery of the conversation overtakes."""
    box = outbox("a1", "a2", "a3")
    box.take(0)
    box.reorder("a1")
    assert drained(box) == ["a2", "a1", "a3"]


def test_reorder_waits_for_the_next_one() -> None:
    """Alone in its conversation it is held until another delivery came and went first."""
    box = outbox("a1")
    box.take(0)
    box.reorder("a1")
    assert (taken(box), states(box)) == ([], {"a1": "held"})
    box.add(delivery("a2", "a"))
    assert drained(box) == ["a2", "a1"]


def test_release_frees_one_that_waits_to_be_overtaken() -> None:
    """A delivery that waits for a successor can be let go by hand."""
    box = outbox("a1")
    box.take(0)
    box.reorder("a1")
    box.release(["a1"])
    box.add(delivery("a2", "a"))
    assert drained(box) == ["a1", "a2"]


def test_one_whose_moment_came_is_pending() -> None:
    """While another one is sent first, it waits like any that was never tried."""
    box = outbox("a1")
    box.take(0)
    box.settle("a1", BAD, THRICE, 0)
    box.add(delivery("b1", "b"))
    box.take(9 * S)
    assert (states(box), broken(DELIVERIES.rules, box)) == ({"a1": "pending", "b1": "pending"}, None)


def test_another_order_frees_the_one_that_was_to_follow() -> None:
    """Released first in a second order too, a delivery has the second one's follower, and the first one's is free."""
    box = outbox("a1", "b1", "c1")
    box.hold()
    box.release(["a1", "b1"])
    box.hold()
    box.release(["a1", "c1"])
    assert (box.get("b1").behind, box.get("c1").behind, box.followers) == (None, "a1", {"a1": "c1"})
    box.release()
    assert sorted(drained(box)) == ["a1", "b1", "c1"]


def test_lost_delivery_is_not_tried_again() -> None:
    """Lose ends a delivery without an answer, and the conversation goes on."""
    box = outbox("a1", "a2")
    box.take(0)
    box.lose("a1", 7)
    assert (states(box)["a1"], drained(box)) == ("lost", ["a2"])


def test_blocked_delivery_says_why() -> None:
    """A refused target is written down as the error of an attempt."""
    box = outbox("a1")
    box.take(0)
    box.block("a1", 7, "too far")
    assert (states(box)["a1"], box.get("a1").attempts[0].error) == ("blocked", "too far")


def test_outbox_survives_being_written_out() -> None:
    """Written out and read back, a held and half-sent outbox goes on as before."""
    box = outbox("a1", "a2", "b1")
    box.take(0)
    box.settle("a1", BAD, THRICE, 0)
    box.hold()
    again = msgspec.json.decode(msgspec.json.encode(box), type=Outbox)
    assert again == box
    again.release()
    assert drained(again, 2 * S) == ["b1", "a1", "a2"]


def test_what_was_set_aside_is_released_before_what_came_since() -> None:
    """It keeps its own order, and its place in a conversation."""
    box = outbox("a1", "a2", "b1")
    box.set_aside(0)
    box.add(delivery("a3", "a"))
    box.release()
    assert drained(box) == ["a1", "b1", "a2", "a3"]


def test_what_was_set_aside_can_be_released_alone() -> None:
    """In any order, while the rest stays."""
    box = outbox("a1", "a2", "a3")
    box.set_aside(0)
    box.release(["a3", "a1"])
    assert (drained(box), states(box)["a2"]) == (["a3", "a1"], "held")


def test_in_state_lists_oldest_first() -> None:
    """Deliveries are found by state in the order of their creation."""
    box = outbox("a1", "b1", "a2")
    box.take(0)
    box.lose("a1", 0)
    assert [d.id for d in box.in_state("pending", "held")] == ["b1", "a2"]


def test_oldest_settled_deliveries_are_forgotten() -> None:
    """Beyond the bound the oldest outcomes go, never one that still waits."""
    box = Outbox(kept=10)
    box.add(delivery("w1", "w"))
    for number in range(30):
        box.add(delivery(f"s{number}", f"s{number}"))
        box.leaving.pop("w1", None)
        drained(box)
    assert len(box.deliveries) <= 11
    assert {"w1", "s29"} <= box.deliveries.keys()
    assert "s0" not in box.deliveries


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "add",
                "take",
                "ok",
                "bad",
                "hold",
                "release",
                "some",
                "again",
                "reorder",
                "lose",
                "repeat",
                "resend",
                "restart",
                "fork",
            ]
        ),
        st.integers(0, 9),
    ),
    max_size=60,
)


@given(ACTIONS)
@example([("add", 0), ("add", 0), ("hold", 0), ("some", 0), ("take", 0), ("reorder", 0)])
@example([("add", 0), ("add", 1), ("add", 2), ("hold", 0), ("again", 1), ("again", 2)])
def test_everything_ends_settled(actions: list[tuple[str, int]]) -> None:
    """After any history, releasing and delivering leaves nothing waiting; a snapshot would always be good."""
    box, now = Outbox(), 0
    for name, number in actions:
        now += S
        act(box, name, number, now)
        assert broken(DELIVERIES.rules, box) is None
    for flying in [d for d in box.deliveries.values() if d.sending]:
        box.settle(flying.id, OK, ONCE, now)
    box.release()
    drained(box, now + 100 * S)
    assert [d for d in box.deliveries.values() if d.state not in ("delivered", "failed", "lost")] == []
    assert (box.queues, box.leaving, box.due, box.followers, box.aside) == ({}, {}, {}, {}, {})


def act(box: Outbox, name: str, number: int, now: int) -> None:
    """One step of a random history."""
    known = list(box.deliveries.values())
    flying = [d for d in known if d.sending]
    held = [d.id for d in known if d.state == "held"]
    if name == "add":
        box.add(delivery(f"{'abc'[number % 3]}{len(known)}", "abc"[number % 3]))
    elif name == "take":
        box.take(now)
    elif name == "hold":
        box.hold()
    elif name == "release":
        box.release()
    elif name == "restart":
        box.go_on(THRICE, now)
    elif name == "fork":
        box.set_aside(now)
    elif name == "some":
        box.release(held[number % 3 :][::-1])
    elif name == "again":
        box.hold()
        waiting = [d.id for d in known if d.state == "held"]
        box.release([key for place, key in enumerate(waiting) if place in (0, number)])
    elif name == "resend" and known and known[number % len(known)].state in ("delivered", "failed", "lost"):
        box.resend(known[number % len(known)].id)
    elif flying:
        on_the_wire(box, name, flying[number % len(flying)].id, now)


def on_the_wire(box: Outbox, name: str, id: str, now: int) -> None:
    """One step of a delivery that is being sent."""
    if name in ("ok", "bad"):
        box.settle(id, OK if name == "ok" else BAD, THRICE, now)
    elif name == "reorder":
        box.reorder(id)
    elif name == "lose":
        box.lose(id, now)
    elif name == "repeat":
        box.repeat(id, 1 + now // S % 3)
