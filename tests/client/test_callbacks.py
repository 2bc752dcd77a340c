"""Deliveries, and how they are steered."""

from __future__ import annotations

import pytest

from chatsim.client import Answer, NotSeen, World
from chatsim.client.blocking.callbacks import Receiver


@pytest.fixture
def receiver(world: World) -> Receiver:
    """Where the world delivers to."""
    made = world.callbacks.receiver()
    world.set_settings(**{"kobil.callback_url": made.url})
    return made


def write(world: World, text: str) -> str:
    """Let the user write; the id of the delivery."""
    service = "fc6478a7-320f-40ca-9f90-4e3d2443f293"
    told = world.kobil.send_text(user="44444444444", service=service, text=text)
    return str(told["deliveries"][0])


def texts(receiver: Receiver) -> list[str]:
    """What was delivered."""
    return [one.json["message"]["content"]["messageContent"]["messageText"] for one in receiver.received]


def test_waiting_lists_what_became_of_them(world: World, receiver: Receiver) -> None:
    """Attempts and their statuses included."""
    receiver.answer(500)
    write(world, "a")
    (delivery,) = world.callbacks.wait()
    assert (delivery["state"], delivery["attempts"][0]["status"]) == ("failed", 500)


def test_waiting_ends(world: World, receiver: Receiver) -> None:
    """Where the receiver takes too long."""
    receiver.answer(Answer(delay_s=3600))
    write(world, "a")
    with pytest.raises(NotSeen, match="none pending"):
        world.callbacks.wait(timeout_s=0.01)


def test_held_ones_go_in_the_order_given(world: World, receiver: Receiver) -> None:
    """Or all at once."""
    world.callbacks.hold()
    ids = [write(world, text) for text in ("a", "b", "c")]
    world.callbacks.release(ids[1::-1])
    assert len(receiver.wait(2)) == 2
    assert texts(receiver) == ["b", "a"]
    world.callbacks.release()
    assert len(receiver.wait(3)) == 3


def test_a_delivery_is_sent_again(world: World, receiver: Receiver) -> None:
    """With the identical body."""
    sent = write(world, "a")
    world.callbacks.wait()
    world.callbacks.resend(sent)
    first, second = receiver.wait(2)
    assert first.body == second.body
