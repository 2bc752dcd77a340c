"""Airy's part of the proofs that every API has to give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from proofs import Answer, Ask, Client, DeskClient, HttpClient, Order, Spoil
from spoiling import broken, no_token, other_type, with_value, without
from visitor import AGENT, CHANNEL, Line

SCRIPT_WORLD: Final = {"clock": {"mode": "frozen", "at": "2026-01-01T12:00:00Z"}}
NOBODY: Final = "11111111-1111-4111-8111-111111111111"
AUTHENTICATE: Final = "/chatplugin.authenticate"
RESUME: Final = "/chatplugin.resumeToken"
SEND: Final = "/chatplugin.send"
FILE: Final = [("file", "a picture.png", "image/png", b"\x89PNG")]


def token(base_url: str, name: str) -> str:
    """The agents' `system` token, or the auth token of a new `visitor` of the documented channel."""
    return AGENT if name == "system" else visitor(HttpClient(base_url))


def visitor(client: Client, channel: str = CHANNEL) -> str:
    """The auth token of a new visitor."""
    got: str = client.ask("POST", AUTHENTICATE, {"channel_id": channel}).data["token"]
    return got


def agent(client: Client, call: str, body: Any) -> Any:
    """An agent's call; the body of its answer, None where there is none."""
    answer = client.ask("POST", f"/{call}", body, token=AGENT)
    return answer.data if answer.body else None


def uploaded(client: Client) -> str:
    """The path of a picture that was uploaded."""
    url: str = client.ask("POST", "/media.upload", parts=FILE).data["media_url"]
    return url[url.index("/media.upload/") :]


def script(client: Client) -> None:
    """A conversation with everything that visitors and agents can do, and be refused."""
    here = visitor(client)
    sent = client.ask("POST", SEND, {"message": {"text": "Hello?"}}, token=here).data
    conversation = sent["sender"]["id"]
    resume = client.ask("POST", RESUME, {}, token=here).data["resume_token"]
    client.ask("POST", RESUME, {"channel_id": CHANNEL, "conversation_id": conversation}, token=AGENT)
    client.ask("GET", uploaded(client))
    client.ask("GET", "/actuator/health")
    for body in (
        {"message": {"text": "Hi"}, "conversation_id": conversation},
        {"message": 1, "conversation_id": NOBODY},
    ):
        answer = agent(client, "messages.send", body)
        agent(client, "messages.resend", {"message_id": answer["id"]})
    client.ask("POST", AUTHENTICATE, {"resume_token": resume})
    for body in ({}, {"page_size": 1}, {"cursor": "x"}):
        agent(client, "conversations.list", body)
    for wanted in (conversation, NOBODY):
        agent(client, "messages.list", {"conversation_id": wanted})
    made = agent(client, "channels.chatplugin.connect", {"name": "Shop"})["id"]
    agent(client, "channels.list", {})
    for channel in (made, NOBODY):
        agent(client, "channels.info", {"channel_id": channel})
        agent(client, "channels.chatplugin.disconnect", {"channel_id": channel})
        client.ask("POST", AUTHENTICATE, {"channel_id": channel})
    client.ask("POST", AUTHENTICATE, {})
    client.ask("POST", AUTHENTICATE, b"{", headers={"Content-Type": "application/json"})
    client.ask("POST", SEND, {"message": 1})
    client.ask("POST", SEND, {"message": 1}, token="stale")
    client.ask("GET", SEND, token=AGENT)


def foreign(of: Client, to: Client) -> list[Ask]:
    """A visitor's two tokens, and the ids of a conversation, a message, a channel and an upload."""
    here = visitor(of)
    sent = of.ask("POST", SEND, {"message": 1}, token=here).data
    resume = of.ask("POST", RESUME, {}, token=here).data["resume_token"]
    channel = agent(of, "channels.chatplugin.connect", {"name": "Shop"})["id"]
    upload = uploaded(of)
    asks = [
        Ask(method="POST", target=SEND, body={"message": 1}, token=here),
        Ask(method="POST", target=RESUME, body={}, token=here),
        Ask(method="POST", target=AUTHENTICATE, body={"resume_token": resume}),
        Ask(method="POST", target=AUTHENTICATE, body={"channel_id": channel}),
        Ask(method="GET", target=upload),
    ]
    bodies = {
        "messages.list": {"conversation_id": sent["sender"]["id"]},
        "messages.resend": {"message_id": sent["id"]},
        "channels.info": {"channel_id": channel},
        "channels.chatplugin.disconnect": {"channel_id": channel},
    }
    return asks + [Ask(method="POST", target=f"/{call}", body=body, token=AGENT) for call, body in bodies.items()]


def members_of_a_message(client: Client) -> Any:
    """A sent message."""
    return sorted(client.ask("POST", SEND, {"message": 1}, token=visitor(client)).data)


def without_a_token(client: Client) -> Any:
    """A message of nobody."""
    return client.ask("POST", SEND, {"message": 1}).status


def two_messages(client: Client) -> Any:
    """What was said, as listed."""
    here = visitor(client)
    sent = [client.ask("POST", SEND, {"message": one}, token=here).data for one in (1, 2)]
    listed = agent(client, "messages.list", {"conversation_id": sent[0]["sender"]["id"]})
    return [one["content"] for one in listed["data"]]


def stomp_for_connect(client: Client) -> Answer:
    """The command STOMP, as an answer: 101 where it is taken, 401 where the ERROR says so."""
    assert isinstance(client, DeskClient)
    (frame,) = Line(client.desk, world=client.world).connect(visitor(client), command="STOMP")
    notes = [note.code for entry in client.desk.simulator.worlds[client.world].journal for note in entry.notes]
    refused = "401" in (frame.get("message") or "")
    return Answer(status=401 if refused else 101, headers=dict(frame.headers), body=frame.command.encode(), notes=notes)


QUIRKS: Final[dict[str, Callable[[Client], Any]]] = {
    "airy.message-state": members_of_a_message,
    "airy.no-token": without_a_token,
    "airy.messages-order": two_messages,
    "airy.stomp-command": lambda client: stomp_for_connect(client).status,
}

TOLERANCES: Final = {"stomp-command": stomp_for_connect}


def good_message(client: Client) -> Ask:
    """A visitor's message in a channel of its own."""
    channel = agent(client, "channels.chatplugin.connect", {"name": "Shop"})["id"]
    return Ask(method="POST", target=SEND, body={"message": {"text": "Hello?"}}, token=visitor(client, channel))


def good_answer(client: Client) -> Ask:
    """An agent's message to that visitor."""
    sent = client.send(good_message(client)).data
    body = {"conversation_id": sent["sender"]["id"], "message": {"text": "Hi"}}
    return Ask(method="POST", target="/messages.send", body=body, token=AGENT)


def good_authentication(client: Client) -> Ask:
    """A new conversation."""
    return Ask(method="POST", target=AUTHENTICATE, body={"channel_id": CHANNEL})


def stale_token(ask: Ask, client: Client) -> None:
    """Credentials of nobody."""
    ask.token = "stale"


def closed_channels(ask: Ask, client: Client) -> None:
    """No channel is connected any more, but the documented one."""
    for channel in agent(client, "channels.list", {})["data"]:
        if channel["id"] != CHANNEL:
            agent(client, "channels.chatplugin.disconnect", {"channel_id": channel["id"]})


WORDED: Final = '"error":"Bad Request"'

ORDERS: Final = (
    Order(
        operation="send",
        good=good_message,
        spoils=(
            Spoil(name="no token", do=no_token, status=403),
            Spoil(name="stale token", do=stale_token, status=401),
            Spoil(name="content type", do=other_type, status=415),
            Spoil(name="broken", do=broken, status=400, says=WORDED),
            Spoil(name="no message", do=without("message"), status=400, says=WORDED),
            Spoil(name="closed channel", do=closed_channels, status=404),
        ),
    ),
    Order(
        operation="authenticate",
        good=good_authentication,
        spoils=(
            Spoil(name="stale token", do=stale_token, status=401),
            Spoil(name="content type", do=other_type, status=415),
            Spoil(name="broken", do=broken, status=400, says=WORDED),
            Spoil(name="no uuid", do=with_value("channel_id", "no"), status=400, says=WORDED),
            Spoil(name="bad resume token", do=with_value("resume_token", "stale"), status=401),
            Spoil(name="no channel", do=with_value("channel_id", NOBODY), status=404, says='"error":"Not Found"'),
        ),
    ),
    Order(
        operation="send_message",
        good=good_answer,
        spoils=(
            Spoil(name="no token", do=no_token, status=403),
            Spoil(name="content type", do=other_type, status=415),
            Spoil(name="broken", do=broken, status=400, says=WORDED),
            Spoil(name="no message", do=without("message"), status=400, says=WORDED),
            Spoil(name="no conversation", do=without("conversation_id"), status=400),
            Spoil(name="closed channel", do=closed_channels, status=403),
        ),
    ),
)
