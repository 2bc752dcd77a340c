"""Weavy's part of the proofs that every API has to give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from proofs import Answer, Ask, Client, HttpClient, Order, Spoil
from spoiling import no_token, other_type

KEY: Final = "wys_simulator"
CHATS: Final = "/api/conversations"
SCRIPT_WORLD: Final = {"clock": {"mode": "frozen", "at": "2026-01-01T12:00:00Z"}}
FOREIGN_URLS: Final = ("https://tools.ietf.org/", "http://www.w3.org/")


def token(base_url: str, name: str) -> str:
    """An access token of the user `name`, minted with the API key; the documented world's first user is the default."""
    return access_token(HttpClient(base_url), name or "alice")


def access_token(client: Client, uid: str = "alice") -> str:
    """The same by any client."""
    got: str = client.ask("POST", f"/api/users/{uid}/tokens", token=KEY).data["access_token"]
    return got


def script(client: Client) -> None:
    """Users, conversations, messages, members, marks and pins, by three users and a key, some of it refused."""
    alice, dora, nils = (access_token(client, uid) for uid in ("alice", "dora", "nils"))
    client.ask("PUT", "/api/users/dora", {"name": "Dora D."}, token=KEY)
    client.ask("POST", "/api/users", {"uid": "olga"}, token=KEY)
    for target in ("/api/user", "/api/users?order_by=id+desc", "/api/users/4", "/api/users/autocomplete?q=*"):
        client.ask("GET", target, token=alice)
    client.ask("POST", CHATS, b"{ 'name': 'Trip', 'members': [1, 4, 14] }", headers=TYPED, token=alice)
    client.ask("POST", CHATS, {"members": [4]}, token=alice)
    client.ask("POST", "/api/apps/init", {"app": {"uid": "invoice-7"}}, token=alice)
    for conversation, writer in ((1, nils), (2, dora), (3, dora)):
        client.ask("POST", f"/api/apps/{conversation}/messages", {"text": "Hello!"}, token=writer)
    client.ask("PUT", "/api/apps/1/messages/typing", {}, token=dora)
    for target in (CHATS, f"{CHATS}?unread=true&top=2", f"{CHATS}/1", f"{CHATS}/badge", "/api/features/chat"):
        client.ask("GET", target, token=alice)
    for target in ("/api/apps/1", "/api/apps/1/members", "/api/apps/1/messages?orderby=id+desc", "/api/messages/1"):
        client.ask("GET", target, token=KEY)
    for method in ("PUT", "DELETE"):
        for act in ("mark", "pin"):
            client.ask(method, f"{CHATS}/1/{act}", token=alice)
        client.ask(method, "/api/apps/1/members/15", token=alice)
    for method in ("POST", "DELETE"):
        client.ask(method, "/api/apps/1/stars", token=alice)
        client.ask(method, "/api/apps/1/members", [15], token=alice)
    client.ask("PATCH", "/api/apps/1", {"name": "Film club", "tags": ["evening"]}, token=alice)
    for act in ("trash", "restore"):
        client.ask("POST", f"/api/apps/1/{act}", token=alice)
    for target in ("/api/users/4/avatar.svg", f"{CHATS}/1/avatar.svg"):
        client.ask("GET", target)
    client.ask("POST", "/hubs/rtm/negotiate?negotiateVersion=1", token=alice)
    client.ask("GET", f"{CHATS}/99", token=alice)
    client.ask("GET", f"{CHATS}?top=many", token=alice)
    client.ask("POST", CHATS, {"members": []}, token=alice)
    client.ask("POST", CHATS, {"members": [4]}, token=KEY)
    client.ask("DELETE", "/api/users/alice/tokens", token=KEY)
    client.ask("GET", CHATS, token=alice)


def foreign(of: Client, to: Client) -> list[Ask]:
    """The first world's tokens, and with a token of the second the conversations and messages of the first."""
    theirs, own = access_token(of), access_token(to)
    given = of.ask("POST", "/hubs/rtm/negotiate?negotiateVersion=1", token=theirs).data["connectionToken"]
    reads = ["/api/user", CHATS, f"{CHATS}/1", f"{CHATS}/badge", "/api/apps/1/messages", "/api/users"]
    return [
        *(Ask(method="GET", target=target, token=theirs) for target in reads),
        Ask(method="POST", target=CHATS, body={"members": [4]}, token=theirs),
        Ask(method="PUT", target=f"{CHATS}/1/pin", token=theirs),
        Ask(method="GET", target=f"/hubs/rtm?access_token={theirs}"),
        Ask(method="GET", target=f"/hubs/rtm?id={given}&access_token={own}"),
        Ask(method="GET", target=f"{CHATS}/2", token=own),
        Ask(method="GET", target="/api/messages/2", token=own),
        Ask(method="GET", target="/api/users/olga", token=own),
    ]


TYPED: Final = {"Content-Type": "application/json"}


def named_private_chat(client: Client) -> Any:
    """A name for a chat of two."""
    return client.ask("POST", CHATS, {"name": "Us", "members": [4]}, token=access_token(client)).data["display_name"]


def page_behind_the_end(client: Client) -> Any:
    """A page without items."""
    return client.ask("GET", f"{CHATS}?skip=9", token=access_token(client)).data


QUIRKS: Final[dict[str, Callable[[Client], Any]]] = {
    "weavy.private-chat-name": named_private_chat,
    "weavy.empty-page": page_behind_the_end,
}


def creating(body: str) -> Callable[[Client], Answer]:
    """Create a conversation with this body."""

    def use(client: Client) -> Answer:
        return client.ask("POST", CHATS, body.encode(), headers=dict(TYPED), token=access_token(client))

    return use


TOLERANCES: Final[dict[str, Callable[[Client], Answer]]] = {
    "json-single-quotes": creating("{ 'name': 'My chat room', 'members': [1, 4, 14] }"),
    "json-unquoted-name": creating("{members: [4]}"),
    "json-trailing-comma": creating('{"members": [4, ]}'),
    "json-comment": creating('/* dora */ {"members": [4]}'),
    "json-number-form": creating('{"members": [0x04]}'),
    "json-undefined": creating('{"members": [4], "name": undefined}'),
    "json-raw-control-character": creating('{"members": [4], "name": "a\tb"}'),
    "json-white-space": creating('\u00a0{"members": [4]}'),
    "json-name-case": creating('{"MEMBERS": [4]}'),
    "json-quoted-number": creating('{"members": ["4"]}'),
}


def good_creation(client: Client) -> Ask:
    """A room that is made."""
    return Ask(method="POST", target=CHATS, body={"members": [4, 14]}, headers=dict(TYPED), token=access_token(client))


def good_mark(client: Client) -> Ask:
    """A mark that is set."""
    return Ask(method="PUT", target=f"{CHATS}/1/mark?message_id=1", token=access_token(client))


def key(ask: Ask, client: Client) -> None:
    """Credentials of nobody in particular."""
    ask.token = KEY


def broken(ask: Ask, client: Client) -> None:
    """A body that is not even loosely JSON."""
    ask.body = b"{'members': [4"


def with_body(**members: Any) -> Callable[[Ask, Client], None]:
    """These members."""

    def do(ask: Ask, client: Client) -> None:
        ask.body = {**ask.body, **members}

    return do


def unknown_conversation(ask: Ask, client: Client) -> None:
    """Nobody's conversation."""
    ask.target = ask.target.replace("/1/", "/99/")


def bad_message(ask: Ask, client: Client) -> None:
    """No number."""
    ask.target = ask.target.partition("=")[0] + "=x"


def unknown_message(ask: Ask, client: Client) -> None:
    """No message of this conversation."""
    ask.target = ask.target.replace("=1", "=99")


UNAUTHORIZED: Final = Spoil(name="no token", do=no_token, status=401)
FORBIDDEN: Final = Spoil(name="API key", do=key, status=403)
ORDERS: Final = (
    Order(
        operation="create_conversation",
        good=good_creation,
        spoils=(
            UNAUTHORIZED,
            Spoil(name="content type", do=other_type, status=415),
            Spoil(name="broken JSON", do=broken, status=400, says="not JSON"),
            FORBIDDEN,
            Spoil(name="name", do=with_body(name="x" * 257), status=400, says='"name"'),
            Spoil(name="unknown user", do=with_body(members=[4, 99]), status=400, says="no user with id 99"),
        ),
    ),
    Order(
        operation="mark_conversation",
        good=good_mark,
        spoils=(
            UNAUTHORIZED,
            FORBIDDEN,
            Spoil(name="unknown conversation", do=unknown_conversation, status=404, says="no conversation 99"),
            Spoil(name="bad message", do=bad_message, status=400, says="message_id"),
            Spoil(name="unknown message", do=unknown_message, status=404, says="no message 99"),
        ),
    ),
)
