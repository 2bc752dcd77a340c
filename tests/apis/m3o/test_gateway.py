"""The rules of the gateway, which both eras share."""

from __future__ import annotations

from typing import Any

import pytest
from desk import Answer, Desk

from chatsim.apis.m3o import API

DOCUMENTED = "bed4f0f0-da12-46d2-90d2-17ae1714a214"
FORM = "application/x-www-form-urlencoded"
HISTORY = {"chat_id": DOCUMENTED}


def ask(desk: Desk, method: str, target: str, body: Any = b"", content_type: str | None = None) -> Answer:
    """Send a request with a token that nobody set up."""
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = desk.ask(method, target, body, token="any", headers=headers)
    assert answer.bug == ""
    return answer


def count(answer: Answer) -> int:
    """How many messages a history has."""
    return len(answer.data["messages"])


def refusal(answer: Answer) -> tuple[int, str, str]:
    """Status, id and the first words of a refusal."""
    return answer.status, answer.data["id"], answer.data["detail"].partition(":")[0]


SHAPE = (500, "go.micro.client", "grpc")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_every_method_with_a_body_does(desk: Desk, method: str) -> None:
    """The gateway never answers 405."""
    assert count(ask(desk, method, "/chat/History", HISTORY)) == 1


def test_an_odd_method_is_no_405(desk: Desk) -> None:
    """Whatever the real gateway makes of it."""
    answer = ask(desk, "TRACE", "/chat/History")
    assert (answer.status, answer.data["id"]) == (500, "go.micro.api")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_get_reads_the_query_only(desk: Desk, method: str) -> None:
    """A body is not looked at, not even a broken one."""
    assert count(ask(desk, method, f"/chat/History?chat_id={DOCUMENTED}", b"{")) == 1


@pytest.mark.parametrize("path", ["History", "history", "Chat/History", "Chat/history", "chat/History", "chat/history"])
def test_a_method_can_be_written_in_several_ways(desk: Desk, path: str) -> None:
    """With a small letter, and with the service's name before it."""
    assert count(ask(desk, "POST", f"/chat/{path}", HISTORY)) == 1


@pytest.mark.parametrize("path", ["/chat/New/", "/chat/new/", "/chat/Chat/New/"])
def test_a_slash_at_the_end_makes_no_difference(desk: Desk, path: str) -> None:
    """The unversioned gateway cleans paths before it looks at them."""
    assert ask(desk, "POST", path, {"user_ids": ["ann"]}).status == 200


@pytest.mark.parametrize(
    "path", ["/v1/chat/List", "/v1/chat/list", "/v1/CHAT/List", "/v1/Chat/list", "/v1/chat/Chat/List"]
)
def test_the_service_of_v1_is_in_any_case(desk: Desk, path: str) -> None:
    """Its method may begin with a small letter."""
    assert ask(desk, "POST", path).data == {"groups": []}


@pytest.mark.parametrize("path", ["/v1/chat/LIST", "/v1/chat/liST", "/v1/chat/cHAT/List"])
def test_the_method_of_v1_is_exact(desk: Desk, path: str) -> None:
    """No other letter may change."""
    name = path.rpartition("/")[2]
    answer = ask(desk, "POST", path)
    assert (answer.status, answer.data["detail"]) == (500, f"unknown service Chat.{name[0].upper()}{name[1:]}")


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/chat", "Chat.Call"),
        ("/chat/Nope", "Chat.Nope"),
        ("/chat/Nope/", "Chat.Nope"),
        ("/chat/", "Chat.Call"),
        ("/chat/nope", "Chat.Nope"),
        ("/chat/HISTORY", "Chat.HISTORY"),
        ("/chat/Room/List", "Room.List"),
        ("/v1/chat/Nope", "Chat.Nope"),
        ("/chat/a/b/c", "b.c"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_an_unknown_method_is_named(desk: Desk, path: str, named: str, method: str) -> None:
    """It is a 500 of the client inside the gateway."""
    answer = ask(desk, method, path)
    assert answer.data == {
        "id": "go.micro.client",
        "code": 500,
        "detail": f"unknown service {named}",
        "status": "Internal Server Error",
    }


@pytest.mark.parametrize(("path", "detail"), [("/v1", ""), ("/v1/chat", ""), ("/v1/nope/Call", "No such API")])
def test_v1_knows_404(desk: Desk, path: str, detail: str) -> None:
    """For services that are not there, and without a word for paths that are too short."""
    answer = ask(desk, "POST", path)
    assert (answer.status, answer.data["id"], answer.data["detail"]) == (404, "v1", detail)


def test_another_public_service_is_not_found(desk: Desk) -> None:
    """The unversioned gateway says 500 and gives no id."""
    answer = ask(desk, "POST", "/publicapi/explore/API")
    assert (answer.status, answer.data["id"], answer.data["detail"]) == (500, "", "service not found")


def test_the_root_tells_the_version(desk: Desk) -> None:
    """Nobody has to say who he is."""
    answer = desk.ask("GET", "/")
    assert (answer.status, list(answer.data), answer.bug) == (200, ["version"], "")


def test_browsers_get_an_empty_icon(desk: Desk) -> None:
    """They ask for it by themselves."""
    answer = desk.ask("GET", "/favicon.ico")
    assert (answer.status, answer.body, answer.bug) == (200, b"", "")


@pytest.mark.parametrize(("method", "word"), [("GET", "index"), ("GET", "Index"), ("POST", "Index")])
def test_the_index_lists_the_service(desk: Desk, method: str, word: str) -> None:
    """The m3o command line asks for it at every start."""
    answer = desk.ask(method, f"/publicapi/explore/{word}")
    (chat,) = answer.data["apis"]
    assert (chat["name"], chat["endpoints"][0]["name"], answer.bug) == ("chat", "Chat.Create", "")


def test_the_query_is_merged_into_the_body(desk: Desk) -> None:
    """And the body wins."""
    assert count(ask(desk, "POST", f"/chat/History?chat_id={DOCUMENTED}", {})) == 1
    assert count(ask(desk, "POST", "/chat/History?chat_id=nope", HISTORY)) == 1


@pytest.mark.parametrize("body", [b"", b"  \n", {}])
def test_an_empty_body_is_an_empty_object(desk: Desk, body: Any) -> None:
    """The service then misses something."""
    assert ask(desk, "POST", "/chat/New", body).data["id"] == "chat.New.MissingUserIDs"


@pytest.mark.parametrize("name", ["user_ids", "userIds"])
def test_both_spellings_of_a_name_are_known(desk: Desk, name: str) -> None:
    """Of the proto and of its JSON."""
    answer = ask(desk, "POST", "/chat/New", {name: ["JohnBarry"]})
    assert answer.data["chat_id"] == "3c9ea66c-d516-45d4-abe8-082089e18b27"


@pytest.mark.parametrize("body", [{**HISTORY, "nope": 1}, {**HISTORY, "ChatId": "x"}, {**HISTORY, "user_id": "x"}])
def test_unknown_names_are_refused(desk: Desk, body: Any) -> None:
    """As a wrong shape, naming the member."""
    answer = ask(desk, "POST", "/chat/History", body)
    assert refusal(answer) == (500, "go.micro.client", "grpc")
    assert answer.data["detail"].startswith("grpc: failed to unmarshal the received message")


@pytest.mark.parametrize("body", [{"chat_id": 5}, {"chat_id": ["x"]}, {"chat_id": True}, [], "x", 5, None])
def test_wrong_types_are_refused(desk: Desk, body: Any) -> None:
    """Nothing is converted."""
    assert refusal(ask(desk, "POST", "/chat/History", body)) == SHAPE


@pytest.mark.parametrize("raw", [b"{", b"x", b'{"chat_id":}', b"\xff", b"{} {}"])
def test_what_is_no_json_is_refused(desk: Desk, raw: bytes) -> None:
    """In other words than a wrong shape."""
    answer = ask(desk, "POST", "/chat/History", raw, "application/json")
    assert refusal(answer) == SHAPE
    assert answer.data["detail"].startswith("grpc: error while marshaling")


RAW = b'{"chat_id":"%s"}' % DOCUMENTED.encode()


@pytest.mark.parametrize("content_type", [None, "application/json", "Application/JSON; charset=utf-8"])
@pytest.mark.parametrize("strict", [False, True])
def test_json_is_read_without_a_label(content_type: str | None, strict: bool) -> None:
    """As under the right one: nothing worth a note."""
    answer = ask(Desk(apis=[API], strict=strict), "POST", "/chat/History", RAW, content_type)
    assert (count(answer), answer.notes) == (1, [])


@pytest.mark.parametrize("content_type", ["text/plain", "image/png", "multipart/form-data; boundary=x"])
def test_json_is_read_under_any_label(desk: Desk, content_type: str) -> None:
    """Noted, as a program that says so is careless, though the real gateway reads it too."""
    answer = ask(desk, "POST", "/chat/History", RAW, content_type)
    assert (count(answer), answer.headers["X-Simulator-Note"]) == (1, "m3o.other-content-type")


def test_a_strict_world_refuses_other_labels() -> None:
    """As a wrong shape; a call without a body has nothing to label."""
    desk = Desk(apis=[API], strict=True)
    assert refusal(ask(desk, "POST", "/chat/History", RAW, "text/plain")) == SHAPE
    assert ask(desk, "GET", f"/chat/History?chat_id={DOCUMENTED}", content_type="text/plain").status == 200


@pytest.mark.parametrize("label", [FORM, f"{FORM}; charset=utf-8", FORM.title()])
def test_json_is_read_under_the_label_of_a_form(desk: Desk, label: str) -> None:
    """As curl labels it; that is a leniency, noted in journal and header."""
    answer = ask(desk, "POST", "/chat/History", HISTORY, label)
    assert (count(answer), answer.notes) == (1, ["m3o.json-as-form"])
    assert answer.headers["X-Simulator-Note"] == "m3o.json-as-form"


def test_a_strict_world_refuses_json_labelled_as_a_form() -> None:
    """The documents' own calls are promised for other worlds only."""
    desk = Desk(apis=[API], strict=True)
    answer = ask(desk, "POST", "/chat/History", HISTORY, FORM)
    assert refusal(answer) == SHAPE
    assert "m3o.json-as-form" in answer.notes


@pytest.mark.parametrize("path", ["/chat/History", "/v1/chat/List"])
def test_a_strict_world_reads_json_labelled_as_such(path: str) -> None:
    """Nothing else is stricter."""
    body = HISTORY if path == "/chat/History" else {}
    assert ask(Desk(apis=[API], strict=True), "POST", path, body).status == 200


def test_a_real_form_is_read(desk: Desk) -> None:
    """Each value a text, the query's among them."""
    answer = ask(desk, "POST", f"/chat/Send?chat_id={DOCUMENTED}", b"user_id=ann&text=good+morning", FORM)
    assert (answer.data, answer.notes) == ({}, [])
    assert ask(desk, "POST", "/chat/History", HISTORY).data["messages"][-1]["text"] == "good morning"


def test_a_form_makes_no_list(desk: Desk) -> None:
    """Repeated values are joined by commas, and a text is no list of users."""
    assert refusal(ask(desk, "POST", "/chat/New", b"user_ids=ann&user_ids=ben", FORM)) == SHAPE


@pytest.mark.parametrize("query", ["chat_id", "chat_id=%22"])
def test_a_broken_query_is_refused(desk: Desk, query: str) -> None:
    """By the gateway itself."""
    answer = ask(desk, "POST", f"/chat/History?{query}", {})
    assert refusal(answer) == (500, "go.micro.api", "error during request")


def test_the_content_type_of_an_answer(desk: Desk) -> None:
    """JSON, whatever was sent."""
    assert ask(desk, "POST", "/chat/History", HISTORY, "text/plain").headers["Content-Type"] == "application/json"


def test_title_keys(desk: Desk) -> None:
    """Gateways before February 2022 wrote the members of errors with capitals, and old clients look for them."""
    desk.world.settings["m3o.error_keys"] = "title"
    answer = ask(desk, "POST", "/chat/New", {})
    assert answer.data == {
        "Id": "chat.New.MissingUserIDs",
        "Code": 400,
        "Detail": "One or more user IDs are required",
        "Status": "Bad Request",
    }


@pytest.mark.parametrize("path", ["/chat/Connect", "/chat/connect", "/v1/chat/Join"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_stream_wants_a_websocket(desk: Desk, path: str, method: str) -> None:
    """The chunked form of the real gateway is not made, and says so."""
    answer = ask(desk, method, path, {} if method == "POST" else b"")
    assert (answer.status, answer.data["id"]) == (500, "go.micro.client")


CORS = {
    "Access-Control-Allow-Origin": "https://app.example",
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Allow-Methods": "POST, PATCH, GET, OPTIONS, PUT, DELETE",
    "Access-Control-Allow-Headers": (
        "Accept, Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, Micro-Namespace"
    ),
}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/chat/New", 401),
        ("OPTIONS", "/chat/New", 200),
        ("OPTIONS", "/v1/chat/Send", 200),
        ("OPTIONS", "/chat/Nope", 200),
        ("POST", "/v1/chat/List", 401),
        ("GET", "/", 200),
    ],
)
def test_every_answer_has_all_of_cors(desk: Desk, method: str, path: str, status: int) -> None:
    """Refusals too; a preflight needs no token and is empty."""
    answer = desk.ask(method, path, headers={"Origin": "https://app.example"})
    assert answer.status == status
    assert {name: answer.headers[name] for name in CORS} == CORS
    assert method != "OPTIONS" or answer.body == b""


def test_cors_without_an_origin(desk: Desk) -> None:
    """Anybody, then."""
    assert desk.ask("POST", "/chat/New").headers["Access-Control-Allow-Origin"] == "*"
