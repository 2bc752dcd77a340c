"""Messages: written, listed, read; the other party by trigger, by setting."""

from typing import Any

import pytest
from weavy_desk import WeavyDesk

from chatsim.apis.weavy.views import html
from chatsim.core.errors import ApiError
from chatsim.core.inner import run_trigger
from chatsim.core.pipeline import Outcome, begin


def texts(weavy: WeavyDesk, query: str = "", number: int = 1) -> list[str]:
    """The texts of a list of messages."""
    return [one["text"] for one in weavy.get("alice", f"/api/apps/{number}/messages?{query}")["data"]]


def test_a_message_is_answered_with_200(weavy: WeavyDesk) -> None:
    """With its author, its text three times, and nothing attached."""
    answer = weavy.do("alice", "POST", "/api/apps/1/messages", {"text": 'a < b & "c"', "blobs": [], "meeting_id": None})
    assert (answer.status, answer.data["id"], answer.data["created_by"]["uid"]) == (200, 2, "alice")
    assert answer.data["html"] == "<p>a &lt; b &amp; &quot;c&quot;</p>"
    assert (answer.data["text"], answer.data["plain"], answer.data["attachments"]) == ('a < b & "c"', 'a < b & "c"', [])


def test_what_a_message_carries_beside_its_text(weavy: WeavyDesk) -> None:
    """Numbers, tags and metadata come back as they were."""
    extras = {"embed_id": 3, "meeting_id": 4, "tags": ["a"], "metadata": {"k": "v"}}
    seen = weavy.do("alice", "POST", "/api/apps/1/messages", {"text": "x", **extras}).data
    assert {name: seen[name] for name in extras} == extras


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": " \n"}, {"text": None}, {"text": 5}, {"text": "x", "blobs": [1]}]
)
def test_a_message_that_cannot_be(weavy: WeavyDesk, body: Any) -> None:
    """Without a text, or with an attachment, which is not simulated."""
    assert weavy.do("alice", "POST", "/api/apps/1/messages", body).status == 400


@pytest.mark.parametrize(
    ("text", "written"),
    [("a\nb", "<p>a<br>b</p>"), ("a\r\n\r\nb", "<p>a</p><p>b</p>"), ("<script>", "<p>&lt;script&gt;</p>")],
)
def test_a_text_as_html(text: str, written: str) -> None:
    """Paragraphs and line breaks; no markup of the writer's."""
    assert html(text) == written


LISTS = [
    ("", ["Which book is next?", "b", "c", "d"]),
    ("orderby=createdat+desc&skip=0&top=25", ["d", "c", "b", "Which book is next?"]),
    ("orderby=createdat+desc&skip=1&top=2", ["c", "b"]),
    ("orderby=id+desc&skip=3&top=2", ["Which book is next?"]),
    ("skip=2&top=1", ["c"]),
    ("skip=9", []),
    ("orderby=id+desc&skip=9", []),
    ("q=BOOK", ["Which book is next?"]),
]


@pytest.mark.parametrize(("query", "found"), LISTS)
def test_messages_are_listed(weavy: WeavyDesk, query: str, found: list[str]) -> None:
    """Oldest first, or as the Messenger asks, newest first."""
    for text in ("b", "c", "d"):
        weavy.write("dora", 1, text)
    assert texts(weavy, query) == found


def test_one_message(weavy: WeavyDesk) -> None:
    """For members alone."""
    number = weavy.write("dora", weavy.chat("dora", 14))
    asked = [("alice", 1), ("alice", number), ("alice", 99), ("nils", number)]
    assert [weavy.do(uid, "GET", f"/api/messages/{one}").status for uid, one in asked] == [200, 404, 404, 200]


def test_features_are_those_that_work(weavy: WeavyDesk) -> None:
    """The Messenger asks before it shows messages."""
    assert weavy.get("alice", "/api/features/chat") == ["Receipts", "Typing"]


# --- the other party


def trigger(weavy: WeavyDesk, **body: Any) -> Outcome:
    """Run post-message."""
    simulator, world = weavy.desk.simulator, weavy.desk.world
    outer = begin(simulator, world, simulator.own_request).call
    outer.body = body
    api = simulator.apis["weavy"]
    return run_trigger(simulator, world, api, api.triggers[0], outer)


def test_somebody_writes(weavy: WeavyDesk) -> None:
    """The trigger changes what everybody sees."""
    weavy.do("alice", "PUT", "/api/conversations/1/mark")
    trigger(weavy, conversation_id=1, uid="nils", text="Now me")
    seen = weavy.get("alice", "/api/conversations/1")
    assert (seen["is_unread"], seen["last_message"]["created_by"]["uid"], texts(weavy)[-1]) == (True, "nils", "Now me")


def test_the_only_conversation_and_its_first_other_member_need_no_name(weavy: WeavyDesk) -> None:
    """Dora, who is next to alice, writes."""
    trigger(weavy, text="Hi")
    assert weavy.get("alice", "/api/conversations/1")["last_message"]["created_by_id"] == 4


@pytest.mark.parametrize(
    ("body", "status"),
    [({"conversation_id": 9}, 404), ({"conversation_id": 1, "uid": "olga"}, 400), ({"uid": "dora"}, 409)],
)
def test_a_trigger_that_cannot_be(weavy: WeavyDesk, body: dict[str, Any], status: int) -> None:
    """No such conversation, no member, or several to choose from."""
    weavy.chat("alice", 14)
    with pytest.raises(ApiError) as refused:
        trigger(weavy, text="Hi", **body)
    assert refused.value.status == status


@pytest.mark.parametrize(("setting", "answer"), [("echo", "ping"), ("I am out.", "I am out.")])
def test_an_answer_comes_a_second_later(setting: str, answer: str) -> None:
    """From the first other member, on the world's clock, once."""
    weavy = WeavyDesk()
    weavy.desk.world.settings["weavy.auto_reply"] = setting
    weavy.write("alice", 1, "ping")
    before = texts(weavy)[-1]
    weavy.desk.move(60)
    assert (before, texts(weavy)[1:]) == ("ping", ["ping", answer])
    assert weavy.get("alice", "/api/conversations/1")["last_message"]["created_by_id"] == 4


def test_an_answer_to_a_trashed_conversation_is_dropped(weavy: WeavyDesk) -> None:
    """Nothing happens, and nothing breaks."""
    weavy.desk.world.settings["weavy.auto_reply"] = "echo"
    weavy.write("alice", 1)
    weavy.do("alice", "POST", "/api/apps/1/trash")
    outcomes = weavy.desk.move(2)
    assert [outcome.plan.call.entry.bug for outcome in outcomes] == [""]
    assert weavy.get("alice", "/api/conversations/1?trashed=true")["last_message_id"] == 2
