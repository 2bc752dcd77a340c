"""M3O's part of the proofs that every API has to give."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from multidict import CIMultiDict
from proofs import Answer, Ask, Client, DeskClient, Order, Spoil
from spoiling import broken, no_token, with_value, without

from chatsim.core.api import Socket
from chatsim.core.effects import Close, Effect, Send
from chatsim.core.http import Request
from chatsim.core.pipeline import begin
from chatsim.core.realtime import Connection, connect

DOCUMENTED: Final = "bed4f0f0-da12-46d2-90d2-17ae1714a214"
KEY: Final = "not-a-secret"
FORM: Final = "application/x-www-form-urlencoded"
REALM_TOKEN: Final = "/auth/realms/micro/protocol/openid-connect/token"
FOREIGN_URLS: Final = ()
SCRIPT_WORLD: Final = {"clock": {"mode": "frozen", "at": "2026-01-01T12:00:00Z"}}
MESSAGE: Final = {"chat_id": DOCUMENTED, "user_id": "ann", "text": "hello"}


def token(base_url: str, name: str) -> str:
    """Any text is a token."""
    return name or KEY


def post(client: Client, path: str, body: Any = b"", **more: Any) -> Answer:
    """Call with the key."""
    return client.ask("POST", path, body, **{"token": KEY, **more})


def group_of(client: Client, *user_ids: str, key: str = KEY) -> str:
    """Make a group and return its id."""
    answer = post(client, "/v1/chat/Create", {"name": "general", "user_ids": user_ids}, token=key)
    group_id: str = answer.data["group"]["id"]
    return group_id


def script(client: Client) -> None:
    """Both eras from the first call to the last, and the ways to be refused."""
    chat = post(client, "/chat/New", {"user_ids": ["ann", "ben"]}).data
    post(client, "/chat/Send", {**chat, "user_id": "ann", "text": "hello", "subject": "Greeting"})
    post(client, "/chat/history", chat)
    client.ask("GET", f"/chat/History?chat_id={DOCUMENTED}", token=KEY)
    for body in ({}, {"chat_id": "nope"}, {"nope": 1}, b"{"):
        post(client, "/chat/History", body)
    group = {"group_id": group_of(client, "ann")}
    post(client, "/v1/chat/New", {"name": "a room"})
    post(client, "/v1/chat/List", {})
    post(client, "/v1/chat/Invite", {**group, "user_id": "ben"})
    post(client, "/v1/chat/Send", {**group, "user_id": "ben", "text": "hello"})
    post(client, "/v1/chat/History", group)
    post(client, "/v1/chat/Kick", {**group, "user_id": "ben"})
    post(client, "/v1/chat/Leave", {**group, "user_id": "ann"})
    post(client, "/v1/chat/Delete", group)
    for path in ("/chat/Nope", "/v1/chat/Nope", "/v1/nope/Call", "/v1/chat", "/chat/Connect", "/v1/chat/Join"):
        post(client, path, {})
        client.ask("POST", path)
    client.ask("GET", "/")
    client.ask("GET", "/favicon.ico")
    client.ask("GET", "/publicapi/explore/index")


def foreign(of: Client, to: Client) -> list[Ask]:
    """The first world's chats and groups under the same key, and a token that its token server issued."""
    chat = post(of, "/chat/New", {"user_ids": ["eve"]}).data
    group = {"group_id": group_of(of, "eve")}
    form = {"grant_type": "client_credentials", "client_id": "m3o", "client_secret": "not-a-secret"}
    issued = of.ask("POST", REALM_TOKEN, form=form).data["access_token"]
    member = {**group, "user_id": "eve"}
    return [
        Ask(method="POST", target="/chat/History", body=chat, token=KEY),
        *(Ask(method="POST", target=f"/v1/chat/{one}", body=group, token=KEY) for one in ("History", "Delete")),
        *(Ask(method="POST", target=f"/v1/chat/{one}", body=member, token=KEY) for one in ("Invite", "Kick", "Leave")),
        Ask(method="POST", target="/v1/chat/Send", body={**member, "text": "hello"}, token=KEY),
        Ask(method="POST", target="/chat/New", body={"user_ids": ["eve"]}, token=issued),
        Ask(method="POST", target="/v1/chat/List", body={}, token=issued),
    ]


# Quirks


def texts(client: Client) -> list[str]:
    """What the documented chat holds."""
    messages = post(client, "/chat/History", {"chat_id": DOCUMENTED}).data.get("messages", [])
    return [message["text"] for message in messages]


def last(client: Client) -> dict[str, Any]:
    """The last message of the documented chat."""
    message: dict[str, Any] = post(client, "/chat/History", {"chat_id": DOCUMENTED}).data["messages"][-1]
    return message


def say(client: Client, *said: str) -> Answer:
    """Send to the documented chat."""
    return [post(client, "/chat/Send", {**MESSAGE, "text": text}) for text in said][-1]


def said_in_full(client: Client) -> Any:
    """A message that is looked at."""
    say(client, "x")
    return sorted(last(client))


def two_later(client: Client) -> Any:
    """Several messages."""
    say(client, *"abcdefgh")
    return texts(client)


def after_a_day(client: Client) -> Any:
    """A message, long after."""
    assert isinstance(client, DeskClient)
    say(client, "x")
    client.desk.move(25 * 3600, client.world)
    return texts(client)


def repeated(client: Client) -> Any:
    """The same users twice."""
    return len({post(client, "/chat/New", {"user_ids": ["ann"]}).body for _ in range(2)})


def labelled(client: Client, label: str = FORM) -> Answer:
    """A history call with curl's label, or another."""
    return post(client, "/chat/History", {"chat_id": DOCUMENTED}, headers={"Content-Type": label})


def connected(client: Client, *frames: str) -> Iterable[Effect]:
    """Open /chat/Connect as ann, send frames, and see what the last one did."""
    assert isinstance(client, DeskClient)
    simulator = client.desk.simulator
    headers = {"Authorization": f"Bearer {KEY}", "User-Id": "ann", "Chat-Id": DOCUMENTED}
    request = Request(method="GET", path="/chat/Connect", query="", headers=CIMultiDict(headers))
    plan = begin(simulator, simulator.worlds[client.world], request)
    assert isinstance(plan.route, Socket)
    connection = connect(plan, plan.route)
    assert isinstance(connection, Connection)
    connection.opened()
    return [connection.received(frame) for frame in frames][-1]


def frames_kept(client: Client) -> Any:
    """Two frames without a client id."""
    connected(client, '{"text":"a"}', '{"text":"b"}')
    return texts(client)


def frame_in_full(client: Client) -> Any:
    """A frame that is looked at."""
    connected(client, '{"text":"a"}')
    return sorted(last(client))


def broken_frame(client: Client) -> Any:
    """A frame that is no JSON."""
    return [type(effect).__name__ for effect in connected(client, "{") if isinstance(effect, (Send, Close))]


def long_frame(client: Client) -> Any:
    """A frame of more than 512 bytes."""
    return [type(effect).__name__ for effect in connected(client, json.dumps({"text": "x" * 600}))]


QUIRKS: Final[dict[str, Callable[[Client], Any]]] = {
    "m3o.history-on-send": lambda client: post(client, "/chat/Send", {"chat_id": DOCUMENTED}).status,
    "m3o.send-without-chat": lambda client: post(client, "/chat/Send", {"user_id": "ann", "text": "hello"}).status,
    "m3o.send-reply": lambda client: list(say(client, "x").data),
    "m3o.sent-at": said_in_full,
    "m3o.form-label": lambda client: labelled(client).status,
    "m3o.reply-content-type": lambda client: labelled(client).headers["content-type"],
    "m3o.error-content-type": lambda client: post(client, "/chat/New", {}).headers["content-type"],
    "m3o.stream-errors": broken_frame,
    "m3o.history-limit": two_later,
    "m3o.history-order": two_later,
    "m3o.history-expiry": after_a_day,
    "m3o.connect-client-id": frames_kept,
    "m3o.connect-id": frame_in_full,
    "m3o.frame-limit": long_frame,
    "m3o.new-repeats": repeated,
}

TOLERANCES: Final[dict[str, Callable[[Client], Answer]]] = {
    "m3o.json-as-form": labelled,
    "m3o.other-content-type": lambda client: labelled(client, "text/plain"),
    "m3o.history-on-send": lambda client: post(client, "/chat/Send", {"chat_id": DOCUMENTED}),
    "m3o.send-without-chat": lambda client: post(client, "/chat/Send", {"user_id": "ann", "text": "hello"}),
}


# Orders


def broken_query(ask: Ask, client: Client) -> None:
    """A query that cannot be read."""
    ask.target += "?x"


def unknown(ask: Ask, client: Client) -> None:
    """A group that is not there, in place of one that is."""
    if isinstance(ask.body, dict) and ask.body.get("group_id"):
        ask.body["group_id"] = "nope"


def a_stranger(ask: Ask, client: Client) -> None:
    """A user who is not in the group, in place of one who is."""
    if isinstance(ask.body, dict) and ask.body.get("user_id"):
        ask.body["user_id"] = "eve"


def reading(plain: bool) -> tuple[Spoil, ...]:
    """What is asked before the operation: who, and whether it can be read."""
    return (
        Spoil(name="no token", do=no_token, status=401, says="unauthorized request" if plain else '"id":"v1"'),
        Spoil(name="query", do=broken_query, status=500, says="go.micro.api"),
        Spoil(name="broken JSON", do=broken, status=500, says="error while marshaling"),
        Spoil(name="unknown member", do=with_value("nope", 1), status=500, says="failed to unmarshal"),
    )


def missing(name: str, error_id: str) -> Spoil:
    """A member that the operation itself misses."""
    return Spoil(name=f"no {name}", do=without(name), status=400, says=f'"id":"{error_id}"')


def asking(path: str, **body: str) -> Callable[[Client], Ask]:
    """A good request; members of a group get its id."""

    def good(client: Client) -> Ask:
        filled = {**body, "group_id": group_of(client, "ann")} if path.startswith("/v1") else dict(body)
        return Ask(method="POST", target=path, body=filled, token=KEY)

    return good


def group_order(name: str, operation: str, *wanted: str) -> Order:
    """A call of the later service: the group's id, the user, the text, then whether the group is there."""
    error_id = f"chat.{name.lower()}"
    full = {"user_id": "ann", "text": "hello"}
    return Order(
        operation=operation,
        good=asking(f"/v1/chat/{name}", **{one: full[one] for one in wanted}),
        spoils=(
            *reading(plain=False),
            Spoil(name="no group", do=without("group_id"), status=400, says="missing group id"),
            *(
                Spoil(name=f"no {one}", do=without(one), status=400, says=f"missing {one.replace('_', ' ')}")
                for one in wanted
            ),
            Spoil(name="unknown group", do=unknown, status=400, says=f'"id":"{error_id}"'),
            *([Spoil(name="stranger", do=a_stranger, status=400, says="user is not in")] if name == "Send" else []),
        ),
    )


ORDERS: Final = (
    Order(
        operation="send",
        good=asking("/chat/Send", **MESSAGE),
        spoils=(
            *reading(plain=True),
            missing("chat_id", "chat.Send.MissingChatID"),
            missing("user_id", "chat.Send.MissingUserID"),
            missing("text", "chat.Send.MissingText"),
        ),
        world={"truth": "service"},
    ),
    Order(
        operation="history",
        good=asking("/chat/History", chat_id=DOCUMENTED),
        spoils=(
            *reading(plain=True),
            missing("chat_id", "chat.History.MissingChatID"),
            Spoil(name="unknown chat", do=with_value("chat_id", "nope"), status=400, says="chat.History.InvalidChatID"),
        ),
    ),
    group_order("Send", "send_to_group", "user_id", "text"),
    group_order("Invite", "invite", "user_id"),
    group_order("Kick", "kick", "user_id"),
    group_order("Leave", "leave", "user_id"),
    group_order("History", "group_history"),
    group_order("Delete", "delete_group"),
)
