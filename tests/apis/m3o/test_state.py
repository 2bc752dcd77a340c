"""Chats, namespaces, groups and tokens as plain values."""

from __future__ import annotations

import pytest

from chatsim.apis.m3o.state import M3O, Chat, Group, Message, Namespace, Token, users_key


def message(client_id: str, place: str = "c1") -> Message:
    """A message with that client id."""
    return Message({"id": f"m{client_id}", "client_id": client_id, "chat_id": place})


def test_the_order_of_users_does_not_matter() -> None:
    """The same people are the same chat."""
    namespace = Namespace()
    namespace.add(Chat("c1", ["ann", "ben"]))
    assert namespace.chat_of(["ben", "ann"]) is namespace.chats["c1"]


def test_repeated_users_are_other_users() -> None:
    """Duplicates are not removed, so ["ann", "ann"] is not ["ann"]."""
    namespace = Namespace()
    namespace.add(Chat("c1", ["ann"]))
    assert namespace.chat_of(["ann", "ann"]) is None


def test_joined_names_collide() -> None:
    """The service joins ids by an underscore; two sets that join alike share a chat."""
    assert users_key(["a_b", "c"]) == users_key(["a", "b_c"])


def test_a_chat_of_nobody_is_no_chat_of_users() -> None:
    """The documented chat is known by its id only."""
    namespace = Namespace()
    namespace.add(Chat("c1", []))
    assert namespace.by_users == {}


def test_messages_keep_their_order() -> None:
    """First come, first in the history."""
    namespace = Namespace()
    namespace.add(Chat("c1", ["ann"]))
    assert [namespace.accept(message(name)) for name in "ab"] == [True, True]
    assert [one.client_id for one in namespace.chats["c1"].messages] == ["a", "b"]


def test_a_client_id_counts_once_in_all_chats() -> None:
    """It is remembered for the namespace, not for the chat or the user."""
    namespace = Namespace()
    namespace.add(Chat("c1", ["ann"]))
    namespace.add(Chat("c2", ["ben"]))
    namespace.accept(message("x", "c1"))
    assert not namespace.accept(message("x", "c2"))
    assert namespace.chats["c2"].messages == []


def test_a_message_to_no_chat_is_lost_but_remembered() -> None:
    """The service does not look whether the chat exists."""
    namespace = Namespace()
    assert namespace.accept(message("x", "nowhere"))
    assert not namespace.accept(message("x", "nowhere"))


def test_a_removed_chat_is_forgotten_by_its_users() -> None:
    """They get a new one, while its client ids stay used."""
    namespace = Namespace()
    namespace.add(Chat("c1", ["ann"], [message("x")]))
    namespace.remove("c1")
    assert namespace.chat_of(["ann"]) is None
    assert not namespace.accept(message("x"))


def test_namespaces_are_apart() -> None:
    """What is said in one is not seen in another."""
    state = M3O()
    state.put_everywhere(Chat("c1", ["ann"]))
    state.enter("one").accept(message("x"))
    assert state.look("two").chats["c1"].messages == []


def test_reading_makes_no_namespace() -> None:
    """A look at an unknown namespace leaves the world as it was."""
    state = M3O()
    assert state.look("one").chats == {}
    assert state.namespaces == {}


def test_a_chat_put_everywhere_reaches_namespaces_that_exist() -> None:
    """Setting up is the same before and after the first call."""
    state = M3O()
    state.enter("one")
    state.put_everywhere(Chat("c1", ["ann"], [message("x")]))
    assert state.look("one").chats["c1"].messages[0].client_id == "x"


def test_tenants_are_apart() -> None:
    """A group belongs to the owner of the key that made it."""
    state = M3O()
    state.add_group("ann's", Group("g1", "", "", "", [], private=False))
    assert (list(state.groups("ann's")), list(state.groups("ben's"))) == (["g1"], [])


@pytest.mark.parametrize(
    ("scopes", "may"), [(["*"], True), (["chat"], True), (["db", "chat"], True), (["db"], False), ([], False)]
)
def test_scopes(scopes: list[str], may: bool) -> None:
    """The chat service wants the scope chat, or all."""
    assert Token(scopes=scopes).may_chat is may


def test_calls_are_counted_by_the_second() -> None:
    """The next second begins anew."""
    token = Token(calls_per_second=2)
    moments = [0, 1, 999_999_999, 1_000_000_000]
    assert [token.spend(moment) for moment in moments] == [True, True, False, True]


def test_no_limit_counts_nothing() -> None:
    """A token that was not given a limit can call without end."""
    token = Token()
    assert all(token.spend(0) for _ in range(5))
    assert token.calls == 0
