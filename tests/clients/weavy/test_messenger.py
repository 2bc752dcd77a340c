"""The unmodified Messenger of @weavy/uikit-react in a browser: what a person sees and does, against the simulator."""

from __future__ import annotations

import re

from desk import Served
from playwright.async_api import Locator, Page, expect
from weavy_people import KEY, People

UNREAD = re.compile(r"\bwy-unread\b")


def listed(page: Page) -> Locator:
    """The conversations of the list."""
    return page.locator(".wy-conversation")


def badge(page: Page) -> Locator:
    """The number of unread conversations."""
    return page.locator("#badge")


async def choose(page: Page, item: Locator, words: str) -> None:
    """Open the menu of a conversation and take an entry."""
    await page.wait_for_load_state("networkidle")
    await item.locator(".wy-item-actions button").last.click()
    await item.get_by_text(words, exact=True).click()


async def open_room(page: Page) -> None:
    """Open conversation 1 and wait for its message."""
    await page.wait_for_load_state("networkidle")
    await listed(page).first.click()
    await expect(page.locator(".wy-message .wy-content")).to_have_text(["Which book is next?"])


async def test_it_lists_conversations(messenger: Page) -> None:
    """Name and last message of the documented conversation stand in the list, and it is unread."""
    await expect(listed(messenger)).to_have_count(1)
    await expect(listed(messenger).locator(".wy-item-title")).to_have_text("Reading club")
    await expect(listed(messenger)).to_contain_text("Dora Dale: Which book is next?")
    await expect(listed(messenger)).to_have_class(UNREAD)


async def test_it_shows_the_badge(messenger: Page) -> None:
    """One conversation is unread."""
    await expect(badge(messenger)).to_have_text("1")


async def test_it_is_told_of_a_message(messenger: Page, people: People) -> None:
    """What another user writes appears in list and badge without anybody asking."""
    chat = await people.do("dora", "POST", "/api/conversations", {"members": [1]})
    await expect(listed(messenger)).to_have_count(2)
    await messenger.wait_for_load_state("networkidle")
    await people.write("dora", chat["id"], "Are you there?")
    await expect(listed(messenger).first).to_contain_text("Are you there?")
    await expect(listed(messenger).first.locator(".wy-item-title")).to_have_text("Dora Dale")
    await expect(badge(messenger)).to_have_text("2")


async def test_it_opens_a_conversation_and_marks_it(messenger: Page, people: People) -> None:
    """Opening shows the messages, and the conversation is read then: in list, badge and at the server."""
    await open_room(messenger)
    await expect(listed(messenger)).not_to_have_class(UNREAD)
    await expect(badge(messenger)).to_have_text("")
    assert (await people.do("alice", "GET", "/api/conversations/badge"))["rooms"] == 0


async def test_it_sends_a_message(messenger: Page, people: People) -> None:
    """What is typed arrives at the others."""
    await open_room(messenger)
    await messenger.locator(".cm-content").click()
    await messenger.keyboard.type('I\'d take "Dune" & tea')
    await messenger.locator(".wy-message-editor-inputs > button").click()
    await expect(messenger.locator(".wy-message .wy-content").last).to_have_text('I\'d take "Dune" & tea')
    await expect(listed(messenger)).to_contain_text('You: I\'d take "Dune" & tea')
    assert (await people.do("nils", "GET", "/api/conversations/1"))["last_message"]["text"] == 'I\'d take "Dune" & tea'


async def test_it_sees_an_open_conversation_go_on(messenger: Page, people: People) -> None:
    """A message of another user appears in the open conversation."""
    await open_room(messenger)
    await messenger.wait_for_load_state("networkidle")
    await people.write("nils", 1, "Something short")
    await expect(messenger.locator(".wy-message .wy-content").last).to_have_text("Something short")


async def test_it_marks_as_read_and_unread(messenger: Page, people: People) -> None:
    """The menu's two entries change list and badge."""
    await choose(messenger, listed(messenger), "Mark as read")
    await expect(badge(messenger)).to_have_text("")
    await choose(messenger, listed(messenger), "Mark as unread")
    await expect(badge(messenger)).to_have_text("1")
    await expect(listed(messenger)).to_have_class(UNREAD)


async def test_it_pins_and_unpins(messenger: Page, people: People) -> None:
    """A pinned conversation goes to the top, and back when it is unpinned."""
    await messenger.wait_for_load_state("networkidle")
    chat = await people.do("alice", "POST", "/api/conversations", {"members": [14]})
    titles = listed(messenger).locator(".wy-item-title")
    await expect(titles).to_have_text(["Reading club", "Nils Norman"])
    await choose(messenger, listed(messenger).nth(1), "Pin")
    await expect(titles).to_have_text(["Nils Norman", "Reading club"])
    await choose(messenger, listed(messenger).first, "Unpin")
    await expect(titles).to_have_text(["Reading club", "Nils Norman"])
    assert not (await people.do("alice", "GET", f"/api/conversations/{chat['id']}"))["is_pinned"]


async def test_it_reconnects(messenger: Page, people: People, served: Served) -> None:
    """After its socket was dropped it connects anew and is told of messages again."""
    await messenger.wait_for_load_state("networkidle")
    for link in served.server.hub.links(served.world):
        link.abort()
    await messenger.wait_for_function("window.hubConnections.length > 0")
    await messenger.wait_for_load_state("networkidle")
    await people.write("dora", 1, "Back again?")
    await expect(listed(messenger)).to_contain_text("Back again?")


async def test_it_gets_a_new_token(messenger: Page, people: People) -> None:
    """A revoked token is answered with 401; the client asks its token factory for another and tries again."""
    await people.call(KEY, "DELETE", "/api/users/alice/tokens")
    fresh = await people.token("alice")
    await messenger.evaluate("token => { window.freshToken = token; }", fresh)
    await choose(messenger, listed(messenger), "Pin")
    await expect(listed(messenger).get_by_text("Unpin", exact=True)).to_be_attached()
    assert (await people.call(fresh, "GET", "/api/conversations/1"))["is_pinned"]
