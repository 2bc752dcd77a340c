"""The rows of the control API about deliveries, from a trigger to the receiver and back."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import aiohttp.web
import pytest
from desk import Served
from receiver import Receiver, receive

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

WORLD = "/_sim/worlds/default"
WHO = {"tenant": "flutter", "service": "shop", "user": "john"}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A service's server."""
    async with receive() as running:
        yield running


class Control:
    """Calls to the control API of the default world."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ask(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        """Call a row and give its answer."""
        async with self._session.request(method, f"{WORLD}{path}", json=body or None) as answer:
            text = await answer.text()
            assert answer.status == status, text
            return json.loads(text) if text else None

    async def write(self, text: str, **more: Any) -> Any:
        """Let the user write."""
        return await self.ask("POST", "/kobil/send-text", text=text, **{**WHO, **more})

    async def settle(self) -> None:
        """Wait until nothing is pending."""
        await self.ask("POST", "/callbacks/wait", timeout_s=10)


@pytest.fixture
async def control(served: Served, receiver: Receiver) -> AsyncIterator[Control]:
    """The control API, with the receiver registered."""
    async with aiohttp.ClientSession(served.base_url) as session:
        control = Control(session)
        await control.ask("PUT", "/kobil/services/shop", 201, callback_url=f"{receiver.url}/cb?secret=s3")
        yield control


def texts(receiver: Receiver) -> list[str]:
    """The texts that arrived."""
    return [json.loads(body)["message"]["content"]["messageContent"]["messageText"] for body in receiver.bodies]


async def test_trigger_waits_for_the_receivers_answer(control: Control, receiver: Receiver) -> None:
    """With wait_s a trigger answers with what the receiver said."""
    receiver.answer = lambda request: aiohttp.web.Response(status=204)
    result = await control.write("Hello", wait_s=10)
    assert (result["status"], texts(receiver), receiver.targets) == (204, ["Hello"], ["/cb?secret=s3"])


async def test_delivery_is_shown_with_its_attempt(control: Control, receiver: Receiver) -> None:
    """The list shows body, state, and the receiver's answer."""
    receiver.answer = lambda request: aiohttp.web.json_response({"seen": True}, status=201)
    sent = await control.write("Hello", wait_s=10)
    [shown] = (await control.ask("GET", "/callbacks"))["callbacks"]
    assert shown == await control.ask("GET", f"/callbacks/{sent['deliveries'][0]}")
    assert (shown["state"], shown["about"], shown["body"]["message"]["messageId"]) == (
        "delivered",
        "processChatMessage",
        sent["message_id"],
    )
    [attempt] = shown["attempts"]
    assert (attempt["status"], attempt["reply"], attempt["error"]) == (201, {"seen": True}, None)


async def test_held_deliveries_leave_in_the_order_chosen(control: Control, receiver: Receiver) -> None:
    """Hold, write three texts, release them backwards."""
    await control.ask("POST", "/callbacks/hold")
    names = [(await control.write(str(number)))["deliveries"][0] for number in range(3)]
    await control.settle()
    assert texts(receiver) == []
    await control.ask("POST", "/callbacks/release", ids=names[::-1])
    await control.settle()
    assert texts(receiver) == ["2", "1", "0"]


async def test_release_of_all_ends_the_hold(control: Control, receiver: Receiver) -> None:
    """Without ids everything leaves, and what comes later is not held."""
    await control.ask("POST", "/callbacks/hold")
    await control.write("held")
    released = await control.ask("POST", "/callbacks/release")
    await control.write("free", wait_s=10)
    assert (released["holding"], texts(receiver)) == (False, ["held", "free"])


async def test_resend_repeats_the_bytes(control: Control, receiver: Receiver) -> None:
    """Resend posts the identical body once more."""
    sent = await control.write("Hello", wait_s=10)
    await control.ask("POST", f"/callbacks/{sent['deliveries'][0]}/resend")
    await control.settle()
    assert (len(receiver.bodies), len(set(receiver.bodies))) == (2, 1)


async def test_resend_of_a_held_one_is_a_conflict(control: Control) -> None:
    """What has not gone out yet cannot be sent again."""
    await control.ask("POST", "/callbacks/hold")
    sent = await control.write("Hello")
    await control.ask("POST", f"/callbacks/{sent['deliveries'][0]}/resend", 409)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/callbacks/nope", {}),
        ("POST", "/callbacks/nope/resend", {}),
        ("POST", "/callbacks/release", {"ids": ["nope"]}),
    ],
)
async def test_unknown_delivery_is_told(control: Control, method: str, path: str, body: dict[str, Any]) -> None:
    """An id that no delivery has: 404."""
    await control.ask(method, path, 404, **body)


async def test_wait_says_what_is_pending(control: Control, receiver: Receiver) -> None:
    """While a receiver takes its time, wait answers 409 with the delivery."""
    receiver.gate = asyncio.Event()
    sent = await control.write("Hello")
    await receiver.arrived(1)
    problem = await control.ask("POST", "/callbacks/wait", 409, timeout_s=0)
    receiver.gate.set()
    await control.settle()
    assert [one["id"] for one in problem["pending"]] == sent["deliveries"]


async def test_scheduled_delivery_is_listed_and_not_waited_for(control: Control, receiver: Receiver) -> None:
    """A retry that lies ahead on a frozen clock does not keep wait."""
    await control.ask("POST", "/clock", mode="frozen")
    retry: dict[str, Any] = {"callbacks.attempts": 2, "callbacks.backoff_s": [60]}
    await control.ask("PATCH", "/settings", **retry)
    receiver.answer = lambda request: aiohttp.web.Response(status=500 if len(receiver.bodies) < 2 else 200)
    await control.write("Hello")
    waited = await control.ask("POST", "/callbacks/wait", timeout_s=10)
    [scheduled] = waited["scheduled"]
    assert scheduled["due_at"] > scheduled["attempts"][0]["at"]
    await control.ask("POST", "/clock", advance_s=60)
    assert len(receiver.bodies) == 2


async def test_advance_lists_retries(control: Control, receiver: Receiver) -> None:
    """Each attempt that fell due on the way, at its moment, with its delivery."""
    await control.ask("POST", "/clock", mode="frozen", at="2026-01-01T00:00:00Z")
    retries: dict[str, Any] = {"callbacks.attempts": 3, "callbacks.backoff_s": [60]}
    await control.ask("PATCH", "/settings", **retries)
    receiver.answer = lambda request: aiohttp.web.Response(status=500)
    [delivery] = (await control.write("Hello"))["deliveries"]
    await control.settle()
    moved = await control.ask("POST", "/clock", advance_s=300)
    assert moved["ran"] == [
        {"at": f"2026-01-01T00:0{minute}:00.000000Z", "api": "kobil", "operation": "callback", "delivery": delivery}
        for minute in (1, 2)
    ]
    assert (await control.ask("POST", "/clock", advance_s=300))["ran"] == []


async def test_advance_lists_no_retry_that_is_held(control: Control, receiver: Receiver) -> None:
    """What a hold keeps back did not run."""
    await control.ask("POST", "/clock", mode="frozen")
    retries: dict[str, Any] = {"callbacks.attempts": 2, "callbacks.backoff_s": [60]}
    await control.ask("PATCH", "/settings", **retries)
    receiver.answer = lambda request: aiohttp.web.Response(status=500)
    await control.write("Hello")
    await control.settle()
    await control.ask("POST", "/callbacks/hold")
    assert (await control.ask("POST", "/clock", advance_s=60))["ran"] == []


async def test_attempt_is_in_the_journal(control: Control) -> None:
    """Every attempt is an entry that can be asked for by its URL; its cause is the trigger."""
    sent = await control.write("Hello", wait_s=10)
    found = await control.ask("POST", "/journal/verify", match={"kind": "callback", "url": "*/cb?secret=s3"}, count=1)
    assert (found["ok"], found["entries"][0]["cause"]) == (True, sent["entry"])


async def test_planned_loss_is_drawn(control: Control, receiver: Receiver) -> None:
    """A fault of the control API hits the callback."""
    await control.ask("POST", "/faults", 201, match={"api": "kobil"}, act={"lose": True})
    sent = await control.write("lost")
    await control.write("kept", wait_s=10)
    shown = await control.ask("GET", f"/callbacks/{sent['deliveries'][0]}")
    assert (shown["state"], texts(receiver)) == ("lost", ["kept"])


async def test_file_is_uploaded_for_the_user(control: Control, served: Served, receiver: Receiver) -> None:
    """send-attachment takes a form with the file and the party as fields."""
    form = aiohttp.FormData({**WHO, "wait_s": "10"})
    form.add_field("file", b"%PDF-1.7", filename="a.pdf", content_type="application/pdf")
    async with (
        aiohttp.ClientSession(served.base_url) as session,
        session.post(f"{WORLD}/kobil/send-attachment", data=form) as answer,
    ):
        assert answer.status == 200, await answer.text()
    media = json.loads(receiver.bodies[0])["message"]["content"]["mediaContent"]
    assert (media["fileName"], media["fileSize"], media["contentType"]) == ("a.pdf", 8, "application/pdf")


async def test_reset_drops_deliveries(control: Control) -> None:
    """After a reset no delivery is left, and nothing is held."""
    await control.ask("POST", "/callbacks/hold")
    await control.write("Hello")
    await control.ask("POST", "/reset")
    assert await control.ask("GET", "/callbacks") == {"callbacks": [], "holding": False, "next": None}
